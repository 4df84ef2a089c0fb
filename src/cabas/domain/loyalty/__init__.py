"""The embedded loyalty ("cagnotte"): a card, its ledger in cents, and the offers that earn."""
