"""How often the engine errs: measured on an operator's own data, reported as the standards ask."""
