"""Offers from a retailer's price files."""
