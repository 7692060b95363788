"""The transactional outbox, and the worker that empties it."""
