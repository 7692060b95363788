"""Scan here, confirm there: a desktop that is signed in by a phone."""
