"""A demo network made from a number: the same number gives the same rows."""
