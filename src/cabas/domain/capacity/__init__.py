"""What the network can prepare, and how much of it is taken."""
