"""A loyalty system behind a bridge: what is shown while it is away, and that what is earned arrives once."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from cabas.connectors import bridge_loyalty, bridge_outbox
from cabas.connectors.bridge_client import BridgeClient, BridgeRefused, BridgeUnavailable, Reply
from cabas.connectors.bridge_loyalty import BridgedLoyalty
from cabas.connectors.bridge_outbox import records
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from cabas.kit.guard import Guard, GuardPolicy, Standing, Unavailable

CARD = "2990000000001"
ANSWERED, UNHEARD, DEAD = "answered", "unheard", "dead"


class Programme:
    """A loyalty system that knows its keys, as a carrier. ``mode`` UNHEARD: done, but the answer is lost."""

    def __init__(self, now: datetime) -> None:
        self.mode, self.cents, self.asked, self.now = ANSWERED, 1250, 0, now
        self.earned: dict[str, int] = {}

    async def carry(self, operation: str, body: bytes, *, seconds: float) -> Reply:
        self.asked += 1
        if self.mode == DEAD:
            raise BridgeUnavailable("no_connection")
        status, answer = getattr(self, operation.replace("/", "_"))(msgspec.json.decode(body))
        if self.mode == UNHEARD:
            raise BridgeUnavailable("no_answer_in_time")
        return Reply(status, msgspec.json.encode(answer))

    async def close(self) -> None:
        """Nothing is held."""

    def loyalty_balance(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if asked["card"] != CARD:
            return 404, {"type": "about:blank", "title": "", "status": 404, "code": "card_not_found"}
        told = {"cents": self.cents, "reserved_cents": 50, "available_cents": self.cents - 50}
        return 200, {"card": CARD, "at": self.now, **told}

    def loyalty_earn(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if asked["card"] != CARD:
            return 404, {"type": "about:blank", "title": "", "status": 404, "code": "card_not_found"}
        self.earned.setdefault(asked["key"], asked["cents"])
        total = self.cents + sum(self.earned.values())
        return 200, {"key": asked["key"], "card": CARD, "cents": asked["cents"], "balance_cents": total}


class Ground:
    def __init__(self, database: Database, now: datetime) -> None:
        self.database, self.clock = database, FixedClock(now)
        self.programme = Programme(now)
        self.client = BridgeClient(self.programme)
        self.guard = Guard(
            "loyalty",
            GuardPolicy(deadline_seconds=30, concurrency=8),
            self.clock,
            refusals=bridge_loyalty.REFUSALS,
        )
        self.loyalty = BridgedLoyalty(self.client, self.guard, database, self.clock)

    async def earn(self, key: str, *, cents: int = 42, card: str = CARD) -> None:
        async with self.database.transaction() as tx:
            await self.loyalty.earn(
                tx, key=key, card=card, cents=cents, store_id=1, order_id=uuid4(), at=self.clock.now()
            )

    async def deliver(self) -> int:
        return await bridge_outbox.deliver_due(
            self.database, self.clock, service="loyalty", client=self.client, guard=self.guard
        )

    async def backlog(self) -> records.Backlog | None:
        async with self.database.read() as reader:
            return (await records.select_backlogs(reader)).get("loyalty")

    def pass_time(self, **long: float) -> None:
        self.clock.at += timedelta(**long)


@pytest.fixture
def ground(database: Database, now: datetime) -> Ground:
    return Ground(database, now)


async def test_a_balance_nobody_knew_is_asked_for(ground: Ground, now: datetime) -> None:
    known = await ground.loyalty.balance(CARD)

    assert known is not None
    assert (known.cents, known.available_cents, known.at) == (1250, 1200, now)


async def test_a_fresh_balance_asks_nobody(ground: Ground) -> None:
    await ground.loyalty.balance(CARD)
    ground.pass_time(seconds=59)

    await ground.loyalty.balance(CARD)

    assert ground.programme.asked == 1


async def test_an_older_one_is_shown_at_once_and_asked_for_behind(ground: Ground, now: datetime) -> None:
    await ground.loyalty.balance(CARD)
    ground.programme.cents = 2000
    ground.pass_time(minutes=5)

    shown = await ground.loyalty.balance(CARD)
    assert shown is not None
    assert (shown.cents, shown.at) == (1250, now)

    fresh = await _until(ground, lambda known: known.cents == 2000)
    assert fresh.at == now + timedelta(minutes=5)


async def test_while_the_system_is_away_the_last_is_shown_for_a_day(ground: Ground, now: datetime) -> None:
    await ground.loyalty.balance(CARD)
    ground.programme.mode = DEAD

    ground.pass_time(hours=23)
    shown = await ground.loyalty.balance(CARD)
    assert shown is not None
    assert shown.at == now

    ground.pass_time(hours=1)
    assert await ground.loyalty.balance(CARD) is None
    assert await bridge_loyalty.forget_old(ground.database, ground.clock) == 0  # exactly a day
    ground.pass_time(seconds=1)
    assert await bridge_loyalty.forget_old(ground.database, ground.clock) == 1


async def test_many_who_look_at_once_ask_once(ground: Ground) -> None:
    shown = await asyncio.gather(*(ground.loyalty.balance(CARD) for _ in range(5)))

    assert {one.cents for one in shown if one} == {1250}
    assert ground.programme.asked == 1


async def test_a_card_the_system_does_not_know_is_told(ground: Ground) -> None:
    with pytest.raises(BridgeRefused) as no:
        await ground.loyalty.balance("2990000009999")

    assert no.value.code == "card_not_found"


async def test_a_reservation_is_not_to_be_had_from_a_dead_system(ground: Ground) -> None:
    ground.programme.mode = DEAD

    with pytest.raises(Unavailable):
        await ground.loyalty.reserve(key="reserve-1", card=CARD, cents=500, seconds=900)


async def test_what_is_earned_is_delivered_once(ground: Ground) -> None:
    await ground.earn("earn-0001")
    await ground.earn("earn-0001")  # the same fact, told twice
    await ground.earn("earn-0002", cents=-7)

    assert await ground.deliver() == 2
    assert await ground.deliver() == 0
    assert ground.programme.earned == {"earn-0001": 42, "earn-0002": -7}
    assert await ground.backlog() is None


async def test_an_answer_that_was_lost_is_asked_for_with_the_same_key(ground: Ground) -> None:
    await ground.earn("earn-0001")
    ground.programme.mode = UNHEARD
    assert await ground.deliver() == 0
    backlog = await ground.backlog()
    assert backlog is not None
    assert backlog.waiting == 1

    ground.programme.mode = ANSWERED
    assert await ground.deliver() == 0  # not yet
    ground.pass_time(seconds=6)
    assert await ground.deliver() == 1
    assert ground.programme.earned == {"earn-0001": 42}


async def test_a_dead_system_loses_nothing_and_is_not_run_down_when_it_is_back(ground: Ground) -> None:
    for number in range(40):
        await ground.earn(f"earn-{number:04}")
    ground.programme.mode = DEAD
    for _ in range(20):
        await ground.deliver()
        ground.pass_time(seconds=10)
    assert ground.guard.state().standing is Standing.OPEN
    assert ground.programme.asked < 40

    ground.programme.mode, before = ANSWERED, ground.programme.asked
    ground.pass_time(minutes=5)
    await ground.deliver()
    assert ground.programme.asked - before < 8

    for _ in range(60):
        ground.pass_time(seconds=10)
        await ground.deliver()
    assert len(ground.programme.earned) == 40
    assert await ground.backlog() is None


async def test_a_plain_no_ends_it_and_is_counted(ground: Ground) -> None:
    await ground.earn("earn-0001", card="2990000009999")

    assert await ground.deliver() == 1

    backlog = await ground.backlog()
    assert backlog is not None
    assert (backlog.waiting, backlog.refused) == (0, 1)
    assert await ground.deliver() == 0


async def test_a_worker_that_dies_loses_what_it_took_after_a_while(ground: Ground, now: datetime) -> None:
    await ground.earn("earn-0001")
    async with ground.database.transaction() as tx:
        await records.take_due(
            tx, service="loyalty", now=now, until=now + bridge_outbox.LEASE, limit=bridge_outbox.BATCH
        )
    assert await ground.deliver() == 0

    ground.pass_time(minutes=5)

    assert await ground.deliver() == 1


async def test_answers_of_long_ago_are_forgotten(ground: Ground) -> None:
    await ground.earn("earn-0001")
    await ground.deliver()
    ground.pass_time(days=91)

    assert await bridge_outbox.forget_old(ground.database, ground.clock) == 1


async def _until(ground: Ground, right: Callable[[Any], bool]) -> Any:
    async with asyncio.timeout(30):
        while True:
            known = await ground.loyalty.balance(CARD)
            if known and right(known):
                return known
            await asyncio.sleep(0.01)
