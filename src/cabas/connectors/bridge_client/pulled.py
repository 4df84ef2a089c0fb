"""
A bridge that listens nowhere: what it is asked waits in the database until it fetches it, and its answer with it.

So no port need be open at the grocer's. Any process asks, any web process hands out.
"""

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

from cabas.bridge.shapes import Work
from cabas.connectors.bridge_client import BridgeUnavailable, Reply, records
from cabas.kit.clock import Clock
from cabas.kit.db import PASSING_FAULTS, Database

LOOK_FIRST_SECONDS = 0.02
LOOK_LAST_SECONDS = 0.2
WORK_AT_ONCE = 20


class PulledCarrier:
    def __init__(self, peer: str, database: Database) -> None:
        self._peer = peer
        self._database = database

    async def carry(self, operation: str, body: bytes, *, seconds: float) -> Reply:
        """See `cabas.connectors.bridge_client.Carrier`."""
        work_id = uuid4()
        try:
            async with self._database.transaction() as tx:
                await records.insert_work(
                    tx, peer=self._peer, work_id=work_id, operation=operation, body=body, seconds=seconds
                )
            reply = await self._answer(work_id)
            async with self._database.transaction() as tx:
                await records.delete_work(tx, peer=self._peer, work_id=work_id)
        except PASSING_FAULTS as problem:
            raise BridgeUnavailable("no_connection", type(problem).__name__) from problem
        return reply

    async def close(self) -> None:
        """Nothing is held."""

    async def _answer(self, work_id: UUID) -> Reply:
        """Until the caller's deadline ends it."""
        pause = LOOK_FIRST_SECONDS
        while True:
            await asyncio.sleep(pause)
            async with self._database.read() as reader:
                row = await records.select_answer(reader, peer=self._peer, work_id=work_id)
            if row is not None:
                return Reply(row["status"], row["answer"])
            pause = min(pause * 1.5, LOOK_LAST_SECONDS)


class NoncesInDatabase:
    """See `cabas.kit.peers.Nonces`: for all web processes together."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def first(self, *, peer: str, nonce: str, until: datetime) -> bool:
        async with self._database.transaction() as tx:
            return await records.insert_nonce(tx, peer=peer, nonce=nonce, until=until)


async def next_work(database: Database, *, peer: str) -> list[Work]:
    """What waits for this bridge, given out once."""
    async with database.read() as reader:
        if not await records.select_waiting(reader, peer=peer):
            return []
    async with database.transaction() as tx:
        rows = await records.take_work(tx, peer=peer, limit=WORK_AT_ONCE)
    return [
        Work(
            work=row["work_id"],
            operation=row["operation"],
            body=row["body"].decode(),
            seconds=row["seconds"],
        )
        for row in rows
    ]


async def forget_run_out(database: Database, _: Clock) -> int:
    """A recurring job: what nobody waits for any more; returns how much."""
    async with database.transaction() as tx:
        return await records.delete_run_out(tx)
