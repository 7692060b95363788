"""Remote authorities: each module is one of them, and knows its dialect alone."""
