"""Whether a face may be scanned: consent, the person's own lock, and budgets."""
