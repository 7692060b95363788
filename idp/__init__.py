"""The kernel: who somebody is, and the protocol that says so."""
