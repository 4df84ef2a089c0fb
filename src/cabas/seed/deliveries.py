"""Where a shop delivers, for how much: the postcodes around it, dearer with the distance."""

from collections.abc import Iterator, Sequence

import msgspec

from cabas.seed.chance import stream
from cabas.seed.shops import Shop
from cabas.seed.towns import Town, kilometres, towns

RADIUS_KM = 12.0
FEES_CENTS = (590, 690, 790, 890, 990)
MINIMA_CENTS = (3000, 4000, 5000, 6000)
_CELL_DEGREES = 0.25


class DeliveryArea(msgspec.Struct, frozen=True):
    store_id: int
    postcode: str
    fee_cents: int
    minimum_cents: int


def delivery_areas(shops: Sequence[Shop], *, seed: int) -> Iterator[DeliveryArea]:
    """The postcodes whose town lies within `RADIUS_KM` of a shop that delivers, its own among them."""
    cells: dict[tuple[int, int], list[Town]] = {}
    for town in towns():
        cells.setdefault(_cell(town.latitude, town.longitude), []).append(town)
    for shop in shops:
        if not shop.delivers:
            continue
        minimum = stream(seed, "delivery", shop.store_id).choice(MINIMA_CENTS)
        distances = dict(_near(shop, cells)) | {shop.postcode: 0.0}
        for postcode in sorted(distances):
            step = min(int(distances[postcode] / RADIUS_KM * len(FEES_CENTS)), len(FEES_CENTS) - 1)
            yield DeliveryArea(shop.store_id, postcode, FEES_CENTS[step], minimum)


def _near(shop: Shop, cells: dict[tuple[int, int], list[Town]]) -> Iterator[tuple[str, float]]:
    row, column = _cell(shop.latitude, shop.longitude)
    for north in (-1, 0, 1):
        for east in (-1, 0, 1):
            for town in cells.get((row + north, column + east), ()):
                distance = kilometres(shop.latitude, shop.longitude, town.latitude, town.longitude)
                if distance <= RADIUS_KM:
                    yield town.postcode, distance


def _cell(latitude: float, longitude: float) -> tuple[int, int]:
    return int(latitude // _CELL_DEGREES), int(longitude // _CELL_DEGREES)
