"""
Many slots of a store at once: read under lock, written by one statement, and put back as they were.

Each slot's before and after is a line of the store's journal (`managing.changes`), bound to what raised it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.slots.model import Channel, Slot
from cabas.domain.slots.queries import as_slot
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id


class Raised(msgspec.Struct, frozen=True, kw_only=True):
    """A slot that was raised. ``as_left``: nobody has changed its capacity since."""

    slot_id: int
    before: int
    taken: int
    as_left: bool


async def lock_open(
    tx: Transaction,
    *,
    store_id: int,
    channels: Sequence[Channel],
    start: datetime,
    end: datetime,
    now: datetime,
) -> list[Slot]:
    """The store's slots that start in ``[start, end)`` and still take orders, each locked, by id."""
    rows = await tx.fetch(
        """
        select store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents,
               capacity, taken, closed
          from slot
         where store_id = $1 and channel = any($2) and starts_at >= $3 and starts_at < $4
           and closes_at > $5 and not closed
         order by slot_id
           for update""",
        store_id,
        [channel.value for channel in channels],
        start,
        end,
        now,
    )
    return [as_slot(row) for row in rows]


async def write_raised(
    tx: Transaction,
    *,
    store_id: int,
    raise_id: UUID,
    capacities: Mapping[int, int],
    actor: str,
    reason: str,
    now: datetime,
) -> None:
    """Give each slot its new capacity (slot → places), with its line in the journal. The slots are locked."""
    slots = list(capacities)
    await tx.execute(
        """
        with asked (slot_id, change_id, places) as (
            select * from unnest($2::bigint[], $3::uuid[], $4::integer[])
        ), noted as (
            insert into slot_change (store_id, change_id, slot_id, changed_at, changed_by, reason, before, after,
                                     raise_id)
            select s.store_id, a.change_id, s.slot_id, $5, $6, $7,
                   jsonb_build_object('capacity', s.capacity, 'closed', s.closed),
                   jsonb_build_object('capacity', a.places, 'closed', s.closed), $8
              from slot s
              join asked a using (slot_id)
             where s.store_id = $1
        )
        update slot s set capacity = a.places
          from asked a
         where s.store_id = $1 and s.slot_id = a.slot_id""",
        store_id,
        slots,
        [new_id(now, store_id) for _ in slots],
        list(capacities.values()),
        now,
        actor,
        reason,
        raise_id,
    )


async def lock_raised(tx: Transaction, *, store_id: int, raise_id: UUID) -> list[Raised]:
    """The store's slots that this raise changed and that nobody has put back, each locked, by id."""
    rows = await tx.fetch(
        """
        select s.slot_id, (c.before ->> 'capacity')::integer as before, s.taken,
               s.capacity = (c.after ->> 'capacity')::integer as as_left
          from slot_change c
          join slot s using (store_id, slot_id)
         where c.store_id = $1 and c.raise_id = $2 and c.undone_at is null
         order by s.slot_id
           for update of s""",
        store_id,
        raise_id,
    )
    return [Raised(**dict(row.items())) for row in rows]


async def write_restored(
    tx: Transaction, *, store_id: int, raise_id: UUID, capacities: Mapping[int, int], now: datetime
) -> None:
    """Put slots back (slot → places) and say so in the journal. The slots are locked."""
    await tx.execute(
        """
        with asked (slot_id, places) as (
            select * from unnest($3::bigint[], $4::integer[])
        ), noted as (
            update slot_change c set undone_at = $5
              from asked a
             where c.store_id = $1 and c.raise_id = $2 and c.slot_id = a.slot_id and c.undone_at is null
        )
        update slot s set capacity = a.places
          from asked a
         where s.store_id = $1 and s.slot_id = a.slot_id""",
        store_id,
        raise_id,
        list(capacities),
        list(capacities.values()),
        now,
    )
