"""Capture sessions: a living person before a camera, step by step, until there is a probe."""
