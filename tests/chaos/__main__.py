"""
`make chaos`: the long forms, one table, and ``bench/results/chaos.json``.

Each part has a PostgreSQL of its own, gone at the end. The same ``--seed`` does the same again.
"""

import argparse
import asyncio
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from cabas.check import audit
from cabas.kit.db import Database, prepare_connection
from cabas.kit.migrate import migrate
from cabas.kit.postgres import EmbeddedPostgres
from chaos.contention import CLIENTS, contend
from chaos.kills import kill
from chaos.machine import run_machine
from chaos.simulation import Report, simulate

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
RESULTS = Path("bench/results/chaos.json")
WISHES = 1000
STEPS = 50


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
    """The runs are shared out among so many processes, each with a seed and a PostgreSQL of its own."""
    shares = _shares(given.machine_runs, given.jobs)
    seeds = [given.seed + number for number in range(len(shares))]
    with ProcessPoolExecutor(len(shares)) as pool:
        found = list(pool.map(_run_machine, shares, seeds))
    return {"machine_runs": sum(runs for runs, _ in found), "machine_steps": sum(steps for _, steps in found)}


def _run_machine(runs: int, seed: int) -> tuple[int, int]:
    with server(fsync="off") as url:
        ground = run_machine(url, now=NOW, runs=runs, steps=STEPS, start=seed)
    return ground.runs, ground.steps


def simulation(given: argparse.Namespace) -> dict[str, Any]:
    """A thousand wishes a seed; the seeds are shared out among so many processes."""
    worlds = -(-given.orders // WISHES)
    seeds = [range(given.seed + number, given.seed + worlds, given.jobs) for number in range(given.jobs)]
    with ProcessPoolExecutor(given.jobs) as pool:
        found = list(pool.map(_run_simulation, seeds))
    reports = [report for report, _ in found]
    return {
        "simulated_orders": sum(one.orders for one in reports),
        "simulated_messages": sum(one.messages for one in reports),
        "failing_seeds": sorted(seed for one in reports for seed in one.failing_seeds),
        "lost": sum(one.lost + one.undelivered for one in reports),
        "doubled": sum(one.doubled + one.unexpected for one in reports),
        "oversold": sum(one.oversold for one in reports),
        "breaches": sum(breaches for _, breaches in found),
    }


def _run_simulation(seeds: range) -> tuple[Report, int]:
    done = 0

    def tell(orders: int) -> None:
        nonlocal done
        done += orders
        print(f"\r  simulation from seed {seeds.start}: {done:,} orders  ", end="", flush=True)

    async def run(url: str) -> tuple[Report, int]:
        connection = await asyncpg.connect(url)
        await prepare_connection(connection)
        await connection.execute("set synchronous_commit = off; set plan_cache_mode = force_generic_plan")
        report = await simulate(connection, seeds=seeds, wishes=WISHES, now=NOW, tell=tell)
        await connection.close()
        return report, len(await audit(url))

    with server(fsync="off") as url:
        return asyncio.run(run(url))


def kills(given: argparse.Namespace) -> dict[str, Any]:
    def tell(number: int, orders: int) -> None:
        print(f"\r  kills: {number}, {orders:,} orders answered  ", end="", flush=True)

    found = kill(database=given.kills_database, processes=given.kills_process, seed=given.seed, tell=tell)
    print()
    return {
        "kills_database": found.database,
        "kills_process": found.processes,
        "killed_orders": found.ordered,
        "retried": found.retried,
        "lost": found.lost + found.undelivered,
        "doubled": found.doubled,
        "oversold": found.oversold,
        "breaches": len(found.breaches),
    }


def mutants(_: argparse.Namespace) -> dict[str, Any]:
    """The negative controls of `mutants_test`: each passes when its mutant was caught."""
    caught = Caught()
    pytest.main(
        ["-q", "-p", "no:cacheprovider", str(Path(__file__).parent / "mutants_test.py")], plugins=[caught]
    )
    return {"mutants_caught": len(caught.names), "breaches": caught.failed}


def faults(_: argparse.Namespace) -> dict[str, Any]:
    """The whole fault matrix."""
    os.environ["CABAS_FAULTS"] = "whole"
    cells = Counted()
    folder = Path(__file__).parent.parent / "faults"
    pytest.main(["-q", "-p", "no:cacheprovider", str(folder)], plugins=[cells])
    return {"fault_cells": cells.passed, "breaches": cells.failed}


class Counted:
    """Counts what came out, as a plugin of pytest."""

    def __init__(self) -> None:
        self.passed = self.failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed += report.failed
        self.passed += report.when == "call" and report.passed and "[" in report.nodeid


class Caught:
    """Counts, as a plugin of pytest."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.failed = 0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed += report.failed
        if (
            report.when == "call"
            and report.passed
            and "is_caught" in report.nodeid
            and "[True]" not in report.nodeid
        ):
            self.names.add(report.nodeid)


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


PARTS = {
    "mutants": mutants,
    "faults": faults,
    "contention": contention,
    "kills": kills,
    "machine": machine,
    "simulation": simulation,
}
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
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(told, indent=2) + "\n")
    raise SystemExit(1 if any(told[figure] for figure in ADDED) else 0)


def _shares(runs: int, jobs: int) -> list[int]:
    """``runs`` among ``jobs``, none of them empty."""
    return [share for number in range(jobs) if (share := (runs + number) // jobs)]


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make chaos CHAOS=…", description=__doc__)
    parser.add_argument("--part", choices=tuple(PARTS), action="append", help="only this (repeat for more)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--machine-runs", type=int, default=20_000)
    parser.add_argument(
        "--orders", type=int, default=1_100_000, help="wishes of the simulation (9 in 10 are ordered)"
    )
    parser.add_argument("--kills-database", type=int, default=200)
    parser.add_argument("--kills-process", type=int, default=500, help="of web processes and the worker")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="processes of machine and simulation"
    )
    parser.add_argument("--capacity", type=int, default=100, help="places in each of the contended slots")
    return parser


if __name__ == "__main__":
    main()
