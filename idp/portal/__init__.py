"""The citizen's own space: what is linked, who is signed in, and where."""
