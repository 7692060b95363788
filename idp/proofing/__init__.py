"""Real-name levels and the verifications they rest on."""
