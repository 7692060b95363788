"""The history of the database, and the way to its newest page."""
