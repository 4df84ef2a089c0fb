"""
What a store manager does to slots: change a capacity, close, reopen, and take it back.

Never below what is booked. Each change keeps its before and after, its author and reason.
"""

from datetime import datetime, time
from uuid import UUID

import msgspec

from cabas.domain.slots import queries
from cabas.domain.slots.model import Channel, Slot, SlotUnknown
from cabas.domain.slots.queries import as_slot
from cabas.kit.db import Connection, Transaction
from cabas.kit.errors import Conflict, NotFound
from cabas.kit.ids import new_id

CAPACITY_MAX = 500
LISTED_MAX = 200


class BelowBooked(Conflict):
    """A slot can't have fewer places than are taken. ``taken`` in detail."""

    code = "below_booked"


class ChangeUnknown(NotFound):
    """This store has no such change."""

    code = "change_unknown"


class ChangeSuperseded(Conflict):
    """The slot was changed again since then: undo the later change first."""

    code = "change_superseded"


class SlotChange(msgspec.Struct, frozen=True, kw_only=True):
    change_id: UUID
    slot_id: int
    starts_at: datetime
    channel: Channel
    changed_at: datetime
    changed_by: str
    reason: str
    before: dict[str, int | bool]
    after: dict[str, int | bool]
    undone_at: datetime | None


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """One weekly slot of a store; times are on the Paris clock."""

    store_id: int
    channel: Channel
    weekday: int
    starts_at: time
    ends_at: time
    capacity: int
    fee_cents: int
    cutoff_minutes: int


async def change_slot(
    tx: Transaction,
    *,
    store_id: int,
    slot_id: int,
    capacity: int | None = None,
    closed: bool | None = None,
    actor: str,
    reason: str = "",
    now: datetime,
) -> Slot:
    """
    Set a slot's capacity, close it or open it again.

    :raises SlotUnknown: the store has no such slot.
    :raises BelowBooked: fewer places than are taken.
    """
    slot = await _lock(tx, store_id=store_id, slot_id=slot_id)
    changed = msgspec.structs.replace(
        slot,
        capacity=slot.capacity if capacity is None else capacity,
        closed=slot.closed if closed is None else closed,
    )
    if changed.capacity < slot.taken:
        raise BelowBooked(taken=slot.taken)
    if changed == slot:
        return slot
    await _write(tx, changed)
    await tx.execute(
        """
        insert into slot_change (store_id, change_id, slot_id, changed_at, changed_by, reason, before, after)
             values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        store_id,
        new_id(now, store_id),
        slot_id,
        now,
        actor,
        reason,
        _state(slot),
        _state(changed),
    )
    return changed


async def slot_of_store(reader: Connection, *, store_id: int, slot_id: int) -> Slot:
    """:raises SlotUnknown: the store has no such slot."""
    found = await queries.slot(reader, store_id=store_id, slot_id=slot_id)
    if found is None:
        raise SlotUnknown
    return found


async def undo_change(tx: Transaction, *, store_id: int, change_id: UUID, now: datetime) -> Slot:
    """
    Put a slot back as it was before one change; undoing twice is harmless.

    :raises ChangeUnknown: no such change in this store.
    :raises ChangeSuperseded: a later change stands.
    :raises BelowBooked: more has been booked since.
    """
    row = await tx.fetchrow(
        """
        select c.slot_id, c.before, c.undone_at,
               exists (select from slot_change l
                        where l.store_id = c.store_id and l.slot_id = c.slot_id and l.undone_at is null
                          and (l.changed_at, l.change_id) > (c.changed_at, c.change_id)) as superseded
          from slot_change c
         where c.store_id = $1 and c.change_id = $2
           for update""",
        store_id,
        change_id,
    )
    if row is None:
        raise ChangeUnknown
    slot = await _lock(tx, store_id=store_id, slot_id=row["slot_id"])
    if row["undone_at"] is not None:
        return slot
    if row["superseded"]:
        raise ChangeSuperseded
    restored = msgspec.structs.replace(slot, **row["before"])
    if restored.capacity < slot.taken:
        raise BelowBooked(taken=slot.taken)
    await _write(tx, restored)
    await tx.execute(
        "update slot_change set undone_at = $3 where store_id = $1 and change_id = $2",
        store_id,
        change_id,
        now,
    )
    return restored


async def changes(reader: Connection, *, store_id: int, limit: int = 50) -> list[SlotChange]:
    """The store's latest changes of slots, newest first."""
    rows = await reader.fetch(
        """
        select c.change_id, c.slot_id, s.starts_at, s.channel, c.changed_at, c.changed_by, c.reason,
               c.before, c.after, c.undone_at
          from slot_change c
          join slot s using (store_id, slot_id)
         where c.store_id = $1
         order by c.changed_at desc, c.change_id desc
         limit $2""",
        store_id,
        min(limit, LISTED_MAX),
    )
    return [SlotChange(**{**dict(row.items()), "channel": Channel(row["channel"])}) for row in rows]


async def patterns(reader: Connection, *, store_id: int) -> list[Pattern]:
    """The store's weekly slots, by day and time."""
    rows = await reader.fetch(
        """
        select store_id, channel, weekday, starts_at, ends_at, capacity, fee_cents, cutoff_minutes
          from slot_pattern
         where store_id = $1
         order by channel, weekday, starts_at""",
        store_id,
    )
    return [Pattern(**{**dict(row.items()), "channel": Channel(row["channel"])}) for row in rows]


async def set_pattern(tx: Transaction, *, pattern: Pattern) -> None:
    """Add a weekly slot or change it; days already published keep theirs (see `apply_pattern`)."""
    await tx.execute(
        """
        insert into slot_pattern (store_id, channel, weekday, starts_at, ends_at, capacity, fee_cents, cutoff_minutes)
             values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (store_id, channel, weekday, starts_at)
          do update set ends_at = excluded.ends_at, capacity = excluded.capacity,
                        fee_cents = excluded.fee_cents, cutoff_minutes = excluded.cutoff_minutes""",
        pattern.store_id,
        pattern.channel.value,
        pattern.weekday,
        pattern.starts_at,
        pattern.ends_at,
        pattern.capacity,
        pattern.fee_cents,
        pattern.cutoff_minutes,
    )


async def remove_pattern(
    tx: Transaction, *, store_id: int, channel: Channel, weekday: int, starts_at: time
) -> bool:
    """No such weekly slot any more, from the next day that is published. False: there was none."""
    return (
        await tx.execute(
            """
            delete from slot_pattern
             where store_id = $1 and channel = $2 and weekday = $3 and starts_at = $4""",
            store_id,
            channel.value,
            weekday,
            starts_at,
        )
        == 1
    )


async def apply_pattern(tx: Transaction, *, pattern: Pattern, actor: str, now: datetime) -> int:
    """
    Give the pattern's capacity to the slots of that day and time already published.

    Never below what is booked; returns how many slots changed.
    """
    rows = await tx.fetch(
        """
        select slot_id, taken
          from slot
         where store_id = $1 and channel = $2 and starts_at > $5
           and extract(isodow from starts_at at time zone 'Europe/Paris') = $3
           and (starts_at at time zone 'Europe/Paris')::time = $4
         order by slot_id""",
        pattern.store_id,
        pattern.channel.value,
        pattern.weekday,
        pattern.starts_at,
        now,
    )
    for row in rows:
        await change_slot(
            tx,
            store_id=pattern.store_id,
            slot_id=row["slot_id"],
            capacity=max(pattern.capacity, row["taken"]),
            actor=actor,
            reason="pattern",
            now=now,
        )
    return len(rows)


async def set_day_closed(
    tx: Transaction,
    *,
    store_id: int,
    start: datetime,
    end: datetime,
    closed: bool,
    actor: str,
    reason: str,
    now: datetime,
) -> int:
    """
    Close, or open again, every slot that starts in ``[start, end)``; returns how many changed.

    Orders already placed stay.
    """
    rows = await tx.fetch(
        """
        select slot_id
          from slot
         where store_id = $1 and starts_at >= $2 and starts_at < $3 and closed <> $4
         order by slot_id""",
        store_id,
        start,
        end,
        closed,
    )
    for row in rows:
        await change_slot(
            tx,
            store_id=store_id,
            slot_id=row["slot_id"],
            closed=closed,
            actor=actor,
            reason=reason,
            now=now,
        )
    return len(rows)


async def _lock(tx: Transaction, *, store_id: int, slot_id: int) -> Slot:
    row = await tx.fetchrow(
        """
        select store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents,
               capacity, taken, closed
          from slot
         where store_id = $1 and slot_id = $2
           for update""",
        store_id,
        slot_id,
    )
    if row is None:
        raise SlotUnknown
    return as_slot(row)


async def _write(tx: Transaction, slot: Slot) -> None:
    await tx.execute(
        "update slot set capacity = $3, closed = $4 where store_id = $1 and slot_id = $2",
        slot.store_id,
        slot.slot_id,
        slot.capacity,
        slot.closed,
    )


def _state(slot: Slot) -> dict[str, int | bool]:
    return {"capacity": slot.capacity, "closed": slot.closed}
