"""Imports: products, stores and offers from a retailer's files, streamed, resumable, repeatable."""
