"""Which upstreams there are: rows that operators write, switched on and off as we run."""
