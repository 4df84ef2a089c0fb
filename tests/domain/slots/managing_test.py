from datetime import UTC, datetime, time, timedelta
from uuid import uuid4

import pytest

from cabas.domain.slots import managing
from cabas.domain.slots import operations as slots
from cabas.domain.slots.managing import BelowBooked, ChangeSuperseded, ChangeUnknown, Pattern
from cabas.domain.slots.model import Channel, SlotFull
from factories.slots import make_slot


def change(tx, slot, now, **what):
    return managing.change_slot(
        tx, store_id=slot.store_id, slot_id=slot.slot_id, actor="Paul (manager)", now=now, **what
    )


async def test_a_raised_capacity_gives_places_at_once(tx, now):
    slot = await make_slot(tx, now=now, capacity=1, taken=1)

    await change(tx, slot, now, capacity=2)

    await slots.take_place(tx, store_id=1, slot_id=slot.slot_id, now=now)


async def test_a_capacity_below_what_is_booked_is_refused_with_the_count(tx, now):
    slot = await make_slot(tx, now=now, capacity=5, taken=4)

    with pytest.raises(BelowBooked) as refusal:
        await change(tx, slot, now, capacity=3)

    assert refusal.value.detail == {"taken": 4}


async def test_a_closed_slot_takes_no_one(tx, now):
    slot = await make_slot(tx, now=now)

    await change(tx, slot, now, closed=True)

    with pytest.raises(SlotFull):
        async with tx._connection.transaction():
            await slots.take_place(tx, store_id=1, slot_id=slot.slot_id, now=now)


async def test_a_change_is_undone_once_and_undoing_again_is_harmless(tx, now):
    slot = await make_slot(tx, now=now, capacity=5)
    await change(tx, slot, now, capacity=9, reason="renfort")
    [done] = await managing.changes(tx, store_id=1)

    for _ in range(2):
        restored = await managing.undo_change(tx, store_id=1, change_id=done.change_id, now=now)

    assert restored.capacity == 5
    assert (done.before, done.after) == (
        {"capacity": 5, "closed": False},
        {"capacity": 9, "closed": False},
    )


async def test_only_the_latest_change_of_a_slot_can_be_undone(tx, now):
    slot = await make_slot(tx, now=now, capacity=5)
    await change(tx, slot, now, capacity=9)
    await change(tx, slot, now + timedelta(minutes=1), capacity=12)
    first = (await managing.changes(tx, store_id=1))[-1]

    with pytest.raises(ChangeSuperseded):
        await managing.undo_change(tx, store_id=1, change_id=first.change_id, now=now)


async def test_a_store_cannot_undo_another_stores_change(tx, now):
    slot = await make_slot(tx, now=now, capacity=5)
    await change(tx, slot, now, capacity=9)
    [done] = await managing.changes(tx, store_id=1)

    with pytest.raises(ChangeUnknown):
        await managing.undo_change(tx, store_id=2, change_id=done.change_id, now=now)
    with pytest.raises(ChangeUnknown):
        await managing.undo_change(tx, store_id=1, change_id=uuid4(), now=now)


async def test_a_pattern_is_applied_to_the_days_already_published_but_never_below_what_is_booked(tx):
    now = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)  # a Tuesday
    booked = await make_slot(tx, now=now, slot_id=1, starts_in=timedelta(hours=5), capacity=8, taken=6)
    free = await make_slot(tx, now=now, slot_id=2, starts_in=timedelta(days=7, hours=5), capacity=8)
    other_day = await make_slot(tx, now=now, slot_id=3, starts_in=timedelta(days=1, hours=5), capacity=8)
    pattern = Pattern(
        store_id=1,
        channel=Channel.DRIVE,
        weekday=2,
        starts_at=time(15, 0),
        ends_at=time(15, 30),
        capacity=4,
        fee_cents=0,
        cutoff_minutes=120,
    )

    await managing.set_pattern(tx, pattern=pattern)
    changed = await managing.apply_pattern(tx, pattern=pattern, actor="Paul", now=now)

    capacities = [
        await tx.fetchval("select capacity from slot where store_id = 1 and slot_id = $1", slot.slot_id)
        for slot in (booked, free, other_day)
    ]
    assert (changed, capacities) == (2, [6, 4, 8])
