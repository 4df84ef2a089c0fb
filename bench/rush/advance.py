"""Orders in advance by themselves: every store's draw, every winner's order, every order at its store."""

import asyncio
import time
from datetime import timedelta
from math import inf
from typing import Any

import asyncpg
import msgspec

from bench import advance_asks, measure, order_carts
from bench.rush import goods, verdict, watch
from bench.rush.ground import Stage
from bench.rush.house import House, opened, wait_until
from bench.rush.watch import Advanced, Probed

WITHIN_SECONDS = 300.0
LEAD_SECONDS = 90.0
EVENING = timedelta(hours=1)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """``outcomes``: how many ended how."""

    orders: int
    stores: int
    advanced: Advanced
    outcomes: dict[str, int]
    probed: Probed
    breaches: list[str]
    lost: int
    cpu_seconds: dict[str, float]

    def figures(self) -> dict[str, Any]:
        last = max(self.advanced.decided, self.advanced.placed, self.advanced.dispatched)
        return {
            "advance_orders": self.outcomes.get("placed", 0),
            "advance_asked": self.orders,
            "advance_stores": self.stores,
            "advance_seconds": round(last, 2) if last < inf else -1,
            "advance_decided_seconds": round(self.advanced.decided, 2),
            "advance_placed_seconds": round(self.advanced.placed, 2),
            "advance_outcomes": self.outcomes,
        }


def rehearse(stage: Stage, *, orders: int, processes: int) -> Opening:
    return asyncio.run(_rehearse(stage, orders, processes))


async def _rehearse(stage: Stage, orders: int, processes: int) -> Opening:
    connection = await order_carts.connect(stage.ground.url)
    try:
        with measure.step(f"the evening: {orders} baskets left with their wishes"):
            left = await advance_asks.leave(connection, orders=orders, seed=1, now=stage.midnight - EVENING)
        with opened(stage, seconds_before=LEAD_SECONDS, worker=True, processes=processes) as house:
            return await _opening(connection, house, left)
    finally:
        await connection.close()


async def _opening(
    connection: "asyncpg.Connection[asyncpg.Record]", house: House, left: advance_asks.Asked
) -> Opening:
    if left.opens_at != house.stage.midnight:
        raise SystemExit(f"the baskets wait for {left.opens_at}, the night is that of {house.stage.midnight}")
    shops = await goods.shops(connection)
    status, cookie = await watch.earlier_order(connection, house, shops)
    wait_until(house.midnight - 3)
    with (
        measure.step("midnight"),
        watch.probing(house, await watch.plan(connection, house, shops, status, cookie)) as probed,
    ):
        before, at = house.cpu_seconds(), time.time()
        advanced = await watch.follow_advance(
            connection, opens_at=left.opens_at, midnight=house.midnight, within_seconds=WITHIN_SECONDS
        )
        spent, seconds = house.cpu_seconds(), time.time() - at
    rows = await connection.fetch(
        "select state, count(*) as n from advance_order where opens_at = $1 group by 1", left.opens_at
    )
    lost: int = await connection.fetchval(
        """
        select count(*) from advance_order a left join orders o using (store_id, order_id)
         where a.opens_at = $1 and a.state = 'placed' and o.order_id is null""",
        left.opens_at,
    )
    with measure.step("cabas check"):
        breaches = verdict.check(house.stage.ground)
    return Opening(
        orders=left.orders,
        stores=left.stores,
        advanced=advanced,
        outcomes={row["state"]: row["n"] for row in rows},
        probed=probed,
        breaches=breaches,
        lost=lost,
        cpu_seconds={name: (spent[name] - before[name]) / seconds for name in spent},
    )
