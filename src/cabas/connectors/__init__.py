"""One folder a vendor or protocol: what a port of the domain is bound to."""
