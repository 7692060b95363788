"""Relying parties of other people's making, each judging the provider over real HTTP."""
