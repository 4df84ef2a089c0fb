"""Public reads of slots."""

from datetime import datetime
from uuid import UUID

from cabas.domain.slots.model import Channel, Hold, Slot
from cabas.kit.db import Connection, Record

LISTED_MAX = 500
_COLUMNS = """store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents,
              capacity, taken, closed"""


async def slots_between(
    reader: Connection, *, store_id: int, channel: Channel, start: datetime, end: datetime
) -> list[Slot]:
    """The store's slots that start in ``[start, end)``, by time."""
    rows = await reader.fetch(
        f"""
        select {_COLUMNS}
          from slot
         where store_id = $1 and channel = $2 and starts_at >= $3 and starts_at < $4
         order by starts_at
         limit {LISTED_MAX}""",
        store_id,
        channel.value,
        start,
        end,
    )
    return [as_slot(row) for row in rows]


async def slot(reader: Connection, *, store_id: int, slot_id: int) -> Slot | None:
    row = await reader.fetchrow(
        f"select {_COLUMNS} from slot where store_id = $1 and slot_id = $2", store_id, slot_id
    )
    return as_slot(row) if row else None


async def nearest_open(
    reader: Connection, *, store_id: int, channel: Channel, around: datetime, now: datetime, limit: int = 3
) -> list[Slot]:
    """The bookable slots nearest in time to ``around``, nearest first."""
    rows = await reader.fetch(
        f"""
        select {_COLUMNS}
          from slot
         where store_id = $1 and channel = $2 and taken < capacity and not closed
           and opens_at <= $4 and closes_at > $4
         order by abs(extract(epoch from starts_at - $3::timestamptz)), starts_at
         limit $5""",
        store_id,
        channel.value,
        around,
        now,
        limit,
    )
    return [as_slot(row) for row in rows]


async def next_open(reader: Connection, *, store_id: int, channel: Channel, now: datetime) -> Slot | None:
    """The soonest slot that can be booked now."""
    row = await reader.fetchrow(
        f"""
        select {_COLUMNS}
          from slot
         where store_id = $1 and channel = $2 and taken < capacity and not closed
           and opens_at <= $3 and closes_at > $3
         order by starts_at
         limit 1""",
        store_id,
        channel.value,
        now,
    )
    return as_slot(row) if row else None


async def next_open_by_store(
    reader: Connection, *, store_ids: list[int], channel: Channel, now: datetime
) -> dict[int, Slot]:
    """The soonest bookable slot of each of these stores (the store finder's list)."""
    rows = await reader.fetch(
        f"""
        select distinct on (store_id) {_COLUMNS}
          from slot
         where store_id = any($1::int[]) and channel = $2 and taken < capacity and not closed
           and opens_at <= $3 and closes_at > $3
         order by store_id, starts_at""",
        store_ids,
        channel.value,
        now,
    )
    return {row["store_id"]: as_slot(row) for row in rows}


async def hold_of(reader: Connection, *, store_id: int, shopper_id: UUID, now: datetime) -> Hold | None:
    """The shopper's live hold in this store."""
    row = await reader.fetchrow(
        """
        select slot_id, expires_at
          from slot_hold
         where store_id = $1 and shopper_id = $2 and expires_at > $3""",
        store_id,
        shopper_id,
        now,
    )
    return Hold(store_id=store_id, slot_id=row["slot_id"], expires_at=row["expires_at"]) if row else None


def as_slot(row: Record) -> Slot:
    return Slot(
        store_id=row["store_id"],
        slot_id=row["slot_id"],
        channel=Channel(row["channel"]),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        opens_at=row["opens_at"],
        closes_at=row["closes_at"],
        fee_cents=row["fee_cents"],
        capacity=row["capacity"],
        taken=row["taken"],
        closed=row["closed"],
    )
