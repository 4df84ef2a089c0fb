"""The middle layer: one uniform API in front of the systems that a grocer already has, run beside them."""
