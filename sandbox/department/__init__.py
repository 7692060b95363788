"""A government department that asks the provider whether what a citizen says is so."""
