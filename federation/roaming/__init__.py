"""By which houses a session came here, and how the end of one is told to the other."""
