"""Measurements of the product: each prints figure, limit and ratio, and keeps them in bench/results/."""
