"""The 1 Hz probe beside a phase, and the places where orders in advance stand."""

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from os import getpid

import asyncpg
import msgspec

from bench.rush import people, probe
from bench.rush.goods import Shop
from bench.rush.house import House
from cabas.kit.lifeline import end_with

WITHIN_MS = 2000
_ASK_SECONDS = 0.25


class Probed(msgspec.Struct):
    """``ok``: answered 200 within 2 s. ``failed``: how often each page with its status was not."""

    asked: int = 0
    ok: int = 0
    slowest_ms: int = 0
    failed: dict[str, int] = {}

    @property
    def share(self) -> float:
        return self.ok / self.asked if self.asked else 0.0


class Advanced(msgspec.Struct, frozen=True):
    """Seconds from the opening until the last was decided, written, and sent to its store."""

    decided: float
    placed: float
    dispatched: float


async def plan(
    connection: "asyncpg.Connection[asyncpg.Record]",
    house: House,
    shops: list[Shop],
    status: str,
    cookie: str,
) -> probe.Plan:
    """Home, room, a page of the catalogue, and the status of an order."""
    slug = await connection.fetchval("select slug from category where level = 2 order by slug limit 1")
    return probe.Plan(
        base=house.base,
        cookie=cookie,
        pages={
            "home": "/",
            "room": "/salle",
            "catalogue": f"/magasins/{shops[0].slug}/rayons/{slug}",
            "status": status,
        },
    )


async def earlier_order(
    connection: "asyncpg.Connection[asyncpg.Record]", house: House, shops: list[Shop]
) -> tuple[str, str]:
    """An order of the day before, placed for the probe: the address of its status, and the cookie it opens to."""
    (someone,) = await people.gather(connection, shops, count=1, seed=99, now=house.now(), accounts=False)
    slots = await connection.fetch(
        """
        select slot_id from slot
         where store_id = $1 and channel = 'drive' and not closed and taken < capacity
           and opens_at < $2 and closes_at > $2 + interval '1 hour'
         order by starts_at limit 1""",
        someone.cart.store_id,
        house.now(),
    )
    order = await asyncio.to_thread(
        people.order_by_api, house.base, someone, slots[0]["slot_id"], house.now()
    )
    return f"/commandes/{order}/etat", someone.cookie()


@contextmanager
def probing(house: House, planned: probe.Plan) -> Iterator[Probed]:
    """What came is in the result once the block is left."""
    folder = house.stage.ground.folder
    (folder / "probe.json").write_bytes(msgspec.json.encode(planned))
    result = Probed()
    with (folder / "probe.lines").open("wb") as lines:
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.rush.probe", str(folder / "probe.json")],
            stdout=lines,
            preexec_fn=partial(end_with, getpid()),
        )
        try:
            yield result
        finally:
            time.sleep(probe.WITHIN_SECONDS)  # those under way have their time, too
            process.kill()
            process.wait()
    _count((folder / "probe.lines").read_text().splitlines(), result)


def _count(lines: list[str], result: Probed) -> None:
    failed: Counter[str] = Counter()
    for line in lines:
        name, status, ms = line.split()
        result.asked += 1
        good = status == "200" and int(ms) < WITHIN_MS
        result.ok += good
        result.slowest_ms = max(result.slowest_ms, int(ms))
        if not good:
            failed[f"{name} {status}"] += 1
    result.failed = dict(failed)


async def follow_advance(
    connection: "asyncpg.Connection[asyncpg.Record]",
    *,
    opens_at: datetime,
    midnight: float,
    within_seconds: float,
) -> Advanced:
    """By this process's own watch, a quarter of a second exact; ``inf`` for what didn't happen in time."""
    done: dict[str, float] = {}
    while time.time() < midnight + within_seconds and len(done) < len(_LEFT):
        for name, query in _LEFT.items():
            if name not in done:
                if await connection.fetchval(query, opens_at):
                    break
                done[name] = time.time() - midnight
        await asyncio.sleep(_ASK_SECONDS)
    return Advanced(*(done.get(name, float("inf")) for name in _LEFT))


_LEFT = {
    "decided": "select exists (select from draw_store where opens_at = $1 and drawn_at is null)",
    "placed": "select exists (select from advance_order where opens_at = $1 and state = 'waiting')",
    "dispatched": """
        select exists (select from advance_order a join outbox o using (store_id, order_id)
                        where a.opens_at = $1 and o.dispatched_at is null)""",
}
