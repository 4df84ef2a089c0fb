"""
Orders while the loyalty system is away, and whether every point that was earned meanwhile arrives once.

Two web processes on one database, each with a bridge and an old system of its own. One old system is well; the
other hangs (having done what it was asked), then is down, then is back. The same orders go to one web process and to
the other in turn, while customers look at their cagnotte there, each for the first time, so that each look asks.
Rates are compared pair by pair; a pair begins when the breaker is open.
"""

import argparse
import asyncio
import itertools
import statistics
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import msgspec

from bench import fire, measure, order_carts
from bench.ground import Ground, seeded
from bench.loyalty_ground import FIRST_CARD, Legacy, bridge, legacy, process, sign_up, web
from bench.measure import Figure
from bench.order_carts import Goods
from cabas.connectors.bridge_loyalty import SERVICE, Owed
from cabas.connectors.bridge_outbox.records import select_backlogs
from cabas.kit.db import Database

LOOKS_A_SECOND = 10
LOOKS_TO_OPEN = 12
CARDS = 2000
EARNED_A_PAIR = 200
CENTS = 37
CONNECTIONS = 8
WARM_UP = 200
PATIENCE_SECONDS = 600.0
FAULTS = ("hang", "down")
_PATH = "/compte/cagnotte"


class Pair(msgspec.Struct, frozen=True):
    healthy: fire.Volley
    faulty: fire.Volley


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=800, help="orders of one volley")
    parser.add_argument("--pairs", type=int, default=3, help="of each fault")
    given = parser.parse_args()
    with seeded() as ground:
        with (
            legacy(ground.folder / "well", cards=CARDS) as well,
            legacy(ground.folder / "old", cards=CARDS) as old,
            bridge(ground.folder / "well-bridge", well) as to_well,
            bridge(ground.folder / "old-bridge", old) as to_old,
            web(ground, to_well) as healthy,
            web(ground, to_old) as faulty,
            process("worker", environ=ground.environ(CABAS_BRIDGES=to_old)),
        ):
            _measure(ground, old, (healthy, faulty), orders=given.orders, pairs=given.pairs)
        with measure.step("cabas check"):
            ground.cabas("check")


def _measure(ground: Ground, old: Legacy, ports: tuple[int, int], *, orders: int, pairs: int) -> None:
    healthy, faulty = ports
    goods, sessions = asyncio.run(_prepare(ground))
    looks = itertools.cycle(sessions)
    for port in ports:
        _volley(ground, goods, port, WARM_UP, looks)
    found: list[Pair] = []
    keys: dict[str, int] = {}
    for fault in FAULTS:
        old.fault(fault, effect=fault == "hang")
        for number in range(1, pairs + 1):
            with measure.step(f"{fault}: pair {number} of {pairs}"):
                keys |= asyncio.run(_earn(ground, EARNED_A_PAIR))
                _open_breaker(ground, faulty, looks)
                found.append(
                    Pair(
                        _volley(ground, goods, healthy, orders, looks),
                        _volley(ground, goods, faulty, orders, looks),
                    )
                )
    with measure.step("the loyalty system is back"):
        old.mend()
        keys |= asyncio.run(_earn(ground, EARNED_A_PAIR))
        began = time.monotonic()
        _until(lambda: asyncio.run(_waiting(ground)) == 0)
        drained = time.monotonic() - began
    _tell(found, *_points(old, keys), earned=len(keys), drained=drained)


def _tell(found: Sequence[Pair], lost: int, doubled: int, *, earned: int, drained: float) -> None:
    healthy = statistics.median(one.healthy.rate for one in found)
    faulty = statistics.median(one.faulty.rate for one in found)
    ratio = statistics.median(one.faulty.rate / one.healthy.rate for one in found)
    added = statistics.median(one.faulty.percentile(99) - one.healthy.percentile(99) for one in found)
    measure.keep(
        "loyalty_faults",
        {
            "orders_per_s_healthy": round(healthy, 1),
            "orders_per_s_faulty": round(faulty, 1),
            "ratio": round(ratio, 4),
            "p99_added_ms": round(added, 1),
            "points_lost": lost,
            "points_doubled": doubled,
            "earnings": earned,
            "delivered_after_s": round(drained, 1),
            "pairs": len(found),
        },
    )
    measure.show(
        "Orders while the loyalty system hangs and is down",
        [
            Figure(
                name="orders", value=faulty, unit="/s", limit=healthy, ratio=ratio, wanted="≥ 95 % of healthy"
            ),
            Figure(name="99th percentile, added", value=added, unit="ms", wanted="≤ 50 ms"),
            Figure(name="earnings lost", value=lost, unit=f"of {earned}", wanted="0"),
            Figure(name="earnings doubled", value=doubled, unit=f"of {earned}", wanted="0"),
            Figure(name="all delivered, once it was back", value=drained, unit="s"),
        ],
        notes=[
            f"{len(found)} pairs; {CONNECTIONS} connections; {LOOKS_A_SECOND} looks at a cagnotte a second."
        ],
    )


async def _prepare(ground: Ground) -> tuple[Goods, list[str]]:
    connection = await order_carts.connect(ground.url)
    try:
        return await order_carts.survey(connection), await sign_up(connection, CARDS)
    finally:
        await connection.close()


def _volley(ground: Ground, goods: Goods, port: int, orders: int, looks: Iterator[str]) -> fire.Volley:
    """:raises SystemExit: an order was refused: the rate would mean nothing."""

    async def prepare() -> list[bytes]:
        connection = await order_carts.connect(ground.url)
        try:
            return await order_carts.for_api(connection, goods, count=orders, seed=port)
        finally:
            await connection.close()

    requests = asyncio.run(prepare())
    with _looking(port, looks):
        volley = fire.fire(requests, port=port, connections=CONNECTIONS)
    if set(volley.statuses) != {201}:
        raise SystemExit(f"orders were refused: {volley.statuses}\n{volley.sample.decode(errors='replace')}")
    return volley


@contextmanager
def _looking(port: int, looks: Iterator[str]) -> Iterator[None]:
    """Meanwhile customers look at their cagnotte, at a steady pace."""
    over = threading.Event()
    problems: list[Exception] = []

    def run() -> None:
        try:
            while not over.wait(1 / LOOKS_A_SECOND):
                _look(port, next(looks))
        except Exception as problem:
            problems.append(problem)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
    if problems:
        raise problems[0]


def _look(port: int, session: str) -> None:
    """:raises RuntimeError: the page is broken: what is measured would be something else."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{_PATH}", headers={"cookie": f"cabas_session={session}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - our own
            if answer.status != 200 or not answer.url.endswith(_PATH):
                raise RuntimeError(f"{_PATH}: {answer.status} {answer.url}")
    except urllib.error.HTTPError as refused:
        if refused.code != 503:  # shed: the page waits for orders, as it should
            raise RuntimeError(f"{_PATH}: {refused.code}") from refused


def _open_breaker(ground: Ground, port: int, looks: Iterator[str]) -> None:
    def opened() -> bool:
        for _ in range(LOOKS_TO_OPEN):
            _look(port, next(looks))
        return asyncio.run(_is_open(ground))

    _until(opened)


async def _is_open(ground: Ground) -> bool:
    """As some web process says."""
    connection = await order_carts.connect(ground.url)
    try:
        found: bool = await connection.fetchval(
            "select exists (select from outside_state where process_id like 'web:%' and standing = 'open')"
        )
        return found
    finally:
        await connection.close()


async def _earn(ground: Ground, count: int) -> dict[str, int]:
    """As handovers are credited; the earnings' keys, each with its card."""
    now, owed = datetime.now(UTC), Owed()
    keys = {f"earn:{uuid4()}": FIRST_CARD + number % CARDS for number in range(count)}
    database = await Database.connect(ground.url, connections_max=1)
    try:
        async with database.transaction() as tx:
            for key, card in keys.items():
                await owed.earn(
                    tx, key=key, card=str(card), cents=CENTS, store_id=1, order_id=uuid4(), at=now
                )
    finally:
        await database.close()
    return keys


async def _waiting(ground: Ground) -> int:
    database = await Database.connect(ground.url, connections_max=1)
    try:
        async with database.read() as reader:
            backlog = (await select_backlogs(reader)).get(SERVICE)
        return backlog.waiting if backlog else 0
    finally:
        await database.close()


def _points(old: Legacy, keys: dict[str, int]) -> tuple[int, int]:
    """How many earnings the old system does not have, and how many it has more than once, by its own rows."""
    movements = [row for row in old.movements() if row["REFERENCE"] in keys]
    times = Counter(row["REFERENCE"] for row in movements)
    wrong = sum(row["CENTS"] != CENTS or row["CARD"] != str(keys[row["REFERENCE"]]) for row in movements)
    return len(keys) - len(times), sum(count > 1 for count in times.values()) + wrong


def _until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not done():
        if time.monotonic() > deadline:
            raise SystemExit("that did not happen in time")
        time.sleep(0.5)


if __name__ == "__main__":
    main()
