"""Recurring work on identity: forgetting what has run out."""

from datetime import timedelta

from cabas.kit import limiter, sessions
from cabas.kit.clock import Clock
from cabas.kit.db import Database

ENDED_KEPT = timedelta(days=30)
"""How long a session that has run out is kept, to answer "who was signed in then?"."""


async def forget_run_out(database: Database, clock: Clock) -> int:
    """Attempts no limit looks back to, and sessions that ran out a month ago; returns how many."""
    now = clock.now()
    async with database.transaction() as tx:
        return await limiter.purge_attempts(tx, now=now) + await sessions.purge(tx, before=now - ENDED_KEPT)
