"""The reference identity store; it moves in with the real-name capability."""
