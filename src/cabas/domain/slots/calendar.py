"""
A week's pattern of slots, spelled out for a day. Pure: rows and a day in, slots out.

Patterns speak the wall clock of Paris; slots are instants. On the night the clocks go forward a
span that starts in the missing hour does not exist; on the night they go back it means the first of
the two.
"""

from collections.abc import Iterable, Iterator, Set
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import msgspec

from cabas.domain.slots.model import Channel
from cabas.kit.clock import PARIS, paris_midnight

BOOKING_DAYS = 7
_CHANNEL_DIGIT = {Channel.DRIVE: 1, Channel.DELIVERY: 2}
_CHANNEL_OF_DIGIT = {digit: channel for channel, digit in _CHANNEL_DIGIT.items()}


class PatternRow(msgspec.Struct, frozen=True, kw_only=True):
    """One span of a store's week: ``weekday`` 1 (Monday) … 7, times of the Paris wall clock."""

    store_id: int
    channel: Channel
    weekday: int
    starts_at: time
    ends_at: time
    capacity: int
    fee_cents: int
    cutoff_minutes: int


class PlannedSlot(msgspec.Struct, frozen=True, kw_only=True):
    """A slot as it is to be written: aware UTC instants."""

    store_id: int
    slot_id: int
    channel: Channel
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    fee_cents: int
    capacity: int


def slots_of_day(
    rows: Iterable[PatternRow], *, day: date, closed_stores: Set[int], booking_days: int = BOOKING_DAYS
) -> Iterator[PlannedSlot]:
    """
    The slots of ``day`` for every row of its weekday whose store is not closed that day.

    Bookings open at midnight (Paris) ``booking_days`` before the day and close ``cutoff_minutes``
    before the slot starts.
    """
    opens_at = paris_midnight(day - timedelta(days=booking_days))
    weekday = day.isoweekday()
    for row in rows:
        if row.weekday != weekday or row.store_id in closed_stores:
            continue
        starts_at = instant(day, row.starts_at)
        if starts_at is None:
            continue
        ends_at = _end(day, row.ends_at)
        if ends_at <= starts_at:
            continue
        yield PlannedSlot(
            store_id=row.store_id,
            slot_id=slot_id_of(starts_at, row.channel),
            channel=row.channel,
            starts_at=starts_at,
            ends_at=ends_at,
            opens_at=opens_at,
            closes_at=starts_at - timedelta(minutes=row.cutoff_minutes),
            fee_cents=row.fee_cents,
            capacity=row.capacity,
        )


@lru_cache(maxsize=16_384)
def instant(day: date, at: time) -> datetime | None:
    """The UTC instant of a Paris wall-clock time: the first of two, None when there is none."""
    local = datetime.combine(day, at, tzinfo=PARIS)
    moment = local.astimezone(UTC)
    there = moment.astimezone(PARIS)
    return moment if there.replace(tzinfo=None) == local.replace(tzinfo=None) else None


@lru_cache(maxsize=16_384)
def _end(day: date, at: time) -> datetime:
    """As `instant`, but an end within the missing hour leaves its slot its length: 2:00 is the change itself."""
    return datetime.combine(day, at, tzinfo=PARIS).astimezone(UTC)


def slot_id_of(starts_at: datetime, channel: Channel) -> int:
    """``YYMMDDHHMM`` in UTC, then 1 for drive or 2 for delivery: 26112409001."""
    return int(starts_at.astimezone(UTC).strftime("%y%m%d%H%M")) * 10 + _CHANNEL_DIGIT[channel]


@lru_cache(maxsize=16_384)
def starts_at(slot_id: int) -> datetime:
    """The instant that `slot_id_of` wrote into the number."""
    return datetime.strptime(str(slot_id // 10), "%y%m%d%H%M").replace(tzinfo=UTC)


def channel_of(slot_id: int) -> Channel:
    """The channel that `slot_id_of` wrote into the number."""
    return _CHANNEL_OF_DIGIT[slot_id % 10]
