"""Brings the whole country up on one machine: `python -m sandbox.demo`."""
