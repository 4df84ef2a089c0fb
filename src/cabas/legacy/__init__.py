"""A stand-in for the systems a grocer already has, for demo and tests: a process with faults on command."""
