"""
Money: integer cents of euro. Rounding is a named function; formatting is cached,
since a page writes dozens of prices.
"""

from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency

CURRENCY = "EUR"


def round_half_up(numerator: int, denominator: int) -> int:
    """``numerator / denominator`` to the nearest integer, halves away from zero."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    if numerator < 0:
        return -((-numerator * 2 + denominator) // (denominator * 2))
    return (numerator * 2 + denominator) // (denominator * 2)


def share_of(amount_cents: int, basis_points: int) -> int:
    """``basis_points`` / 10,000 of an amount, half up."""
    return round_half_up(amount_cents * basis_points, 10_000)


def vat_within(gross_cents: int, vat_basis_points: int) -> int:
    """The VAT contained in a price with tax, half up."""
    return round_half_up(gross_cents * vat_basis_points, 10_000 + vat_basis_points)


@lru_cache(maxsize=65_536)
def format_cents(cents: int, language: str) -> str:
    """``186, "fr"`` → ``1,86 €`` (with the language's own spaces)."""
    return format_currency(Decimal(cents) / 100, CURRENCY, locale=_locale(language))


def _locale(language: str) -> str:
    return "fr_FR" if language == "fr" else "en_IE" if language == "en" else language
