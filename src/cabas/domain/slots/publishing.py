"""
From each store's weekly pattern to the slots of the coming days.

A day is published once for a store: what a manager changed since then stays, and a pattern changed
later counts from the next day that is published. Slots exist before they open, so that midnight
is a moment and not a job.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from cabas.domain.slots.calendar import PatternRow, PlannedSlot, slots_of_day
from cabas.domain.slots.model import Channel
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.db import Transaction

DAYS_BEFORE_OPENING = 2
"""How many days before their bookings open slots are written: a worker may be down for a day."""


async def publish_slots(tx: Transaction, *, now: datetime, booking_days: int) -> int:
    """
    Write the slots that are missing from today to `DAYS_BEFORE_OPENING` after the last bookable day.

    Saying it twice is harmless, also from two workers at once. Returns how many slots were new.
    """
    today = paris_day(now)
    days = [today + timedelta(days=ahead) for ahead in range(booking_days + DAYS_BEFORE_OPENING + 1)]
    patterns = await _patterns(tx)
    published = await _published(tx, days)
    closed = await _closed(tx, days)
    new = 0
    for day in days:
        planned = slots_of_day(
            patterns,
            day=day,
            closed_stores=published.get(day, set()) | closed.get(day, set()),
            booking_days=booking_days,
        )
        new += await _insert(tx, list(planned))
    return new


async def _patterns(tx: Transaction) -> list[PatternRow]:
    rows = await tx.fetch(
        """
        select store_id, channel, weekday, starts_at, ends_at, capacity, fee_cents, cutoff_minutes
          from slot_pattern"""
    )
    return [PatternRow(**{**dict(row.items()), "channel": Channel(row["channel"])}) for row in rows]


async def _published(tx: Transaction, days: Sequence[date]) -> dict[date, set[int]]:
    """The stores that have slots already, by day of Paris."""
    rows = await tx.fetch(
        """
        select distinct (starts_at at time zone 'Europe/Paris')::date as day, store_id
          from slot
         where starts_at >= $1 and starts_at < $2""",
        paris_midnight(days[0]),
        paris_midnight(days[-1] + timedelta(days=1)),
    )
    return _by_day((row["day"], row["store_id"]) for row in rows)


async def _closed(tx: Transaction, days: Sequence[date]) -> dict[date, set[int]]:
    rows = await tx.fetch(
        "select day, store_id from store_closure where day between $1 and $2", days[0], days[-1]
    )
    return _by_day((row["day"], row["store_id"]) for row in rows)


async def _insert(tx: Transaction, slots: Sequence[PlannedSlot]) -> int:
    return await tx.execute(
        """
        insert into slot (store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents, capacity)
        select *
          from unnest($1::int[], $2::bigint[], $3::text[], $4::timestamptz[], $5::timestamptz[],
                      $6::timestamptz[], $7::timestamptz[], $8::int[], $9::int[])
        on conflict do nothing""",
        [slot.store_id for slot in slots],
        [slot.slot_id for slot in slots],
        [slot.channel.value for slot in slots],
        [slot.starts_at for slot in slots],
        [slot.ends_at for slot in slots],
        [slot.opens_at for slot in slots],
        [slot.closes_at for slot in slots],
        [slot.fee_cents for slot in slots],
        [slot.capacity for slot in slots],
    )


def _by_day(pairs: Iterable[tuple[date, int]]) -> dict[date, set[int]]:
    stores: dict[date, set[int]] = {}
    for day, store_id in pairs:
        stores.setdefault(day, set()).add(store_id)
    return stores
