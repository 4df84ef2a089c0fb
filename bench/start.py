"""
How long it takes to begin: seeding both scales, `cabas web` ready on an existing database, and its memory.

Ready is counted from the command to the first answer of /readyz. The memory is that of one worker
(resident, as the system counts it) after it has served pages of many stores. Limits are those the
product set itself: 20 s and 300 s to seed, 6 GB, 2 s, 250 MB.
"""

import asyncio
import statistics
import time

import asyncpg
import psutil

from bench import fire, measure
from bench.browse import addresses, get
from bench.ground import Ground, seeded, web
from bench.measure import Figure

STARTS = 5
PAGES_SERVED = 4_000


def main() -> None:
    with seeded("demo") as demo, seeded("nation") as nation:
        run(demo, nation)


def run(demo: Ground, nation: Ground) -> None:
    with measure.step("starting"):
        ready = statistics.median(_ready_seconds(nation) for _ in range(STARTS))
    with measure.step("filling a worker's memory"):
        memory = _worker_memory_mb(nation)
    size = asyncio.run(database_gb(nation.url))
    measure.keep(
        "start",
        {
            "ready_s": round(ready, 2),
            "worker_rss_mb_nation": round(memory),
            "seed_demo_s": round(demo.seeded_seconds, 1),
            "seed_nation_s": round(nation.seeded_seconds, 1),
            "nation_gb": round(size, 2),
        },
    )
    measure.show(
        "Beginning",
        [
            _figure("web ready", ready, "s", 2),
            _figure("memory of a worker, nation", memory, "MB", 250),
            _figure("seeding demo", demo.seeded_seconds, "s", 20),
            _figure("seeding nation", nation.seeded_seconds, "s", 300),
            _figure("nation's database", size, "GB", 6),
        ],
        notes=[f"web ready: median of {STARTS} starts on the nation's database"],
    )


def _figure(name: str, value: float, unit: str, limit: float) -> Figure:
    return Figure(name=name, value=value, unit=unit, limit=limit, ratio=value / limit, wanted="≤ 1")


def _ready_seconds(ground: Ground) -> float:
    started = time.perf_counter()
    with web(ground):
        return time.perf_counter() - started


def _worker_memory_mb(ground: Ground) -> float:
    with web(ground) as port:
        pages = asyncio.run(addresses(ground.url, stores=60))
        requests = [get(pages[number % len(pages)]) for number in range(PAGES_SERVED)]
        fire.fire(requests, port=port, connections=8)
        return max(_resident_mb(process) for process in _workers(port))


def _workers(port: int) -> list[psutil.Process]:
    """The children of the process that listens for `cabas web`."""
    roots = [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if "cabas" in (process.info["cmdline"] or [])
        and (process.info["environ"] or {}).get("CABAS_PORT") == str(port)
    ]
    return [child for root in roots for child in root.children(recursive=True)] or roots


def _resident_mb(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / 2**20


async def database_gb(url: str) -> float:
    connection = await asyncpg.connect(url)
    try:
        size: int = await connection.fetchval("select pg_database_size(current_database())")
        return size / 2**30
    finally:
        await connection.close()


if __name__ == "__main__":
    main()
