"""The database is killed in the middle of orders: what was acknowledged is there afterwards, once."""

import asyncio
import os
import signal

import asyncpg
import pytest

from cabas.check import audit
from cabas.kit.db import Database
from cabas.kit.migrate import migrate
from cabas.kit.postgres import EmbeddedPostgres
from factories.orders_direct import place
from factories.slots import make_slot

DATABASE_GONE = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
KILLS = 3
SHOPPERS = 16


@pytest.fixture
def server(server_folder):
    running = EmbeddedPostgres(server_folder)  # durable: fsync is on
    running.start()
    yield running
    running.stop(mode="immediate")


async def test_no_acknowledged_order_is_lost_when_the_database_is_killed(server, now):
    await migrate(server.url, "cabas.migrations")
    database = await Database.connect(server.url, connections_max=SHOPPERS)
    async with database.transaction() as tx:
        slot = await make_slot(tx, now=now, capacity=100_000)
    acknowledged: list = []

    for _ in range(KILLS):
        await order_until_killed(server, database, slot, now, acknowledged)
        await database.terminate()
        server.start()
        database = await Database.connect(server.url, connections_max=SHOPPERS)

    async with database.read() as reader:
        kept = {row["order_id"] for row in await reader.fetch("select order_id from orders")}
        taken = await reader.fetchval("select taken from slot")
    await database.close()
    assert len(acknowledged) > KILLS * SHOPPERS
    assert set(acknowledged) <= kept
    assert taken == len(kept)
    assert await audit(server.url) == []


async def test_who_starts_while_the_database_is_away_waits_for_it(server):
    address = server.url
    server.stop(mode="immediate")
    waiting = asyncio.create_task(Database.connect_when_up(address, connections_max=1))
    await asyncio.sleep(0)
    assert not waiting.done()

    server.start()

    database = await waiting
    async with database.read() as reader:
        assert await reader.fetchval("select 1") == 1
    await database.close()


async def order_until_killed(server, database, slot, now, acknowledged):
    enough = asyncio.Event()
    goal = len(acknowledged) + 10 * SHOPPERS

    async def shop():
        while True:
            try:
                async with database.one_statement() as tx:
                    _, order_id = await place(tx, store_id=slot.store_id, slot_id=slot.slot_id, now=now)
            except DATABASE_GONE:
                return
            acknowledged.append(order_id)
            if len(acknowledged) >= goal:
                enough.set()

    shoppers = [asyncio.create_task(shop()) for _ in range(SHOPPERS)]
    await enough.wait()
    kill_all_of(server)
    await asyncio.gather(*shoppers)


def kill_all_of(server):
    """SIGKILL to the postmaster; its children notice and go."""
    pid = int((server.folder / "pgdata" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
