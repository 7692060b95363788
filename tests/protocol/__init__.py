"""The provider held against its specifications: one file per standard."""
