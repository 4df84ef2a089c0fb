"""Slots for tests: one open drive slot unless said otherwise."""

from datetime import datetime, timedelta

from cabas.domain.slots.model import Channel, Slot
from cabas.kit.db import Transaction


async def make_slot(
    tx: Transaction,
    *,
    now: datetime,
    store_id: int = 1,
    slot_id: int = 26112418001,
    channel: Channel = Channel.DRIVE,
    starts_in: timedelta = timedelta(hours=9),
    opens_at: datetime | None = None,
    cutoff: timedelta = timedelta(hours=2),
    capacity: int = 3,
    taken: int = 0,
    fee_cents: int = 0,
    closed: bool = False,
) -> Slot:
    starts_at = now + starts_in
    slot = Slot(
        store_id=store_id,
        slot_id=slot_id,
        channel=channel,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        opens_at=opens_at or now - timedelta(days=1),
        closes_at=starts_at - cutoff,
        fee_cents=fee_cents,
        capacity=capacity,
        taken=taken,
        closed=closed,
    )
    await tx.execute(
        """
        insert into slot (store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents,
                          capacity, taken, closed)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        *(getattr(slot, field) for field in Slot.__struct_fields__),
    )
    return slot


async def taken(tx: Transaction, slot: Slot) -> int:
    count: int = await tx.fetchval(
        "select taken from slot where store_id = $1 and slot_id = $2", slot.store_id, slot.slot_id
    )
    return count
