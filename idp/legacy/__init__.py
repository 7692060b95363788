"""The ways in that old service sites know, CAS and signed tickets, to the one session of all."""
