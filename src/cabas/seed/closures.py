"""French public holidays, those of Alsace and Moselle too, and who closes on which."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import cache

import holidays
import msgspec

from cabas.seed.chance import stream
from cabas.seed.shops import Shop

DAYS_AHEAD = 396
CLOSED_EVERYWHERE = frozenset({(1, 1), (5, 1), (12, 25)})
_CLOSES = {"hyper": 0.05, "super": 0.18, "contact": 0.55, "express": 0.1}
_SUBDIVISIONS = {"67": "6AE", "68": "6AE", "57": "57"}


class Closure(msgspec.Struct, frozen=True):
    store_id: int
    day: date
    reason: str


def closures(shops: Sequence[Shop], *, day: date, seed: int) -> Iterator[Closure]:
    """The days off of the thirteen months from ``day``: three for all, the others by format and shop."""
    for shop in shops:
        subdivision = _SUBDIVISIONS.get(shop.department_code, "")
        for off, reason in _holidays(subdivision, day):
            everyone = (off.month, off.day) in CLOSED_EVERYWHERE
            local = subdivision and reason in ("Vendredi saint", "Saint-Étienne")
            draw = stream(seed, "closure", shop.store_id, off)
            if everyone or local or draw.random() < _CLOSES[shop.format]:
                yield Closure(shop.store_id, off, reason)


@cache
def _holidays(subdivision: str, day: date) -> tuple[tuple[date, str], ...]:
    last = day + timedelta(days=DAYS_AHEAD)
    found = holidays.country_holidays(
        "FR", years=range(day.year, last.year + 1), subdiv=subdivision or None, language="fr"
    )
    return tuple((off, str(name)) for off, name in sorted(found.items()) if day <= off <= last)
