"""
France drawn from its own stores: every point of sale a dot, the stores listed beside marked by
their number. An equirectangular projection at the country's mean latitude; the list is the twin
for whoever doesn't see it.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, radians
from typing import Any

from cabas.domain.stores.model import StoreSummary

WIDTH, HEIGHT, MARGIN = 600, 600, 14
MARKED_MAX = 20
_MEAN_LATITUDE = 46.5
_WEST, _EAST = -5.2, 9.6
_SOUTH, _NORTH = 41.3, 51.2
_ACROSS = cos(radians(_MEAN_LATITUDE))
_SCALE = min((WIDTH - 2 * MARGIN) / ((_EAST - _WEST) * _ACROSS), (HEIGHT - 2 * MARGIN) / (_NORTH - _SOUTH))


def place(latitude: float, longitude: float) -> tuple[int, int]:
    """Where a place stands in the drawing, in its own units."""
    x = MARGIN + (longitude - _WEST) * _ACROSS * _SCALE
    y = MARGIN + (_NORTH - latitude) * _SCALE
    return round(x), round(y)


@lru_cache(maxsize=2)
def dots(stores: tuple[StoreSummary, ...]) -> str:
    """All stores as one SVG path of round dots; places in the same spot are drawn once."""
    spots = {place(store.latitude, store.longitude) for store in stores if _inside(store)}
    return "".join(f"M{x} {y}h0" for x, y in sorted(spots))


def marks(stores: Sequence[StoreSummary]) -> list[dict[str, Any]]:
    """``[{x, y, number, name}]``, the first drawn last so that it stays on top."""
    numbered = [
        {"x": place(one.latitude, one.longitude)[0], "y": place(one.latitude, one.longitude)[1], "number": number,
         "name": one.name}
        for number, one in enumerate(stores[:MARKED_MAX], 1)
        if _inside(one)
    ]  # fmt: skip
    return numbered[::-1]


def view_box(found: Sequence[StoreSummary]) -> str:
    """The part of the country that holds the stores found, with some ground around."""
    spots = [place(one.latitude, one.longitude) for one in found if _inside(one)]
    if not spots:
        return f"0 0 {WIDTH} {HEIGHT}"
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    side = min(max(max(xs) - min(xs), max(ys) - min(ys)) + 60, WIDTH)
    left = min(max((min(xs) + max(xs)) // 2 - side // 2, 0), WIDTH - side)
    top = min(max((min(ys) + max(ys)) // 2 - side // 2, 0), HEIGHT - side)
    return f"{left} {top} {side} {side}"


def _inside(store: StoreSummary) -> bool:
    return _WEST <= store.longitude <= _EAST and _SOUTH <= store.latitude <= _NORTH
