"""Recurring work on openings. Each store is claimed by one worker; a store that fails doesn't stop the others."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial

from cabas.domain.advance import opening, operations
from cabas.domain.advance.model import AdvancePolicy
from cabas.domain.advance.opening import StoreFailed
from cabas.domain.advance.opening_records import Due
from cabas.kit.clock import Clock, paris_day, paris_midnight
from cabas.kit.db import Database

LANES = 2
"""Stores that one worker has in hand at once: while one waits for the database, the other computes."""

_Step = Callable[..., Awaitable[Due | None]]


async def draw_openings(database: Database, clock: Clock, *, policy: AdvancePolicy) -> int:
    """Give out the places of every store whose opening has come, then publish the secret; returns how many stores."""
    drawn = await _all_due(database, clock, partial(opening.draw_next, policy=policy))
    now = clock.now()
    async with database.transaction() as tx:
        await opening.reveal(tx, now=now)
    return drawn


async def write_orders(database: Database, clock: Clock, *, policy: AdvancePolicy) -> int:
    """Write the orders of every store that is drawn; returns how many batches."""
    return await _all_due(database, clock, partial(opening.write_next, policy=policy))


async def publish_draws(database: Database, clock: Clock, *, policy: AdvancePolicy) -> int:
    """Make the secrets of the coming midnights, and publish their digests."""
    now = clock.now()
    days = policy.notice // timedelta(days=1) + 1
    for ahead in range(1, days + 1):
        opens_at = paris_midnight(paris_day(now) + timedelta(days=ahead))
        async with database.transaction() as tx:
            await operations.publish_draw(tx, opens_at=opens_at, policy=policy, now=now)
    return 0


async def _all_due(database: Database, clock: Clock, step: _Step) -> int:
    """
    Repeat ``step``, each in a transaction of its own, until nothing is due.

    :raises ExceptionGroup: what went wrong in stores that were left for the next round.
    """
    failed: dict[Due, StoreFailed] = {}
    counts = await asyncio.gather(*(_lane(database, clock, step, failed) for _ in range(LANES)))
    if failed:
        raise ExceptionGroup("stores of an opening", list(failed.values()))
    return sum(counts)


async def _lane(database: Database, clock: Clock, step: _Step, failed: dict[Due, StoreFailed]) -> int:
    done = 0
    while True:
        try:
            async with database.transaction() as tx:
                due = await step(tx, failed=failed, now=clock.now())
        except StoreFailed as problem:  # the other stores have their turn first
            failed[problem.due] = problem
            continue
        if due is None:
            return done
        done += 1
