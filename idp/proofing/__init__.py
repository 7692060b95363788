"""How sure we are of who somebody is: levels, verifications, and checks for departments."""
