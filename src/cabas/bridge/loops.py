"""
What a bridge does by itself, each a loop that outlives any failure: it fetches work, passes order statuses on,
brings feeds, forgets.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable

import msgspec

from cabas.bridge.desk import Desk, problem
from cabas.bridge.journal import Journal
from cabas.bridge.shapes import (
    WAIT_SECONDS_MAX,
    AnswersTaken,
    OrderStatus,
    OrderStatuses,
    StatusQuery,
    Work,
    WorkAnswer,
    WorkAnswers,
    WorkPage,
    WorkQuery,
)
from cabas.bridge.shop import Shop, ShopAway, ShopRefused

PULLERS = 2
"""Long polls that are open at once: while one hands out its work the other waits."""

WORK_MAX = 64
MARGIN_SECONDS = 10.0
PAUSE_FIRST_SECONDS = 0.5
PAUSE_LAST_SECONDS = 30.0
STATUSES = "order_statuses"
_log = logging.getLogger("cabas.bridge")


async def for_ever(name: str, step: Callable[[], Awaitable[float]]) -> None:
    """Step after step, with the pause that each asks for; after a failure a longer one each time."""
    pause = PAUSE_FIRST_SECONDS
    while True:
        try:
            wanted = await step()
            pause = PAUSE_FIRST_SECONDS
            await asyncio.sleep(wanted)
        except asyncio.CancelledError:
            raise
        except Exception as failed:
            known = isinstance(failed, (ShopAway, ShopRefused))
            _log.warning("%s: %s; again in %.1f s", name, failed, pause, exc_info=not known)
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 - not all at once, nothing secret
            pause = min(pause * 2, PAUSE_LAST_SECONDS)


class Puller:
    """Fetches what the shop asks, and posts the answers: no port need be open here."""

    def __init__(self, shop: Shop, desk: Desk) -> None:
        self._shop, self._desk = shop, desk
        self._working: set[asyncio.Task[None]] = set()

    async def step(self) -> float:
        query = WorkQuery(wait=WAIT_SECONDS_MAX)
        page = await self._shop.ask("work", query, WorkPage, seconds=WAIT_SECONDS_MAX + MARGIN_SECONDS)
        for work in page.items:
            while len(self._working) >= WORK_MAX:
                await asyncio.wait(self._working, return_when=asyncio.FIRST_COMPLETED)
            task = asyncio.create_task(self._do(work))
            self._working.add(task)
            task.add_done_callback(self._working.discard)
        return 0.0

    async def _do(self, work: Work) -> None:
        try:
            reply = await self._desk.answer(work.operation, work.body.encode(), seconds=work.seconds)
        except Exception:
            _log.exception("work failed: %s", work.operation)
            reply = problem(500, "internal")
        answer = WorkAnswer(work=work.work, status=reply.status, body=reply.body.decode())
        try:
            await self._shop.ask("answers", WorkAnswers(items=[answer]), AnswersTaken, seconds=MARGIN_SECONDS)
        except (ShopAway, ShopRefused) as lost:  # who asked asks again, by the same key
            _log.warning("an answer was lost: %s", lost)


class Teller:
    """Order statuses to the grocer's system, in their order, each once: the number of the last is kept."""

    def __init__(self, shop: Shop, desk: Desk, journal: Journal) -> None:
        self._shop, self._desk, self._journal = shop, desk, journal

    async def step(self) -> float:
        after = await self._journal.standing(STATUSES, int) or 0
        query = StatusQuery(after=after, wait=WAIT_SECONDS_MAX)
        told = await self._shop.ask(
            "order-statuses", query, OrderStatuses, seconds=WAIT_SECONDS_MAX + MARGIN_SECONDS
        )
        for status in told.items:
            await self._pass_on(status)
            await self._journal.keep(STATUSES, status.seq)
        return 0.0

    async def _pass_on(self, status: OrderStatus) -> None:
        """What the system refuses for good is logged and left, or nothing would ever follow it."""
        reply = await self._desk.answer("orders/status", msgspec.json.encode(status))
        if 400 <= reply.status < 500:
            _log.error("order status %d of %s was refused: %s", status.seq, status.order, reply.body.decode())
        elif reply.status != 200:
            raise ShopAway(f"order status {status.seq}: the system behind answered {reply.status}")


async def forget(journal: Journal) -> float:
    await journal.forget()
    return 3600.0


def log_failure(failed: Exception) -> None:
    _log.error("a request failed", exc_info=failed)
