"""Rolling a release out: one new process takes its share first, is watched, and only then all are replaced."""
