"""Adapters, a folder each: `kind` in a bridge's configuration names one of them, or the path of another."""
