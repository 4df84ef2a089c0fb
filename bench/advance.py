"""
Orders in advance: from the stroke of the opening until every one is drawn, written and sent to its store.

Figure: orders of 35 lines through `cabas worker` processes whose clock strikes an opening, durable commits.
Limit: the same `place_order` call alone, fired by pgbench at the same server.
"""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import asyncpg

from bench import advance_asks, measure, order_carts, order_limit
from bench.advance_asks import Asked
from bench.ground import Ground, seeded
from bench.measure import Figure

WANTED_SECONDS = 60.0
STRETCH_SECONDS = 20.0
HEAD_START = timedelta(seconds=5)
"""Workers are up before the opening, as they are in life."""

TIMEOUT_SECONDS = 600
LIMIT_CLIENTS = 8
_POLL_SECONDS = 0.1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=60_000)
    parser.add_argument("--scale", choices=("demo", "nation"), default="nation")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="worker processes")
    given = parser.parse_args()
    with seeded(given.scale) as ground:
        measure_opening(ground, given.orders, given.workers)


def measure_opening(ground: Ground, orders: int, workers: int) -> dict[str, object]:
    """Run the opening on a seeded ground; keeps and returns the figures."""
    with measure.step(f"leaving {orders} baskets of {order_carts.LINES} lines with five wishes each"):
        asked = asyncio.run(_leave(ground, orders))
    with measure.step("the opening"):
        drawn, written, sent = asyncio.run(_open(ground, asked, workers))
    with measure.step("cabas check, and the draw held again"):
        ground.cabas("check")
        ground.cabas("check", "draw", asked.opens_at.isoformat())
    with measure.step("pgbench of the same call"):
        limit = asyncio.run(_limit(ground, orders=min(orders, 4_000)))
    rate = orders / sent
    figures: dict[str, object] = {
        "advance_orders": orders,
        "advance_stores": asked.stores,
        "advance_seconds": round(sent, 2),
        "drawn_seconds": round(drawn, 2),
        "written_seconds": round(written, 2),
        "orders_per_s": round(rate, 1),
        "limit_per_s": round(limit, 1),
        "ratio": round(rate / limit, 4),
        "workers": workers,
    }
    measure.keep("advance", figures)
    measure.show(
        f"{orders} orders in advance over {asked.stores} stores",
        [
            Figure(name="places given out", value=drawn, unit="s"),
            Figure(name="orders written", value=written, unit="s"),
            Figure(
                name="sent to their stores",
                value=sent,
                unit="s",
                wanted=f"≤ {WANTED_SECONDS:.0f} s for 60,000",
            ),
            Figure(name="orders", value=rate, unit="/s", limit=limit, ratio=rate / limit),
        ],
        notes=[
            f"{workers} worker process(es); seconds count from the stroke of the opening; commits are durable."
        ],
    )
    return figures


async def _leave(ground: Ground, orders: int) -> Asked:
    connection = await order_carts.connect(ground.url)
    try:
        return await advance_asks.leave(connection, orders=orders, seed=1, now=datetime.now(UTC))
    finally:
        await connection.close()


async def _open(ground: Ground, asked: Asked, workers: int) -> tuple[float, float, float]:
    """Seconds after the opening at which all was drawn, written and sent."""
    stroke = datetime.now(UTC).replace(microsecond=0) + HEAD_START + timedelta(seconds=1)
    offset = round((asked.opens_at - stroke).total_seconds())
    stroke = asked.opens_at - timedelta(seconds=offset)
    with _working(ground, workers, offset):
        connection = await asyncpg.connect(ground.url)
        try:
            drawn = await _until(
                connection, "select not exists (select from draw_store where drawn_at is null)", stroke
            )
            written = await _until(
                connection, "select not exists (select from draw_store where placed_at is null)", stroke
            )
            sent = await _until(
                connection, "select not exists (select from outbox where dispatched_at is null)", stroke
            )
            placed = await connection.fetchval("select count(*) from advance_order where state = 'placed'")
        finally:
            await connection.close()
    if placed != asked.orders:
        raise SystemExit(f"{asked.orders - placed} requests of {asked.orders} were not placed")
    return drawn, written, sent


async def _until(connection: "asyncpg.Connection[asyncpg.Record]", condition: str, stroke: datetime) -> float:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while time.monotonic() < deadline:
        if await connection.fetchval(condition):
            return max((datetime.now(UTC) - stroke).total_seconds(), 0.0)
        await asyncio.sleep(_POLL_SECONDS)
    raise SystemExit(f"not done within {TIMEOUT_SECONDS} s: {condition}")


@contextmanager
def _working(ground: Ground, workers: int, offset_seconds: int) -> Iterator[None]:
    environ = ground.environ(CABAS_CLOCK_OFFSET_SECONDS=str(offset_seconds))
    processes = [
        subprocess.Popen([sys.executable, "-m", "cabas", "worker"], env=environ) for _ in range(workers)
    ]
    try:
        yield
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(30)


async def _limit(ground: Ground, *, orders: int) -> float:
    """What pgbench reaches with the call of one of these orders."""
    connection = await order_carts.connect(ground.url)
    try:
        values = await order_limit.arguments(connection)
        goods = await order_carts.survey(connection)
        base, each = 100_000_000, orders // LIMIT_CLIENTS
        numbers = [base + client * 1_000_000 + n for client in range(LIMIT_CLIENTS) for n in range(each)]
        version = await order_carts.for_pgbench(connection, goods, numbers=numbers, seed=2)
    finally:
        await connection.close()
    return await asyncio.to_thread(
        order_limit.rate, ground, goods, values, version=version, base=base, clients=LIMIT_CLIENTS, each=each
    )


if __name__ == "__main__":
    main()
