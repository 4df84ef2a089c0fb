"""Products from Open Food Facts style exports, and from any file with those columns."""
