"""The ring of keys that tokens are signed with."""
