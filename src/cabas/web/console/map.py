"""
The network as points on a plane: an equirectangular projection at France's mean latitude,
drawn by the server, with the table beside it as its equivalent.
"""

from collections.abc import Sequence
from math import cos, radians

from cabas.domain.capacity.queries import StoreLoad

WIDTH, HEIGHT, MARGIN = 600, 600, 14  # those of the country's drawing, static/france.svg
_MEAN_LATITUDE = 46.5
_WEST, _EAST = -5.2, 9.6
_SOUTH, _NORTH = 41.3, 51.2
_SCALE = min(
    (WIDTH - 2 * MARGIN) / ((_EAST - _WEST) * cos(radians(_MEAN_LATITUDE))),
    (HEIGHT - 2 * MARGIN) / (_NORTH - _SOUTH),
)


def place(latitude: float, longitude: float) -> tuple[int, int]:
    """Where a place stands in the drawing, in its own units."""
    x = MARGIN + (longitude - _WEST) * cos(radians(_MEAN_LATITUDE)) * _SCALE
    y = MARGIN + (_NORTH - latitude) * _SCALE
    return round(x), round(y)


def points(loads: Sequence[StoreLoad]) -> list[dict[str, object]]:
    """``[{x, y, band, name, left, href}]``, the emptiest drawn last so that it isn't covered."""
    drawn = sorted(loads, key=lambda load: -load.left_percent)
    return [
        {
            "x": place(load.latitude, load.longitude)[0],
            "y": place(load.latitude, load.longitude)[1],
            "band": band(load.left_percent),
            "name": load.name,
            "left": load.left_percent,
            "href": f"/console/magasins/{load.slug}",
        }
        for load in drawn
    ]


def band(left_percent: int) -> str:
    """``none``, ``few``, ``some`` or ``many`` places left."""
    if left_percent <= 0:
        return "none"
    return "few" if left_percent < 10 else "some" if left_percent < 40 else "many"
