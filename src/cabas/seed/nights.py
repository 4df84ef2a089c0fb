"""Which midnight to rehearse: one that opens a day on which the made-up shops work."""

from datetime import datetime, timedelta

import holidays

from cabas.domain.slots.calendar import BOOKING_DAYS
from cabas.kit.clock import paris_day, paris_midnight

_SUNDAY = 7


def working_midnight(now: datetime) -> datetime:
    """The next midnight of Paris, UTC, that opens neither a Sunday, on which many shops rest, nor a holiday."""
    day = paris_day(now) + timedelta(days=1)
    off = holidays.country_holidays("FR", years=(day.year, day.year + 1))
    while (opened := day + timedelta(days=BOOKING_DAYS)).isoweekday() == _SUNDAY or opened in off:
        day += timedelta(days=1)
    return paris_midnight(day)
