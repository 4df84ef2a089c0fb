"""Rehearses the death of the primary: orders go on, the primary is killed, and nothing acknowledged may be lost."""
