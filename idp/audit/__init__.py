"""The append-only trail of what happened."""
