"""
France as dots where there are towns (tools/draw_france.py), every point of sale drawn on it, the
stores listed beside marked by their number. An equirectangular projection at the country's mean
latitude; the list is the twin for whoever doesn't see it.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import cos, radians
from typing import Any

import msgspec

from cabas.domain.stores.model import StoreSummary

WIDTH, HEIGHT, MARGIN = 600, 600, 14
MARKED_MAX = 20
SIDE_MIN, SIDE_MARGIN = 160, 80
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


class View(msgspec.Struct, frozen=True):
    """A square of the drawing: what is shown, and how large a mark is there."""

    left: int
    top: int
    side: int

    @property
    def box(self) -> str:
        return f"{self.left} {self.top} {self.side} {self.side}"

    @property
    def radius(self) -> int:
        return max(self.side // 24, 4)


WHOLE = View(0, 0, WIDTH)


def marks(stores: Sequence[StoreSummary], view: View) -> list[dict[str, Any]]:
    """
    ``[{x, y, r, label, name}]``, the first drawn last so that it stays on top.

    Stores whose marks would cover each other share one: "1–4".
    """
    groups: list[tuple[tuple[int, int], list[tuple[int, str]]]] = []
    for number, store in enumerate(stores[:MARKED_MAX], 1):
        if not _inside(store):
            continue
        spot = place(store.latitude, store.longitude)
        near = next((group for group in groups if _close(group[0], spot, view.radius)), None)
        if near is None:
            groups.append((spot, [(number, store.name)]))
        else:
            near[1].append((number, store.name))
    return [_mark(spot, members, view.radius) for spot, members in groups[::-1]]


def _close(one: tuple[int, int], other: tuple[int, int], radius: int) -> bool:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 < (2 * radius) ** 2


def _mark(spot: tuple[int, int], members: list[tuple[int, str]], radius: int) -> dict[str, Any]:
    numbers = [number for number, _ in members]
    return {
        "x": spot[0],
        "y": spot[1],
        "r": radius,
        "label": _numbers(numbers),
        "name": ", ".join(name for _, name in members),
    }


def _numbers(numbers: list[int]) -> str:
    """``3``, ``1–4``, or ``1…`` when others stand between."""
    if len(numbers) == 1:
        return str(numbers[0])
    contiguous = numbers[-1] - numbers[0] == len(numbers) - 1
    return f"{numbers[0]}–{numbers[-1]}" if contiguous else f"{numbers[0]}…"


def view_of(found: Sequence[StoreSummary]) -> View:
    """The part of the country that holds the stores found, with some ground around; all of it for none."""
    spots = [place(one.latitude, one.longitude) for one in found if _inside(one)]
    if not spots:
        return WHOLE
    xs, ys = [x for x, _ in spots], [y for _, y in spots]
    side = min(max(max(xs) - min(xs), max(ys) - min(ys), SIDE_MIN) + SIDE_MARGIN, WIDTH)
    left = min(max((min(xs) + max(xs)) // 2 - side // 2, 0), WIDTH - side)
    top = min(max((min(ys) + max(ys)) // 2 - side // 2, 0), HEIGHT - side)
    return View(left, top, side)


def _inside(store: StoreSummary) -> bool:
    return _WEST <= store.longitude <= _EAST and _SOUTH <= store.latitude <= _NORTH
