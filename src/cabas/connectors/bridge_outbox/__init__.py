"""
What a grocer's system has yet to be told: written with the fact, delivered by a worker until it is answered.

Asked again with the same key, the system does it once. A plain no ends it too, and is shown in the console.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import msgspec

from cabas.bridge.shapes import OPERATIONS
from cabas.connectors.bridge_client import BridgeClient, BridgeRefused
from cabas.connectors.bridge_outbox import records
from cabas.connectors.bridge_outbox.records import Due
from cabas.kit.clock import Clock
from cabas.kit.db import Database, Transaction
from cabas.kit.guard import Guard, Reason, Unavailable

BATCH = 100
AT_A_TIME = 8
LEASE = timedelta(minutes=1)
"""A round of ``BATCH``, each call as long as its guard lets it, ends within it."""

TRIED_AGAIN_WITHIN = timedelta(minutes=5)
KEPT = timedelta(days=90)
NOT_ASKED = frozenset({Reason.FULL, Reason.OPEN, Reason.RECOVERING})


async def post(
    tx: Transaction, *, store_id: int, service: str, operation: str, request: Any, now: datetime
) -> None:
    """
    In the transaction of the fact that it tells of; a key that is there already is passed over.

    :param request: of the operation, with its ``key``.
    """
    if type(request) is not OPERATIONS[operation].request:
        raise TypeError(f"{operation} is asked with {OPERATIONS[operation].request.__name__}")
    body = msgspec.json.encode(request)
    await records.insert(
        tx, store_id=store_id, service=service, key=request.key, operation=operation, body=body, now=now
    )


async def deliver_due(
    database: Database, clock: Clock, *, service: str, client: BridgeClient, guard: Guard
) -> int:
    """A recurring job: one round of what is due; returns how many calls were answered."""
    now = clock.now()
    async with database.transaction() as tx:
        taken = await records.take_due(tx, service=service, now=now, until=now + LEASE, limit=BATCH)
    gate = asyncio.Semaphore(AT_A_TIME)

    async def one(due: Due) -> bool:
        async with gate:
            return await _deliver(database, clock, due, client, guard)

    return sum(await asyncio.gather(*(one(due) for due in taken)))


async def forget_old(database: Database, clock: Clock) -> int:
    """A recurring job: answers of long ago; returns how many."""
    async with database.transaction() as tx:
        return await records.delete_before(tx, before=clock.now() - KEPT)


async def _deliver(database: Database, clock: Clock, due: Due, client: BridgeClient, guard: Guard) -> bool:
    """Whether it is over. A call that was not even made counts as no try."""
    refused, answer = None, None
    try:
        answer = await guard.call(
            lambda: client.ask(due.operation, msgspec.Raw(due.body), OPERATIONS[due.operation].answer)
        )
    except BridgeRefused as no:
        refused = no.code
    except Unavailable as problem:
        asked = problem.reason not in NOT_ASKED
        wait = timedelta(seconds=max(problem.retry_after, 2.0**due.tries if asked else 0))
        async with database.transaction() as tx:
            due_at = clock.now() + min(wait, TRIED_AGAIN_WITHIN)
            await records.put_back(tx, due, due_at=due_at, asked=asked)
        return False
    async with database.transaction() as tx:
        await records.end(tx, due, now=clock.now(), refused=refused, answer=msgspec.json.encode(answer))
    return True
