"""Relying parties: the service sites that trust our tokens."""
