"""Recurring work on orders."""

from datetime import timedelta

from cabas.domain.orders import dispatch
from cabas.kit.clock import Clock
from cabas.kit.db import Database


async def dispatch_pending(database: Database, clock: Clock) -> int:
    """One batch of the outbox, straight to its stores."""
    async with database.transaction() as tx:
        return await dispatch.dispatch_batch(tx, now=clock.now())


async def start_fallbacks(database: Database, clock: Clock, *, after: timedelta) -> int:
    """Orders without receipt for longer than ``after``: phone and print."""
    now = clock.now()
    async with database.transaction() as tx:
        await dispatch.start_fallback(tx, before=now - after, now=now)
    return 0
