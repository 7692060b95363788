"""One way to an upstream and back: bound to its browser and its connector, good once."""
