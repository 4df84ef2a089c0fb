"""Recurring work on messages: send what is due, forget what is old."""

from datetime import timedelta

from cabas.domain.messages import records, sending
from cabas.domain.messages.sending import Post
from cabas.kit.clock import Clock
from cabas.kit.db import Database

PURGED_AT_ONCE = 1000


async def send_due(database: Database, clock: Clock, *, post: Post, limit: int) -> int:
    """One round: up to ``limit`` deliveries, several at a time; returns how many were taken."""
    return await sending.send_round(database, clock, post=post, limit=limit)


async def forget_old(database: Database, clock: Clock, *, kept: timedelta) -> int:
    """Messages told longer ago than this; returns how many."""
    async with database.transaction() as tx:
        return await records.delete_before(tx, before=clock.now() - kept, limit=PURGED_AT_ONCE)
