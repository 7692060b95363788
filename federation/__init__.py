"""A wing: identities that other houses vouch for."""
