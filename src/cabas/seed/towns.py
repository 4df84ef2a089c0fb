"""Real towns of metropolitan France: one a postcode. Made by ``tools/towns.py``; sources in NOTICE."""

import csv
import math
from functools import cache
from typing import cast

import msgspec

from cabas.seed.catalogue import DATA
from cabas.seed.writing import typographic

EARTH_RADIUS_KM = 6371.0


class Town(msgspec.Struct, frozen=True):
    """``department_code`` is ``37`` or ``2A``; department and region are names."""

    town_id: int
    name: str
    postcode: str
    department_code: str
    department: str
    region: str
    latitude: float
    longitude: float
    population: int


@cache
def towns() -> tuple[Town, ...]:
    """By postcode; ``town_id`` is the place in this order, from 1."""
    departments = {row["code"]: row for row in _rows("departments.csv")}
    return tuple(
        Town(
            town_id=number,
            name=typographic(row["name"]),
            postcode=row["postcode"],
            department_code=row["department"],
            department=typographic(departments[row["department"]]["name"]),
            region=typographic(departments[row["department"]]["region"]),
            latitude=float(row["latitude"]),
            longitude=float(row["longitude"]),
            population=int(row["population"]),
        )
        for number, row in enumerate(_rows("towns.csv"), start=1)
    )


def kilometres(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Distance on a sphere; near enough below a few hundred kilometres."""
    middle = math.radians((latitude + other_latitude) / 2)
    north = math.radians(other_latitude - latitude)
    east = math.radians(other_longitude - longitude) * math.cos(middle)
    return EARTH_RADIUS_KM * math.hypot(north, east)


def _rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8") as file:
        return cast(list[dict[str, str]], list(csv.DictReader(file)))
