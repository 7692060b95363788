"""The sandbox authorities' own matcher of faces: nothing of the provider's is in it."""
