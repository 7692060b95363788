"""The replica: each port answered from our own database, by comparing fingerprints."""
