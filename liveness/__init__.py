"""A wing: a living, present person, and the one claimed."""
