"""The line of revisions of the reference identity store, which has a database of its own."""
