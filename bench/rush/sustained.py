"""One rate of orders through the public API for minutes, and the database's own limit on the same ground."""

import asyncio
import random
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench import measure, order_carts, order_limit
from bench.order_carts import Goods, Target
from bench.rush import goods, people, verdict, watch
from bench.rush.ground import Stage
from bench.rush.house import House, opened, wait_until
from bench.rush.load import Load, Report, percentile, statuses
from bench.rush.verdict import Verdict
from bench.rush.watch import Probed

MARGIN = 1.01
LEAD_SECONDS = 3.0
DRAIN_SECONDS = 2.0
"""Answers may come this long after the last was sent; later ones are a backlog, and lower the rate."""
LIMIT_CLIENTS = (8, 16, 32)
_SPACING = 100_000_000  # numbers of one pgbench run never meet those of another
_BATCH = 20_000


class Sustained(msgspec.Struct, frozen=True, kw_only=True):
    rate: int
    seconds: int
    took_seconds: float
    report: Report
    probed: Probed
    verdict: Verdict
    limit_per_s: float
    cpu_seconds: dict[str, float]

    def figures(self) -> dict[str, Any]:
        orders = self.report.of("order")
        good = [one for one in orders if one.status == 201]
        return {
            "sustained_asked_per_s": self.rate,
            "sustained_orders_per_s": round(len(good) / self.took_seconds, 1),
            "sustained_seconds": self.seconds,
            "sustained_orders": len(good),
            "sustained_p50_ms": percentile([one.ms for one in good], 50),
            "sustained_p95_ms": percentile([one.ms for one in good], 95),
            "sustained_p99_ms": percentile([one.ms for one in good], 99),
            "sustained_statuses": statuses(orders),
            "sustained_not_sent": round(self.rate * self.seconds) - len(orders),
            "sustained_generator_cpu_share": round(self.report.cpu_seconds / self.took_seconds, 3),
            "sustained_cpu_share": {k: round(v / self.took_seconds, 2) for k, v in self.cpu_seconds.items()},
            "limit_per_s": round(self.limit_per_s, 1),
        }


def rehearse(stage: Stage, *, rate: int, seconds: int, limit_orders: int, processes: int) -> Sustained:
    return asyncio.run(_rehearse(stage, rate, seconds, limit_orders, processes))


async def _rehearse(stage: Stage, rate: int, seconds: int, limit_orders: int, processes: int) -> Sustained:
    connection = await order_carts.connect(stage.ground.url)
    try:
        with opened(stage, seconds_before=6 * 3600, worker=True, processes=processes) as house:
            shops = await goods.shops(connection)
            targets = await _give_room(connection, shops, house.now())
            count = round(rate * seconds * MARGIN)
            with measure.step(f"{count} baskets"):
                carts = await _baskets(connection, house, shops, targets, count)
            done = await _run(connection, house, shops, carts, rate, seconds)
        with measure.step("the limit: the same call by pgbench"):
            limit = await _limit(connection, stage, shops, targets, limit_orders)
        return msgspec.structs.replace(done, limit_per_s=limit)
    finally:
        await connection.close()


async def _give_room(
    connection: "asyncpg.Connection[asyncpg.Record]", shops: list[goods.Shop], now: datetime
) -> dict[int, list[int]]:
    """The last three open drive slots of each store, that none of them fills."""
    rows = await connection.fetch(
        """
        update slot set capacity = $1
         where (store_id, slot_id) in (
               select store_id, slot_id
                 from (select store_id, slot_id, row_number() over (partition by store_id order by slot_id desc) as n
                         from slot
                        where channel = 'drive' and not closed and opens_at <= $2
                          and closes_at > $2 + interval '2 days') as open
                where n <= $3)
        returning store_id, slot_id""",
        order_carts.ROOM,
        now,
        order_carts.SLOTS_A_STORE,
    )
    known = {shop.store_id for shop in shops}
    targets: dict[int, list[int]] = {}
    for row in rows:
        if row["store_id"] in known:
            targets.setdefault(row["store_id"], []).append(row["slot_id"])
    return targets


async def _baskets(
    connection: "asyncpg.Connection[asyncpg.Record]",
    house: House,
    shops: list[goods.Shop],
    targets: dict[int, list[int]],
    count: int,
) -> dict[int, UUID]:
    """Written to the database and, as calls, to the file that k6 reads; by their numbers."""
    shops = [shop for shop in shops if shop.store_id in targets]
    draw = random.Random(7)
    choose, now = goods.popular(shops, draw), house.now()
    carts: dict[int, UUID] = {}
    with (house.stage.ground.folder / "orders.tsv").open("w") as calls:
        for first in range(0, count, _BATCH):
            batch = [goods.cart(next(choose), draw, now) for _ in range(min(_BATCH, count - first))]
            await goods.write(connection, batch, now)
            for number, one in enumerate(batch, start=first):
                calls.write("\t".join(people.api_order(one, draw.choice(targets[one.store_id]), now)) + "\n")
                carts[number] = one.cart_id
    await connection.execute("vacuum analyze cart")
    await connection.execute("checkpoint")
    return carts


async def _run(
    connection: "asyncpg.Connection[asyncpg.Record]",
    house: House,
    shops: list[goods.Shop],
    carts: dict[int, UUID],
    rate: int,
    seconds: int,
) -> Sustained:
    status, cookie = await watch.earlier_order(connection, house, shops)
    start = time.time() + LEAD_SECONDS + 1
    folder = house.stage.ground.folder
    start += 20 + len(carts) / 20_000  # until k6 has read them
    load = Load("sustained", folder, _environ(house, folder / "orders.tsv", start, rate, seconds))
    try:
        with measure.step("k6 gets ready"):
            await asyncio.to_thread(load.wait_ready)
        wait_until(start - LEAD_SECONDS)
        with (
            measure.step(f"{rate} orders/s for {seconds} s"),
            watch.probing(house, await watch.plan(connection, house, shops, status, cookie)) as probed,
        ):
            before = house.cpu_seconds()
            load.go_at(start)
            report = await asyncio.to_thread(load.finish)
            spent = house.cpu_seconds()
    finally:
        load.stop()
    with measure.step("cabas check, and the journal against the database"):
        judged = await verdict.judge(
            connection,
            house.stage.ground,
            acknowledged=[one for one in report.of("order") if one.order],
            carts=carts,
        )
    last = max((one.number / rate + one.ms / 1000 for one in report.of("order")), default=0.0)
    return Sustained(
        rate=rate,
        seconds=seconds,
        took_seconds=last if last > seconds + DRAIN_SECONDS else float(seconds),
        report=report,
        probed=probed,
        verdict=judged,
        limit_per_s=0.0,
        cpu_seconds={name: spent[name] - before[name] for name in spent},
    )


def _environ(house: House, calls: Any, start: float, rate: int, seconds: int) -> dict[str, str]:
    return {
        "BASE": house.base,
        "T0": str(start * 1000),
        "RATE": str(rate),
        "SECONDS": str(seconds),
        "ORDERS": str(calls),
    }


async def _limit(
    connection: "asyncpg.Connection[asyncpg.Record]",
    stage: Stage,
    shops: list[goods.Shop],
    targets: dict[int, list[int]],
    orders: int,
) -> float:
    """The best of a few numbers of clients, the product stopped, on the database as the run left it."""
    offers = {shop.store_id: shop.offers for shop in shops}
    each_target = [Target(store, slot) for store, slots in targets.items() for slot in slots]
    goods_there = Goods(sorted(each_target, key=lambda one: one.slot_id), offers)
    values = await order_limit.arguments(connection)
    best = 0.0
    for run, clients in enumerate(LIMIT_CLIENTS, start=1):
        base, each = run * _SPACING, orders // clients
        drawn = [base + client * 1_000_000 + number for client in range(clients) for number in range(each)]
        version = await order_carts.for_pgbench(connection, goods_there, numbers=drawn, seed=run)
        best = max(
            best,
            await asyncio.to_thread(
                order_limit.rate,
                stage.ground,
                goods_there,
                values,
                version=version,
                base=base,
                clients=clients,
                each=each,
            ),
        )
    return best
