"""
A grocer's own loyalty system, through a bridge, never in the way.

A balance is the last that is known, with the time it was known, and is asked for anew behind the reader's back. What
is earned waits in the outbox and arrives once. What is spent needs a live reservation: without one, or with the system
away, the order goes on without.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cabas.bridge import shapes
from cabas.connectors import bridge_outbox
from cabas.connectors.bridge_client import BridgeClient, BridgeRefused
from cabas.connectors.bridge_loyalty import records
from cabas.connectors.bridge_loyalty.records import Known
from cabas.kit.clock import Clock
from cabas.kit.db import Database, Transaction
from cabas.kit.guard import Guard, GuardPolicy, Unavailable

SERVICE: Final = "loyalty"
REFUSALS: Final = (BridgeRefused,)
SHOPPERS: Final = GuardPolicy(deadline_seconds=0.3, concurrency=12)
"""Of a web process: somebody waits for the page."""
FRESH = timedelta(seconds=60)
SHOWN = timedelta(hours=24)
"""An older balance is no longer shown as one."""


class Owed:
    """What the system is told later, each once: all that a worker's job needs of it."""

    async def earn(
        self, tx: Transaction, *, key: str, card: str, cents: int, store_id: int, order_id: UUID, at: datetime
    ) -> None:
        """With the fact that it follows from; below zero takes back. ``key``: of that fact, arrives once."""
        asked = shapes.EarnRequest(key=key, card=card, cents=cents, at=at, order=order_id)
        await bridge_outbox.post(
            tx, store_id=store_id, service=SERVICE, operation="loyalty/earn", request=asked, now=at
        )

    async def spend(
        self, tx: Transaction, *, key: str, reservation: str, cents: int, store_id: int, now: datetime
    ) -> None:
        """Of a live reservation, the rest is released; delivered like an earning."""
        asked = shapes.SpendRequest(key=key, reservation=reservation, cents=cents)
        await bridge_outbox.post(
            tx, store_id=store_id, service=SERVICE, operation="loyalty/spend", request=asked, now=now
        )


class BridgedLoyalty(Owed):
    """:param guard: of `SERVICE`, with `REFUSALS`."""

    def __init__(self, client: BridgeClient, guard: Guard, database: Database, clock: Clock) -> None:
        self._client, self._guard, self._database, self._clock = client, guard, database, clock
        self._asking: dict[str, asyncio.Task[Known | None]] = {}

    async def balance(self, card: str) -> Known | None:
        """
        At once when one is known, however old up to `SHOWN`; else as the system answers within the deadline.

        None: none is known and the system is away.

        :raises BridgeRefused: the system knows no such card, and none was known.
        """
        async with self._database.read() as reader:
            known = await records.select(reader, card=card)
        age = self._clock.now() - known.at if known else SHOWN
        if known and age < FRESH:
            return known
        task = self._asking.get(card)
        if task is None:
            task = self._asking[card] = asyncio.create_task(self._ask(card))
            task.add_done_callback(lambda done: self._asked(card, done))
        return known if age < SHOWN else await asyncio.shield(task)

    async def reserve(
        self, *, key: str, card: str, cents: int, seconds: int, order_id: UUID | None = None
    ) -> shapes.Reservation:
        """
        :raises Unavailable: greyed out, the order goes on without.
        :raises BridgeRefused: ``insufficient_balance``…
        """
        asked = shapes.ReserveRequest(key=key, card=card, cents=cents, seconds=seconds, order=order_id)
        return await self._guard.call(lambda: self._client.reserve(asked))

    async def close(self) -> None:
        for task in self._asking.values():
            task.cancel()
        await self._client.close()

    async def _ask(self, card: str) -> Known | None:
        try:
            told = await self._guard.call(lambda: self._client.balance(shapes.CardRequest(card=card)))
        except Unavailable:
            return None
        known = Known(cents=told.cents, available_cents=told.available_cents, at=self._clock.now())
        async with self._database.transaction() as tx:
            await records.upsert(tx, card=card, known=known)
        return known

    def _asked(self, card: str, done: asyncio.Task[Known | None]) -> None:
        del self._asking[card]
        if not done.cancelled():
            done.exception()  # whoever waited for it was told


async def forget_old(database: Database, clock: Clock) -> int:
    """A recurring job: balances that are not shown any more; returns how many."""
    async with database.transaction() as tx:
        return await records.delete_before(tx, before=clock.now() - SHOWN)
