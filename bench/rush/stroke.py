"""The stroke of midnight: the usual pages, then twelve times as many, and everybody's order at once."""

import asyncio
import time
from pathlib import Path
from typing import Any

import asyncpg
import msgspec

from bench import advance_asks, measure, order_carts
from bench.rush import fault as faults
from bench.rush import goods, people, verdict, watch
from bench.rush.fault import Fault
from bench.rush.goods import Shop
from bench.rush.ground import Stage
from bench.rush.house import House, opened, wait_until
from bench.rush.load import Load, Report, percentile, statuses
from bench.rush.people import Shopper
from bench.rush.verdict import Verdict
from bench.rush.watch import Advanced, Probed

USUAL = 35
"""Pages a second: 30,000 orders a day at 100 pages each."""
TIMES = 12
BROWSERS = 200
PAGES = 3000
EVENING_SECONDS = 3600.0
READY_SECONDS = 30
"""For the product to start, and k6; more for more shoppers."""
ADVANCE_WITHIN_SECONDS = 180.0
_NO_ANSWER = (0, 429, 502, 503, 504)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """``checkout``: the share of shoppers that goes by slots and checkout, not by the one tap."""

    orders: int
    advance: int
    checkout: float
    usual: int = USUAL
    times: int = TIMES
    polls: int = 2
    lead_seconds: int = 30
    after_seconds: int = 45
    fault: Fault = "none"
    processes: int = 2


class Evening(msgspec.Struct, frozen=True, kw_only=True):
    """``status`` and ``cookie``: of an order that was placed before, for the probe."""

    shoppers: list[Shopper]
    shops: list[Shop]
    status: str
    cookie: str


class Stroke(msgspec.Struct, frozen=True, kw_only=True):
    """``rooms``: places taken and places there are of the day that opened. ``cpu_seconds``: by part."""

    asked: Asked
    report: Report
    probed: Probed
    verdict: Verdict
    advanced: Advanced | None
    rooms: tuple[int, int]
    cpu_seconds: dict[str, float]
    seconds: float

    def figures(self) -> dict[str, Any]:
        orders = self.report.of("order")
        placed = [one for one in orders if one.order]
        answered = [one.ms for one in orders]
        kinds = {one.kind for one in self.report.answers}
        return {
            "stroke_orders": len(placed),
            "stroke_asked": self.asked.orders,
            "stroke_seconds": round(_last_answer_s(orders, self.asked.orders), 2),
            "stroke_unanswered": self.asked.orders - sum(one.status not in _NO_ANSWER for one in orders),
            "stroke_p50_ms": percentile(answered, 50),
            "stroke_p95_ms": percentile(answered, 95),
            "stroke_p99_ms": percentile(answered, 99),
            "stroke_tries": sum(one.tries for one in orders),
            "stroke_statuses": statuses(orders),
            "stroke_fault": self.asked.fault,
            "answers": {
                kind: {
                    "asked": len(of := self.report.of(kind)),
                    "good": sum(one.status == 200 for one in of),
                    "p50_ms": percentile([one.ms for one in of if one.status == 200], 50),
                    "p95_ms": percentile([one.ms for one in of if one.status == 200], 95),
                    "p99_ms": percentile([one.ms for one in of if one.status == 200], 99),
                    "statuses": statuses(of),
                }
                for kind in sorted(kinds)
            },
            "slots_sold": self.rooms[0],
            "slots_capacity": self.rooms[1],
            "generator_cpu_share": round(self.report.cpu_seconds / self.seconds, 3),
            "cpu_share": {name: round(spent / self.seconds, 2) for name, spent in self.cpu_seconds.items()},
        }


def _last_answer_s(orders: list[Any], asked: int) -> float:
    """From the stroke to the last answer: each was sent at its own moment of the first second."""
    return max((one.number / asked + one.ms / 1000 for one in orders), default=0.0)


def rehearse(stage: Stage, asked: Asked) -> Stroke:
    return asyncio.run(_rehearse(stage, asked))


async def _rehearse(stage: Stage, asked: Asked) -> Stroke:
    connection = await order_carts.connect(stage.ground.url)
    try:
        with measure.step(f"the evening: {asked.orders} full baskets, their pages open"):
            evening = await _evening(connection, stage, asked)
        with opened(
            stage,
            seconds_before=asked.lead_seconds + READY_SECONDS + asked.orders / 40,
            worker=True,
            processes=asked.processes,
        ) as house:
            return await _midnight(connection, house, asked, evening)
    finally:
        connection.terminate()  # the server may have been killed


async def _evening(connection: "asyncpg.Connection[asyncpg.Record]", stage: Stage, asked: Asked) -> Evening:
    """An hour before: baskets, accounts, the midnight pages, filled in; what k6 reads is written."""
    with opened(stage, seconds_before=EVENING_SECONDS, worker=False, processes=asked.processes) as house:
        shops = await goods.shops(connection)
        shoppers = await people.gather(connection, shops, count=asked.orders, seed=1, now=house.now())
        through_checkout = round(asked.orders * asked.checkout)
        other, ready = shoppers[:through_checkout], shoppers[through_checkout:]
        filled = await asyncio.to_thread(people.on_midnight_page, house.base, ready, seed=2)
        filled += await people.elsewhere(connection, other, midnight=stage.midnight, seed=3)
        browsers = await people.gather(connection, shops, count=BROWSERS, seed=4, now=house.now())
        folder = stage.ground.folder
        # A fixed order that mixes both ways; a line's number is its place in `shoppers`.
        filled.sort(key=lambda one: one["n"] * 2654435761 % 2**32)
        places = [one["n"] for one in filled]
        shoppers = [shoppers[number] for number in places]
        _write(folder / "people.json", [{**one, "n": place} for place, one in enumerate(filled)])
        _write(folder / "pages.json", await goods.pages(connection, shops, count=PAGES, seed=5))
        _write(folder / "browsers.json", [{"visitor": b.visitor, "session": b.session} for b in browsers])
        if asked.advance:
            await advance_asks.leave(connection, orders=asked.advance, seed=6, now=house.now())
        await connection.execute("vacuum analyze cart")
        status, cookie = await watch.earlier_order(connection, house, shops)
        return Evening(shoppers=shoppers, shops=shops, status=status, cookie=cookie)


async def _midnight(
    connection: "asyncpg.Connection[asyncpg.Record]", house: House, asked: Asked, evening: Evening
) -> Stroke:
    planned = await watch.plan(connection, house, evening.shops, evening.status, evening.cookie)
    load = Load("midnight", house.stage.ground.folder, _environ(house, asked))
    try:
        with measure.step("k6 gets ready"):
            await asyncio.to_thread(load.wait_ready)
        started = house.midnight - asked.lead_seconds
        wait_until(started - 2)
        with (
            measure.step(f"{asked.lead_seconds} s as usual, then midnight"),
            watch.probing(house, planned) as probed,
        ):
            before, at = house.cpu_seconds(), time.time()
            load.go_at(started)
            breaking = faults.inject(house, asked.fault, at=house.midnight + faults.AFTER_SECONDS)
            advanced = await _advance(house, asked)
            report = await asyncio.to_thread(load.finish)
            breaking.join()
            spent, seconds = house.cpu_seconds(), time.time() - at
    finally:
        load.stop()
    with measure.step("cabas check, and the journal against the database"):
        judged, rooms = await _judge(house, report, evening.shoppers)
    return Stroke(
        asked=asked,
        report=report,
        probed=probed,
        verdict=judged,
        advanced=advanced,
        rooms=rooms,
        cpu_seconds={name: max(spent[name] - before[name], 0.0) for name in spent},
        seconds=seconds,
    )


async def _advance(house: House, asked: Asked) -> Advanced | None:
    """Watched on a connection that may break with the database; then watched no more."""
    if not asked.advance:
        return None
    connection = await order_carts.connect(house.stage.ground.url)
    try:
        return await watch.follow_advance(
            connection,
            opens_at=house.stage.midnight,
            midnight=house.midnight,
            within_seconds=ADVANCE_WITHIN_SECONDS,
        )
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return None
    finally:
        connection.terminate()


async def _judge(house: House, report: Report, shoppers: list[Shopper]) -> tuple[Verdict, tuple[int, int]]:
    """On a connection of its own: the old one may have seen the server die."""
    connection = await order_carts.connect(house.stage.ground.url)
    try:
        judged = await verdict.judge(
            connection,
            house.stage.ground,
            acknowledged=[one for one in report.of("order") if one.order],
            carts={number: one.cart.cart_id for number, one in enumerate(shoppers)},
        )
        return judged, await verdict.sold(connection, house.stage.midnight)
    finally:
        connection.terminate()  # the server may have been killed


def _environ(house: House, asked: Asked) -> dict[str, str]:
    folder = house.stage.ground.folder
    return {
        "BASE": house.base,
        "T0": str(house.midnight * 1000),
        "LEAD": str(asked.lead_seconds),
        "AFTER": str(asked.after_seconds),
        "USUAL": str(asked.usual),
        "TIMES": str(asked.times),
        "ORDERS": str(asked.orders),
        "POLLS": str(asked.polls),
        "PEOPLE": str(folder / "people.json"),
        "PAGES": str(folder / "pages.json"),
        "BROWSERS": str(folder / "browsers.json"),
    }


def _write(path: Path, content: object) -> None:
    path.write_bytes(msgspec.json.encode(content))
