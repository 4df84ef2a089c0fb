"""What a scanned code means for a line. Pure; a device without network says the same (islands/picking/scanned.ts)."""

from typing import Any

from cabas.domain.orders.model import OrderLine
from cabas.domain.preparation.scales import read_scale_label

_LENGTHS = range(8, 15)


def gtin_of(code: str) -> int | None:
    """The number of an EAN-8, UPC, EAN-13 or GTIN-14."""
    code = code.strip()
    return int(code) if code.isascii() and code.isdigit() and len(code) in _LENGTHS else None


def picked_by_scan(line: OrderLine, code: str, *, quantity: int) -> dict[str, Any] | None:
    """
    The event's own members; None when the product is right but its weight must still be typed.

    A wrong product comes out as an event that the journal refuses, so that it is on record.
    """
    label = read_scale_label(code.strip())
    if label is not None:
        grams = label.grams(kilogram_cents=line.unit_price_cents)
        return {"kind": "weighed", "gtin": label.gtin, "weight_grams": max(1, grams)}
    gtin = gtin_of(code) or 1
    if line.product.by_weight and gtin == line.gtin:
        return None
    if line.product.by_weight:
        return {"kind": "weighed", "gtin": gtin, "weight_grams": line.quantity}
    return {"kind": "picked", "gtin": gtin, "quantity": quantity}


def substituted_by_scan(line: OrderLine, code: str, *, amount: int) -> dict[str, Any]:
    """The members of a substitution by what was scanned; the journal says whether it may be."""
    label = read_scale_label(code.strip())
    if label is not None:
        grams = label.grams(kilogram_cents=line.unit_price_cents)
        return {"kind": "substituted", "gtin": label.gtin, "weight_grams": max(1, grams)}
    unit = "weight_grams" if line.product.by_weight else "quantity"
    return {"kind": "substituted", "gtin": gtin_of(code) or 1, unit: amount}
