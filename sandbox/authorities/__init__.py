"""The authorities that know people: each on a port of its own, each with its own wire format."""
