"""
Kills in the middle of orders: the database, web processes and the worker die by SIGKILL while shoppers order
through the public API. Whoever supervises them starts them again; shoppers send the same request with the same
key until they have an answer.

The oracle is the clients' own journal: a number is written and flushed before its first request is sent, and
again when its answer is there.
"""

import asyncio
import json
import os
import random
import signal
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psutil
from bench import order_carts
from bench.rush.ground import Stage, staged
from bench.rush.house import House, opened

from cabas.check import audit
from cabas.kit.ids import place_of

CLIENTS = 16
BATCH = 400
ALIVE_BETWEEN = 0.05, 0.5
ANSWER_SECONDS = 5.0
SETTLE_SECONDS = 60
WEB_PROCESSES = 2
SUPERVISED_EVERY = 0.2


class Kills(msgspec.Struct, frozen=True, kw_only=True):
    """``delivered``: orders in their store's stream. All the faults are 0 when the promises were kept."""

    database: int
    processes: int
    ordered: int
    retried: int
    lost: int
    doubled: int
    oversold: int
    undelivered: int
    breaches: list[str]


class Journal:
    """What the clients know, on disk before and after each step."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8")
        self.acked: dict[int, UUID] = {}
        self.doubled = 0
        self.retried = 0

    def sends(self, number: int) -> None:
        self._write({"sends": number})

    def hears(self, number: int, order: UUID) -> None:
        self._write({"hears": number, "order": str(order)})
        self.doubled += self.acked.setdefault(number, order) != order

    def _write(self, line: dict[str, Any]) -> None:
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())


class Shoppers:
    """Clients that order one prepared basket after the other, until they are told to stop."""

    def __init__(self, house: House, journal: Journal) -> None:
        self._house, self.journal = house, journal
        self._requests: list[bytes] = []
        self._next = 0
        self.heard = asyncio.Event()
        self.over = False
        self._filling = asyncio.Lock()
        self._goods: order_carts.Goods | None = None

    async def run(self) -> None:
        await asyncio.gather(*(self._shop() for _ in range(CLIENTS)))

    async def _shop(self) -> None:
        while not self.over:
            number, request = await self._one()
            self.journal.sends(number)
            while (order := await self._ask(request)) is None:
                self.journal.retried += 1
                await asyncio.sleep(0.05)
            self.journal.hears(number, order)
            self.heard.set()

    async def _one(self) -> tuple[int, bytes]:
        """The next basket; they are written by the hundred, straight to the database."""
        async with self._filling:
            while self._next >= len(self._requests):
                with suppress(OSError, order_carts.asyncpg.PostgresError, order_carts.asyncpg.InterfaceError):
                    self._requests += await self._fresh()
                await asyncio.sleep(0.02)
            number = self._next
            self._next += 1
        return number, self._requests[number]

    async def _fresh(self) -> list[bytes]:
        connection = await order_carts.connect(self._house.stage.ground.url)
        try:
            self._goods = self._goods or await order_carts.survey(connection)
            return await order_carts.for_api(connection, self._goods, count=BATCH, seed=len(self._requests))
        finally:
            await connection.close()

    async def _ask(self, request: bytes) -> UUID | None:
        """None: no answer, or one that says to come again."""
        writer = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._house.port)
                writer.write(request.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1))
                answer = await reader.read()
        except (OSError, TimeoutError, EOFError):
            return None
        finally:
            if writer is not None:
                writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head[9:12] or 0)
        if status in (0, 429) or status >= 500 or (status == 409 and b"in_flight" in body):
            return None
        if status != 201:
            raise AssertionError(f"an order was refused: {answer[:600]!r}")
        try:
            return UUID(json.loads(body)["id"])
        except ValueError:
            return None  # cut off in the middle


async def storm_of_kills(
    stage: Stage, house: House, *, database: int, processes: int, seed: int, tell: Any = None
) -> Kills:
    """That many kills of each, in a drawn order, each while orders are being answered."""
    chance = random.Random(seed)  # noqa: S311 - a storm must be repeatable
    plan = ["database"] * database + [chance.choice(("web", "worker")) for _ in range(processes)]
    chance.shuffle(plan)
    journal = Journal(stage.ground.folder / "journal.ndjson")
    shoppers = Shoppers(house, journal)
    running = asyncio.create_task(shoppers.run())
    watching = asyncio.create_task(_supervise(house))
    for number, victim in enumerate(plan, start=1):
        await _alive(shoppers, running)
        await asyncio.sleep(chance.uniform(*ALIVE_BETWEEN))
        await asyncio.to_thread(_KILL[victim], stage, house, chance)
        if tell:
            tell(number, len(journal.acked))
    await _alive(shoppers, running)
    shoppers.over = True
    await running
    watching.cancel()
    return await _judge(stage, house, journal, database=database, processes=processes)


async def _alive(shoppers: Shoppers, running: "asyncio.Task[None]") -> None:
    """Until another order has been answered since now."""
    shoppers.heard.clear()
    heard = asyncio.create_task(shoppers.heard.wait())
    await asyncio.wait({heard, running}, timeout=SETTLE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if running.done():
        running.result()
    if not heard.done():
        raise AssertionError(f"nothing was answered for {SETTLE_SECONDS} s after a kill")


def _kill_database(stage: Stage, house: House, _: random.Random) -> None:
    """The whole server at once, as a power cut of its process; its restart recovers."""
    parent = psutil.Process(house.server_pid())
    parent.suspend()  # so that it starts no other while its children are counted
    for one in (*parent.children(recursive=True), parent):
        with suppress(psutil.NoSuchProcess):
            one.kill()
    stage.server.start()


def _kill_web(_: Stage, house: House, chance: random.Random) -> None:
    if processes := house.web_processes():
        with suppress(psutil.NoSuchProcess):
            chance.choice(processes).kill()


def _kill_worker(_: Stage, house: House, __: random.Random) -> None:
    if house.worker is not None:
        os.kill(house.worker.pid, signal.SIGKILL)
        house.worker.wait()


_KILL = {"database": _kill_database, "web": _kill_web, "worker": _kill_worker}


async def _supervise(house: House) -> None:
    """Start again what has ended, as a machine's supervisor does."""
    while True:
        if house.worker is None or house.worker.poll() is not None:
            house.start_worker()
        if house.web is None or house.web.poll() is not None:
            with suppress(SystemExit):  # killed again before it was ready
                await asyncio.to_thread(house.open)
        await asyncio.sleep(SUPERVISED_EVERY)


async def _judge(stage: Stage, house: House, journal: Journal, *, database: int, processes: int) -> Kills:
    connection = await order_carts.connect(stage.ground.url)
    try:
        await _dispatched(connection)
        there = {row["order_id"] for row in await connection.fetch("select order_id from orders")}
        streams = await connection.fetch(
            "select store_id, order_id from dispatch where kind = 'order_placed'"
        )
        doubled = await connection.fetchval(
            "select count(*) from (select from orders group by store_id, cart_id having count(*) > 1) as twice"
        )
        oversold = await connection.fetchval("select count(*) from slot where taken > capacity")
    finally:
        await connection.close()
    delivered = [(row["store_id"], row["order_id"]) for row in streams]
    return Kills(
        database=database,
        processes=processes,
        ordered=len(journal.acked),
        retried=journal.retried,
        lost=sum(order not in there for order in journal.acked.values()),
        doubled=doubled + journal.doubled + len(delivered) - len(set(delivered)),
        oversold=oversold,
        undelivered=len({(place_of(order), order) for order in journal.acked.values()} - set(delivered)),
        breaches=[breach.invariant for breach in await audit(stage.ground.url)],
    )


async def _dispatched(connection: Any) -> None:
    """Until the outbox is empty."""
    for _ in range(SETTLE_SECONDS * 10):
        if not await connection.fetchval("select exists (select from outbox where dispatched_at is null)"):
            return
        await asyncio.sleep(0.1)


def kill(*, database: int, processes: int, seed: int, scale: str = "demo", tell: Any = None) -> Kills:
    """On a fresh copy of the kept ground."""
    with (
        staged(scale) as stage,
        opened(stage, seconds_before=_until(stage.midnight), worker=True, processes=WEB_PROCESSES) as house,
    ):
        return asyncio.run(
            storm_of_kills(stage, house, database=database, processes=processes, seed=seed, tell=tell)
        )


def _until(moment: datetime) -> float:
    """Seconds until then: the product runs on the clock as it is."""
    return (moment - datetime.now(UTC)).total_seconds()
