"""Recurring work on slots."""

from cabas.domain.slots import operations, publishing
from cabas.kit.clock import Clock
from cabas.kit.db import Database


async def release_expired(database: Database, clock: Clock) -> int:
    """Give back the places of holds that have run out, one slot a transaction."""
    now = clock.now()
    async with database.transaction() as tx:
        expired = await operations.expired_slots(tx, now=now)
    for store_id, slot_id in expired:
        async with database.transaction() as tx:
            await operations.free_expired(tx, store_id=store_id, slot_id=slot_id, now=now)
    return len(expired)


async def publish_coming_days(database: Database, clock: Clock, *, booking_days: int) -> int:
    """Slots exist days before they open."""
    async with database.transaction() as tx:
        await publishing.publish_slots(tx, now=clock.now(), booking_days=booking_days)
    return 0
