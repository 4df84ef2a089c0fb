"""Weights in integer grams, volumes in integer millilitres, and how they are written."""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_decimal


@lru_cache(maxsize=16_384)
def format_quantity(amount: int, unit: str, language: str) -> str:
    """``1500, "g"`` → ``1,5 kg``; ``250, "ml"`` → ``250 ml``; ``6, "piece"`` → ``6``."""
    if unit == "piece":
        return format_decimal(amount, locale=language)
    large = {"g": "kg", "ml": "L"}[unit]
    if amount >= 1000:
        return f"{format_decimal(Decimal(amount) / 1000, locale=language)}\u00a0{large}"
    return f"{format_decimal(amount, locale=language)}\u00a0{unit}"
