"""Pure vision: arrays in, scores out; no web, no database, no network."""
