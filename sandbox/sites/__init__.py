"""Service sites that trust the provider's word: three real relying parties."""
