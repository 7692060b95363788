"""Requests raced at a live provider over several worker processes."""
