"""Stores from a retailer's list."""
