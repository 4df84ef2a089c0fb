"""Recurring work on raises: each store is settled by one worker, in a transaction of its own."""

import asyncio
from collections.abc import Awaitable, Callable

from cabas.domain.capacity import operations, scaling
from cabas.kit.clock import Clock
from cabas.kit.db import Database

LANES = 2
"""Stores that one worker has in hand at once: while one waits for the database, the other is made ready."""

_Step = Callable[..., Awaitable[int | None]]


async def settle_raises(database: Database, clock: Clock) -> int:
    """Apply what was agreed to, take back what is to be; returns how many stores."""
    done = await _each(database, clock, operations.apply_next)
    done += await _each(database, clock, operations.undo_next)
    async with database.transaction() as tx:
        await operations.finish(tx, now=clock.now())
    return done


async def forget_machines(database: Database, clock: Clock) -> int:
    """Web servers that are gone: each pod of a cluster had its name."""
    async with database.transaction() as tx:
        return await scaling.forget(tx, now=clock.now())


async def _each(database: Database, clock: Clock, step: _Step) -> int:
    return sum(await asyncio.gather(*(_lane(database, clock, step) for _ in range(LANES))))


async def _lane(database: Database, clock: Clock, step: _Step) -> int:
    done = 0
    while True:
        async with database.transaction() as tx:
            if await step(tx, now=clock.now()) is None:
                return done
        done += 1
