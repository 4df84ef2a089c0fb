"""A store: where it is, when it opens, what it offers."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import msgspec

from cabas.kit.clock import PARIS

_DAYS_LOOKED_AHEAD = 14


class StoreSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What lists of stores need."""

    store_id: int
    slug: str
    name: str
    format: str
    street: str
    postcode: str
    city: str
    department: str
    region: str
    latitude: float
    longitude: float
    services: tuple[str, ...]
    has_drive: bool
    delivers: bool
    drive_fee_cents: int
    drive_minimum_cents: int


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """``opening_hours``: ``{"1": [["08:30", "20:00"]], …}``, ISO weekday, Paris clock."""

    summary: StoreSummary
    phone: str
    email: str
    legal_entity: dict[str, Any]
    opening_hours: Mapping[str, Sequence[Sequence[str]]]
    closures: Mapping[date, str]

    def spans_of(self, day: date) -> list[tuple[datetime, datetime]]:
        """When it is open on this day, in UTC order; ``[]`` when it is closed."""
        if day in self.closures:
            return []
        return [
            (_at(day, start), _at(day, end))
            for start, end in self.opening_hours.get(str(day.isoweekday()), ())
        ]

    def open_until(self, now: datetime) -> datetime | None:
        """When it closes, if it is open now: ``[opens, closes)``."""
        today = now.astimezone(PARIS).date()
        return next((end for start, end in self.spans_of(today) if start <= now < end), None)

    def opens_next(self, now: datetime) -> datetime | None:
        """When it opens next, within two weeks."""
        today = now.astimezone(PARIS).date()
        for number in range(_DAYS_LOOKED_AHEAD):
            for start, _ in self.spans_of(today + timedelta(days=number)):
                if start > now:
                    return start
        return None


def _at(day: date, text: str) -> datetime:
    if text == "24:00":
        return datetime.combine(day + timedelta(days=1), time(0), PARIS)
    return datetime.combine(day, time.fromisoformat(text), PARIS)
