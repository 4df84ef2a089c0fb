"""Recurring work on the cagnotte: what has run out goes."""

from cabas.domain.loyalty import operations
from cabas.kit.clock import Clock
from cabas.kit.db import Database

EXPIRED_AT_ONCE = 200


async def expire_due(database: Database, clock: Clock) -> int:
    """Earnings whose end has come; returns how many."""
    async with database.transaction() as tx:
        return await operations.expire_due(tx, now=clock.now(), limit=EXPIRED_AT_ONCE)
