"""The order in which a picker walks: heavy at the bottom, light on top, cold last. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from cabas.domain.orders.model import OrderLine

_PARTS = ("ambient", "heavy", "fragile", "chilled", "frozen")


class Place(msgspec.Struct, frozen=True):
    aisle: int
    bay: int
    level: int


class Walk(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a store is walked. Aisles that aren't named follow, by number.

    ``heavy``, ``fragile``: aisles of such goods; a store that numbers its aisles in the order
    of its walk needs to say nothing.
    """

    aisles: Sequence[int] = ()
    heavy: frozenset[int] = frozenset()
    fragile: frozenset[int] = frozenset()


def place_of_location(location: int) -> Place:
    """``120304`` → aisle 12, bay 3, level 4."""
    return Place(location // 10_000, location // 100 % 100, location % 100)


def walk_of(preparation: Mapping[str, Any]) -> Walk:
    """What a store says of its walk: ``{"walk": {"aisles": […], "heavy": […], "fragile": […]}}``."""
    said = preparation.get("walk") or {}
    return Walk(
        aisles=tuple(said.get("aisles", ())),
        heavy=frozenset(said.get("heavy", ())),
        fragile=frozenset(said.get("fragile", ())),
    )


def route_order(lines: Iterable[OrderLine], walk: Walk) -> list[OrderLine]:
    """Ambient, heavy, fragile, chilled, frozen; within each, aisle by aisle; lines without a place last."""
    position = {aisle: number for number, aisle in enumerate(walk.aisles)}

    def key(line: OrderLine) -> tuple[int, bool, int, int, int]:
        location = line.product.location
        aisle = location // 10_000
        return (
            _PARTS.index(_part(line, walk)),
            location == 0,
            position.get(aisle, len(position) + aisle),
            location,
            line.line_no,
        )

    return sorted(lines, key=key)


def _part(line: OrderLine, walk: Walk) -> str:
    if line.product.zone != "ambient":
        return line.product.zone
    aisle = line.product.location // 10_000
    return "fragile" if aisle in walk.fragile else "heavy" if aisle in walk.heavy else "ambient"
