"""The operators' side of the house."""
