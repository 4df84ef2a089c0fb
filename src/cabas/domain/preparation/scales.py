"""
Labels that a store's own scale prints: GTIN-13 of the in-store ranges 02 and 20 to 29.

Two digits of range, five of article, five of weight in grams or price in cents, a check digit.
Which range holds what is the store's choice. Pure.
"""

from enum import StrEnum

import msgspec

from cabas.kit.money import round_half_up

_IN_STORE = frozenset({"02", *(str(number) for number in range(20, 30))})
PRICE_RANGES = frozenset({"02", "20", "21", "22"})
"""Ranges whose labels hold a price; the others hold a weight."""


class Held(StrEnum):
    WEIGHT = "weight"
    PRICE = "price"


class ScaleLabel(msgspec.Struct, frozen=True, kw_only=True):
    """``gtin``: the article's own, its value zero. ``value``: grams, or cents."""

    gtin: int
    held: Held
    value: int

    def grams(self, *, kilogram_cents: int) -> int:
        """The weight; from a price, at the shelf's price of a kilogram."""
        if self.held is Held.WEIGHT:
            return self.value
        return round_half_up(self.value * 1000, kilogram_cents)


def read_scale_label(code: str, *, price_ranges: frozenset[str] = PRICE_RANGES) -> ScaleLabel | None:
    """None when the code isn't a label of a scale, or was read wrong (check digit)."""
    if len(code) != 13 or not code.isascii() or not code.isdigit() or code[:2] not in _IN_STORE:
        return None
    if check_digit(code[:12]) != code[12] or code[7:12] == "00000":
        return None
    bare = code[:7] + "00000"
    return ScaleLabel(
        gtin=int(bare + check_digit(bare)),
        held=Held.PRICE if code[:2] in price_ranges else Held.WEIGHT,
        value=int(code[7:12]),
    )


def check_digit(body: str) -> str:
    """Of twelve digits: weights 1 and 3 from the left."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return str(-total % 10)
