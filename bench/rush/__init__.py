"""The midnight rehearsal (docs/explanation/rush.md)."""
