"""Pack sizes as the data writes them: ``4x125g``, ``75cl``, ``x12``."""

import re

import msgspec

_SIZE = re.compile(r"^(?:(\d+)x)?(\d+(?:\.\d+)?)(g|kg|ml|cl|l)$")
_COUNT = re.compile(r"^x(\d+)$")
_TO_SMALL = {"g": ("g", 1), "kg": ("g", 1000), "ml": ("ml", 1), "cl": ("ml", 10), "l": ("ml", 1000)}
_BASIS = {"g": "kg", "ml": "l", "piece": "piece"}


class Pack(msgspec.Struct, frozen=True):
    """
    ``quantity`` grams, millilitres or pieces. ``suffix`` is what a name says of it (``4 × 125 g``),
    ``amount`` what a price per ``basis`` is multiplied by.
    """

    quantity: int
    unit: str
    suffix: str
    amount: float

    @property
    def basis(self) -> str:
        return _BASIS[self.unit]


def packs(sizes: str, net: str) -> tuple[Pack, ...]:
    """All packs a family comes in. With ``net``, pieces are priced but the weight is what is in them."""
    counted = [_pack(size) for size in sizes.split()]
    weights = [_pack(weight) for weight in net.split()]
    if not weights:
        return tuple(counted)
    if len(counted) == len(weights):
        pairs = list(zip(counted, weights, strict=True))
        return tuple(Pack(weight.quantity, weight.unit, pack.suffix, pack.amount) for pack, weight in pairs)
    reference = weights[0].quantity
    return tuple(
        Pack(weight.quantity, weight.unit, pack.suffix, pack.amount * weight.quantity / reference)
        for pack in counted
        for weight in weights
    )


def _pack(told: str) -> Pack:
    count = _COUNT.match(told)
    if count:
        pieces = int(count[1])
        return Pack(pieces, "piece", f"x{pieces}" if pieces > 1 else "", float(pieces))
    size = _SIZE.match(told)
    if size is None:
        raise ValueError(f"{told!r} is not a size")
    many, amount, unit = int(size[1] or 1), float(size[2]), size[3]
    small, factor = _TO_SMALL[unit]
    quantity = round(many * amount * factor)
    suffix = f"{many} × {size[2].replace('.', ',')} {unit}" if many > 1 else ""
    return Pack(quantity, small, suffix, quantity / 1000)
