"""Intentions on slots. The hold is one call to the database, like the order."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from cabas.domain.slots import records
from cabas.domain.slots.model import Hold, SlotClosed, SlotFull, SlotNotOpen, SlotUnknown
from cabas.kit.db import Transaction
from cabas.kit.errors import Refusal

_REFUSALS: dict[str, type[Refusal]] = {
    "P0S01": SlotFull,
    "P0S02": SlotNotOpen,
    "P0S03": SlotClosed,
    "P0S04": SlotUnknown,
}


@contextmanager
def slot_refusals() -> Iterator[None]:
    """Turns what the database's slot functions raise into our refusals."""
    try:
        yield
    except asyncpg.PostgresError as problem:
        kind = _REFUSALS.get(problem.sqlstate or "")
        if kind is None:
            raise
        raise kind from problem


async def hold_slot(
    tx: Transaction,
    *,
    store_id: int,
    slot_id: int,
    shopper_id: UUID,
    cart_id: UUID,
    now: datetime,
    duration: timedelta,
) -> Hold:
    """
    Keep one place of the slot for this shopper, letting go of any other place they held.

    A live hold on the same slot is returned as it is: holds are not renewed.

    :raises SlotFull: no place is left.
    :raises SlotClosed: the cut-off has passed or the store closed it.
    :raises SlotNotOpen: bookings have not opened.
    :raises SlotUnknown: the store has no such slot.
    """
    with slot_refusals():
        expires_at = await records.hold_place(
            tx,
            store_id=store_id,
            shopper_id=shopper_id,
            slot_id=slot_id,
            cart_id=cart_id,
            now=now,
            expires_at=now + duration,
        )
    return Hold(store_id=store_id, slot_id=slot_id, expires_at=expires_at)


async def release_hold(tx: Transaction, *, store_id: int, shopper_id: UUID) -> bool:
    """Let go of the shopper's place. False when there was none: letting go twice is harmless."""
    return await records.release_hold(tx, store_id=store_id, shopper_id=shopper_id) is not None


async def claim_hold(
    tx: Transaction, *, store_id: int, guest_id: UUID, customer_id: UUID, now: datetime
) -> bool:
    """
    A guest signs in: the place they hold becomes the customer's, who lets go of any other.

    False when the guest held nothing there; the customer's own hold then stays.
    """
    held = await records.lock_hold(tx, store_id=store_id, shopper_id=guest_id, now=now)
    if not held:
        return False
    elsewhere = await records.select_shopper_hold(tx, shopper_id=customer_id)
    if elsewhere is not None:
        await records.release_hold(tx, store_id=elsewhere, shopper_id=customer_id)
    await records.move_hold(tx, store_id=store_id, guest_id=guest_id, customer_id=customer_id)
    await records.move_shopper_hold(tx, store_id=store_id, guest_id=guest_id, customer_id=customer_id)
    return True


async def give_back_place(tx: Transaction, *, store_id: int, slot_id: int) -> None:
    """An order is cancelled or moved: its place is free again."""
    await records.give_back_place(tx, store_id=store_id, slot_id=slot_id)


async def take_place(tx: Transaction, *, store_id: int, slot_id: int, now: datetime) -> None:
    """
    One place more for an order that moves here.

    :raises SlotFull: no place is left.
    """
    with slot_refusals():
        await records.take_place(tx, store_id=store_id, slot_id=slot_id, now=now)


async def expired_slots(tx: Transaction, *, now: datetime, limit: int = 200) -> list[tuple[int, int]]:
    """(store, slot) pairs with holds that have run out; each is freed in its own transaction."""
    return await records.slots_with_expired_holds(tx, now=now, limit=limit)


async def free_expired(tx: Transaction, *, store_id: int, slot_id: int, now: datetime) -> int:
    """Give back the places of holds that have run out on one slot; returns how many."""
    return await records.expire_holds(tx, store_id=store_id, slot_id=slot_id, now=now)
