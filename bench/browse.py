"""
Category pages a second, rendered from the database with no page cache, at both scales in one run.

Pages are level-2 categories of several stores with at least a full page of products, so that both
scales draw the same number of cards. Figure: pages answered 200 to a raw client on the same two cores.
Limit: the page's one statement fired by pgbench at the same server, prepared, read only. Runs of both
scales alternate; medians.
"""

import asyncio
import os
import re
import statistics
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import asyncpg

from bench import fire, measure
from bench.ground import WEB_PROCESSES, Ground, seeded, web
from bench.measure import Figure
from cabas.domain.catalog.listing import PAGE, page_statement

RUNS = 5
REQUESTS = 6_000
CONNECTIONS = 16
STORES = 8
CLIENTS = 8
LIMIT_SECONDS = 6
WANTED_PAGES = 1_000
WANTED_COST = 1.25
_RATE = re.compile(r"tps = ([0-9.]+)")


def main() -> None:
    with seeded("demo") as demo, seeded("nation") as nation:
        run(demo, nation)


def run(demo: Ground, nation: Ground, *, processes: int = WEB_PROCESSES) -> None:
    rates: dict[str, list[float]] = {"demo": [], "nation": []}
    with web(demo, processes=processes) as demo_port, web(nation, processes=processes) as nation_port:
        sides = {"demo": (demo, demo_port), "nation": (nation, nation_port)}
        requests = {
            name: _requests(asyncio.run(addresses(ground.url, stores=STORES)))
            for name, (ground, _) in sides.items()
        }
        for number in range(RUNS + 1):  # the first warms up
            with measure.step(f"pages, run {number} of {RUNS}"):
                for name, (_, port) in sides.items():
                    volley = fire.fire(requests[name], port=port, connections=CONNECTIONS)
                    _refuse_failures(volley)
                    if number:
                        rates[name].append(volley.rate)
    with measure.step("the limit"):
        limit = statistics.median(_limit(nation) for _ in range(3))
    pages = {name: statistics.median(each) for name, each in rates.items()}
    cost = statistics.median(d / n for d, n in zip(rates["demo"], rates["nation"], strict=True))
    measure.keep(
        "browse",
        {
            "pages_per_s_demo": round(pages["demo"], 1),
            "pages_per_s_nation": round(pages["nation"], 1),
            "nation_over_demo_cost": round(cost, 3),
            "limit_per_s": round(limit, 1),
            "ratio": round(pages["nation"] / limit, 4),
            "cards_a_page": PAGE,
            "web_processes": processes,
        },
    )
    measure.show(
        "A category page from the database",
        [
            _pages("demo", pages["demo"], limit),
            _pages("nation", pages["nation"], limit),
            Figure(name="nation over demo, cost", value=cost, unit="", limit=WANTED_COST, wanted="≤ 1.25"),
        ],
        notes=[
            f"{RUNS} runs of {REQUESTS} pages each side, {CONNECTIONS} connections, {processes} web process(es);"
            " the limit is the page's statement in pgbench",
        ],
    )


def _pages(scale: str, rate: float, limit: float) -> Figure:
    return Figure(
        name=f"pages, {scale}", value=rate, unit="/s", limit=limit, ratio=rate / limit, wanted="≥ 1,000 /s"
    )


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode()


def _requests(paths: Sequence[str]) -> list[bytes]:
    return [get(paths[number % len(paths)]) for number in range(REQUESTS)]


async def addresses(url: str, *, stores: int) -> list[str]:
    """Level-2 category pages with more than one full page of products, of so many stores."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            """
            select s.slug as store, c.slug as category
              from (select store_id, slug from store where has_drive order by store_id limit $1) s
              join lateral (select o.shelf_id from offer o where o.store_id = s.store_id and o.status <> 0
                             group by o.shelf_id having count(*) > $2) o on true
              join category c on c.category_id = o.shelf_id * 100
             order by 2, 1""",
            stores,
            PAGE,
        )
    finally:
        await connection.close()
    return [f"/magasins/{row['store']}/rayons/{row['category']}" for row in rows]


def _refuse_failures(volley: fire.Volley) -> None:
    failed = {status: count for status, count in volley.statuses.items() if status != 200}
    if failed:
        raise SystemExit(f"pages failed: {failed}; for instance: {volley.sample[:400]!r}")


def _limit(ground: Ground) -> float:
    """The page's statement, prepared, with stores and shelves drawn at random."""
    script = ground.folder / "browse.pgbench"
    stores, shelves = asyncio.run(_targets(ground.url))
    statement = page_statement()
    values = {
        1: f"'{datetime.now(UTC).isoformat()}'::timestamptz",
        2: f"('{{{','.join(map(str, stores))}}}'::int[])[:s]",
        3: f"('{{{','.join(map(str, shelves))}}}'::int[])[:c]",
        4: "0",
        5: "0",
        6: str(PAGE + 1),
        7: "0",
    }
    text = re.sub(r"\$(\d)", lambda match: values[int(match[1])], " ".join(statement.split()))
    draw = f"\\set s random(1, {len(stores)})\n\\set c random(1, {len(shelves)})\n"
    Path(script).write_text(f"{draw}{text};\n")
    done = subprocess.run(
        [
            str(ground.binaries / "pgbench"), "-n", "-f", str(script), "-c", str(CLIENTS), "-j", "2",
            "-T", str(LIMIT_SECONDS), "-M", "prepared", ground.url,
        ],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PGOPTIONS": "-c plan_cache_mode=force_generic_plan -c jit=off"},
    )  # fmt: skip
    match = _RATE.search(done.stdout)
    if match is None:
        raise SystemExit(f"pgbench said nothing of its rate: {done.stdout}{done.stderr}")
    return float(match[1])


async def _targets(url: str) -> tuple[list[int], list[int]]:
    connection = await asyncpg.connect(url)
    try:
        stores = await connection.fetch(
            "select store_id from store where has_drive order by store_id limit $1", STORES
        )
        shelves = await connection.fetch(
            "select distinct category_id / 100 as shelf from category where level = 2"
        )
    finally:
        await connection.close()
    return [row["store_id"] for row in stores], [row["shelf"] for row in shelves]


if __name__ == "__main__":
    main()
