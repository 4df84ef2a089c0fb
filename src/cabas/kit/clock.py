"""
The only place that reads the time. Rules take ``now`` as an argument.

A clock can be shifted as a whole (rehearsals, demos of midnight): ``SystemClock(offset)``.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware UTC."""
        ...


class SystemClock:
    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset


class FixedClock:
    """A clock that stands still until it is moved: for tests and simulations."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def paris_day(moment: datetime) -> date:
    """The calendar day in Paris at this moment."""
    return moment.astimezone(PARIS).date()


def paris_midnight(day: date) -> datetime:
    """The instant (UTC) at which this day begins in Paris."""
    return datetime(day.year, day.month, day.day, tzinfo=PARIS).astimezone(UTC)
