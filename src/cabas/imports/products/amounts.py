"""Net quantities as packs print them: ``1,5 L`` · ``6 x 25 cl`` · ``400 g (égoutté 240 g)`` · ``12 œufs``."""

import re
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from cabas.imports.fields import Fields
from cabas.kit.text import folded

AMOUNT_MAX = 1_000_000
"""A ton, or a cubic metre: more is a typing error."""
_UNITS: dict[str, tuple[str, Decimal]] = {
    "mg": ("g", Decimal("0.001")), "g": ("g", Decimal(1)), "gr": ("g", Decimal(1)), "grs": ("g", Decimal(1)),
    "gramme": ("g", Decimal(1)), "grammes": ("g", Decimal(1)), "kg": ("g", Decimal(1000)),
    "kilo": ("g", Decimal(1000)), "kilos": ("g", Decimal(1000)), "ml": ("ml", Decimal(1)),
    "cl": ("ml", Decimal(10)), "dl": ("ml", Decimal(100)), "l": ("ml", Decimal(1000)),
    "litre": ("ml", Decimal(1000)), "litres": ("ml", Decimal(1000)), "oz": ("g", Decimal("28.349523")),
    "lb": ("g", Decimal("453.59237")),
}  # fmt: skip
_PIECES = (
    "pieces|piece|pcs|pce|oeufs|oeuf|unites|unite|rouleaux|rouleau|dosettes|capsules|sachets|couches"
    "|lingettes|tablettes|lots?|p"
)
_NUMBER = r"(\d+(?:[.,]\d+)?)"
_UNIT = "|".join(sorted(_UNITS, key=len, reverse=True))
_AMOUNT = re.compile(rf"(?:(\d{{1,3}})\s*[x*×]\s*)?{_NUMBER}\s*({_UNIT})(?![a-z])")
_DRAINED = re.compile(
    rf"{_NUMBER}\s*({_UNIT})\s*(?:net\s*)?egoutte|egoutte\w*\s*(?:net\w*)?\s*:?\s*{_NUMBER}\s*({_UNIT})(?![a-z])"
)
_COUNT = re.compile(rf"(?:^|[^\d.,])(\d{{1,4}})\s*(?:{_PIECES})(?![a-z])")


class Amount(msgspec.Struct, frozen=True):
    """``unit``: g, ml or piece."""

    quantity: int
    unit: str


def amount_of(fields: Fields) -> Amount | None:
    """The net quantity of a row: ours in two columns, else as the pack prints it; None when nothing is told."""
    unit = folded(fields.text("net_unit", "product_quantity_unit"))
    number = fields.number("net_amount", "net_quantity", "product_quantity")
    if number is not None and unit in _UNITS:
        return _amount(number, unit)
    if number is not None and unit in ("piece", "pieces"):
        return _within(number, "piece")
    return read_amount(fields.text("quantity", "net_weight", "quantite"))


def read_amount(text: str) -> Amount | None:
    """
    What the price per unit is reckoned on: the drained weight when one is told, else the first amount,
    several packs of it multiplied, else a number of pieces. None when there is none.
    """
    plain = folded(text)
    drained = _DRAINED.search(plain)
    if drained:
        number, unit = (drained[1], drained[2]) if drained[1] else (drained[3], drained[4])
        return _amount(Decimal(number.replace(",", ".")), unit)
    found = _AMOUNT.search(plain)
    if found:
        return _amount(Decimal(found[2].replace(",", ".")) * int(found[1] or 1), found[3])
    counted = _COUNT.search(plain)
    return _within(Decimal(counted[1]), "piece") if counted else None


def _amount(number: Decimal, unit: str) -> Amount | None:
    base, factor = _UNITS[unit]
    return _within(number * factor, base)


def _within(number: Decimal, unit: str) -> Amount | None:
    quantity = int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP)) if number <= AMOUNT_MAX else 0
    return Amount(quantity, unit) if quantity > 0 else None
