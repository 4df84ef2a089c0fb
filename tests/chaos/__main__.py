"""
`make chaos`: the long forms, one table, and ``bench/results/chaos.json``.

Each part has a PostgreSQL of its own, gone at the end. The same ``--seed`` does the same again.
"""

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from cabas.check import audit
from cabas.kit.db import Database, prepare_connection
from cabas.kit.migrate import migrate
from cabas.kit.postgres import EmbeddedPostgres
from chaos.contention import CLIENTS, contend
from chaos.machine import run_machine
from chaos.simulation import simulate

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RESULTS = Path("bench/results/chaos.json")
WISHES = 1000


@contextmanager
def server(**settings: str) -> Iterator[str]:
    """The address of a migrated database."""
    folder = Path(tempfile.mkdtemp(prefix="cabas-chaos-"))
    folder.chmod(0o755)  # the unprivileged server account must reach its data
    running = EmbeddedPostgres(folder, settings=settings)
    running.start()
    try:
        asyncio.run(migrate(running.url, "cabas.migrations"))
        yield running.url
    finally:
        running.stop(mode="immediate")
        shutil.rmtree(folder, ignore_errors=True)


def machine(given: argparse.Namespace) -> dict[str, Any]:
    with server(fsync="off") as url:
        ground = run_machine(url, now=NOW, runs=given.machine_runs, steps=50, start=given.seed)
    return {"machine_runs": ground.runs, "machine_steps": ground.steps}


def simulation(given: argparse.Namespace) -> dict[str, Any]:
    done = 0

    def tell(orders: int) -> None:
        nonlocal done
        done += orders
        print(f"\r  simulation: {done:,} orders", end="", flush=True)

    async def run(url: str) -> tuple[Any, int]:
        connection = await asyncpg.connect(url)
        await prepare_connection(connection)
        await connection.execute("set synchronous_commit = off; set plan_cache_mode = force_generic_plan")
        seeds = range(given.seed, given.seed + -(-given.orders // WISHES))
        report = await simulate(connection, seeds=seeds, wishes=WISHES, now=NOW, tell=tell)
        await connection.close()
        return report, len(await audit(url))

    with server(fsync="off") as url:
        report, breaches = asyncio.run(run(url))
    print()
    return {
        "simulated_orders": report.orders,
        "simulated_messages": report.messages,
        "failing_seeds": report.failing_seeds,
        "lost": report.lost + report.undelivered,
        "doubled": report.doubled + report.unexpected,
        "oversold": report.oversold,
        "breaches": breaches,
    }


def contention(given: argparse.Namespace) -> dict[str, Any]:
    async def run(url: str) -> dict[str, Any]:
        database = await Database.connect(url, connections_max=CLIENTS)
        sold = await contend(database, now=NOW, store_id=1, capacity=given.capacity, seed=given.seed)
        await database.close()
        return {
            "contended_attempts": sold.attempts,
            "lost": abs(sold.capacity - sold.acknowledged),
            "oversold": sold.over,
            "breaches": len(await audit(url)),
        }

    with server() as url:
        return asyncio.run(run(url))


PARTS = {"machine": machine, "simulation": simulation, "contention": contention}
ADDED = ("lost", "doubled", "oversold", "breaches")


def main() -> None:
    given = _arguments().parse_args()
    told: dict[str, Any] = {"seed": given.seed, **dict.fromkeys(ADDED, 0)}
    for name in given.part or PARTS:
        started = time.perf_counter()
        found = PARTS[name](given)
        for figure in ADDED:
            told[figure] += found.pop(figure, 0)
        told |= found | {f"{name}_seconds": round(time.perf_counter() - started, 1)}
    for figure, value in told.items():
        print(f"{figure:>20}  {value}")
    RESULTS.write_text(json.dumps(told, indent=2) + "\n")
    raise SystemExit(1 if any(told[figure] for figure in ADDED) else 0)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos CHAOS=…", description=__doc__)
    parser.add_argument("--part", choices=tuple(PARTS), action="append", help="only this (repeat for more)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--machine-runs", type=int, default=20_000)
    parser.add_argument("--orders", type=int, default=1_000_000, help="wishes of the simulation")
    parser.add_argument("--capacity", type=int, default=100, help="places in each of the contended slots")
    return parser


if __name__ == "__main__":
    main()
