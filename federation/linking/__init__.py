"""Which account an upstream's person opens here, and how the two came together."""
