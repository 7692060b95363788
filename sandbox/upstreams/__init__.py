"""Upstreams: whoever vouches for people to the provider, each with its own wire and page."""
