"""
Orders of 35 lines through the public API, against what the database alone can do.

Figure: POST /orders answered 201, each with a basket of its own, from a raw client on the same machine.
Limit: the same `place_order` call fired by pgbench at the same server, durable commits both. Medians of
alternate runs, so that the growth of the tables weighs on both.
"""

import argparse
import asyncio
import statistics
from datetime import datetime

from bench import fire, measure, order_carts, order_limit
from bench.ground import WEB_PROCESSES, Ground, seeded, web
from bench.measure import Figure
from bench.order_carts import Goods

RUNS = 3
WARM_UP = 600
API_CONNECTIONS = (8, 16, 32)
LIMIT_CLIENTS = (8, 16, 32)
WANTED = 0.15
_SPACING = 100_000_000  # numbers of one pgbench run never meet those of another


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=6000, help="orders of one run")
    parser.add_argument("--processes", type=int, default=WEB_PROCESSES, help="web processes")
    parser.add_argument("--connections", type=int, default=8, help="database connections of a web process")
    given = parser.parse_args()
    with seeded() as ground:
        with web(ground, processes=given.processes, connections=given.connections) as port:
            _measure(ground, port, given.orders, given.processes)
        with measure.step("cabas check"):
            ground.cabas("check")


def _measure(ground: Ground, port: int, orders: int, processes: int) -> None:
    with measure.step("warming up"):
        goods, values = asyncio.run(_prepare(ground, port))
    numbers = iter(range(10**6))
    with measure.step("finding the best concurrency of each"):
        trial = orders // 3
        at = max(API_CONNECTIONS, key=lambda c: _volley(ground, goods, port, trial, c, next(numbers)).rate)
        clients = max(LIMIT_CLIENTS, key=lambda c: _limit(ground, goods, values, trial, c, next(numbers)))
    volleys, limits = [], []
    for run in range(1, RUNS + 1):
        with measure.step(f"run {run} of {RUNS}"):
            volleys.append(_volley(ground, goods, port, orders, at, next(numbers)))
            limits.append(_limit(ground, goods, values, orders, clients, next(numbers)))
    rate = statistics.median(volley.rate for volley in volleys)
    limit = statistics.median(limits)
    ratios = [volley.rate / one for volley, one in zip(volleys, limits, strict=True)]
    latency = statistics.median(volley.percentile(99) for volley in volleys)
    measure.keep(
        "order",
        {
            "orders_per_s": round(rate, 1),
            "limit_per_s": round(limit, 1),
            "ratio": round(rate / limit, 4),
            "lines": order_carts.LINES,
            "ratio_min": round(min(ratios), 4),
            "ratio_max": round(max(ratios), 4),
            "p50_ms": round(statistics.median(volley.percentile(50) for volley in volleys), 2),
            "p99_ms": round(latency, 2),
            "connections": at,
            "limit_clients": clients,
            "web_processes": processes,
        },
    )
    measure.show(
        "An order of 35 lines through the API",
        [
            Figure(
                name="orders",
                value=rate,
                unit="/s",
                limit=limit,
                ratio=rate / limit,
                wanted=f"≥ {WANTED:.0%} of pgbench",
            ),
            Figure(name="99th percentile", value=latency, unit="ms"),
        ],
        notes=[
            f"{RUNS} runs of {orders} orders; {at} connections, {processes} web process(es);"
            f" pgbench with {clients} clients",
            "Baskets are written by SQL beforehand; slots are given room; commits are durable.",
        ],
    )


async def _prepare(ground: Ground, port: int) -> tuple[Goods, dict[str, str]]:
    connection = await order_carts.connect(ground.url)
    try:
        goods = await order_carts.survey(connection)
        requests = await order_carts.for_api(connection, goods, count=WARM_UP, seed=0)
        await asyncio.to_thread(_checked, requests, port, 8)
        return goods, await order_limit.arguments(connection)
    finally:
        await connection.close()


def _volley(ground: Ground, goods: Goods, port: int, orders: int, connections: int, run: int) -> fire.Volley:
    async def prepare() -> list[bytes]:
        connection = await order_carts.connect(ground.url)
        try:
            return await order_carts.for_api(connection, goods, count=orders, seed=run)
        finally:
            await connection.close()

    return _checked(asyncio.run(prepare()), port, connections)


def _limit(
    ground: Ground, goods: Goods, values: dict[str, str], orders: int, clients: int, run: int
) -> float:
    base, each = (run + 1) * _SPACING, 2 * orders // clients
    drawn = [base + client * 1_000_000 + number for client in range(clients) for number in range(each)]

    async def prepare() -> datetime:
        connection = await order_carts.connect(ground.url)
        try:
            return await order_carts.for_pgbench(connection, goods, numbers=drawn, seed=run)
        finally:
            await connection.close()

    version = asyncio.run(prepare())
    return order_limit.rate(
        ground,
        goods,
        values,
        version=version,
        base=base,
        clients=clients,
        each=each,
    )


def _checked(requests: list[bytes], port: int, connections: int) -> fire.Volley:
    """:raises SystemExit: an order was refused: the rate would mean nothing."""
    volley = fire.fire(requests, port=port, connections=connections)
    if set(volley.statuses) != {201}:
        raise SystemExit(f"orders were refused: {volley.statuses}\n{volley.sample.decode(errors='replace')}")
    return volley


if __name__ == "__main__":
    main()
