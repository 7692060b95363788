"""The weights of the face engine: which, from where, and whether they are the ones we chose."""
