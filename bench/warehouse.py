"""
A made-up year of facts into marts on this machine: minutes and the most memory, beside a plain reading of the files.

`python -m bench.warehouse --orders 1000000`: the facts are made by `cabas seed --history` once for each number and
kept in ``var/bench-warehouse-N``; the marts are built anew each time, their tests included, as `make warehouse` does.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import duckdb
import psutil

from bench import measure
from bench.measure import Figure

HOUSE = Path(__file__).parent.parent
ORDERS = 1_000_000
NATIONAL_YEAR = 11_000_000
MINUTES_MAX, GIGABYTES_MAX = 10.0, 8.0
LOOK_EVERY_SECONDS = 0.2
PAGE_ASKS = 20
PAGE_MILLISECONDS_MAX = 300.0
PAGES = (
    "select day, sum(sales_cents), sum(orders) from mart_day"
    " where day > (select max(day) - 35 from mart_day) group by day",
    "select * from mart_goal where scope <> 'store'",
    "select region, sum(taken), sum(capacity) from mart_slot_day join dim_store using (store_id)"
    " where day > (select max(day) - 28 from mart_slot_day) group by region",
    "select * from mart_cohort where weeks_after <= 12",
)


class Spent(NamedTuple):
    seconds: float
    peak_gb: float
    """Of the process and its children at one instant (resident)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=ORDERS)
    given = parser.parse_args()
    folder = HOUSE / "var" / f"bench-warehouse-{given.orders}"
    environment = {**os.environ, "CABAS_DATA": str(folder), "CABAS_OBJECTS_URL": ""}
    facts = folder / "objects" / "facts"
    if not (folder / "made").exists():
        with measure.step(f"making up {given.orders:,} orders a year"):
            _spent([sys.executable, "-m", "cabas", "seed", "--history", "--scale", "nation",
                    "--orders", str(given.orders)], environment)  # fmt: skip
            (folder / "made").touch()
    with measure.step("reading all columns of the files, and no more"):
        orders, scan = _scan(facts)
    with measure.step("building the marts and testing them"):
        built = _spent([str(HOUSE / "tools" / "warehouse.sh")], environment)
    with measure.step("asking what pages ask"):
        page = _page_p95(folder / "warehouse" / "marts.duckdb")
    _tell(orders, built, scan, page)


def _tell(orders: int, built: Spent, scan: float, page: float) -> None:
    minutes = built.seconds / 60
    measure.keep(
        "warehouse",
        {
            "orders": orders,
            "minutes": round(minutes, 2),
            "peak_gb": round(built.peak_gb, 2),
            "scan_minutes": round(scan / 60, 2),
            "page_p95_ms": round(page, 1),
        },
    )
    measure.show(
        f"Warehouse: {orders:,} orders",
        [
            Figure(name="facts into marts, tested (limit: reading the files)", value=minutes, limit=scan / 60,
                   ratio=minutes * 60 / scan, unit="min",
                   wanted=f"≤ {MINUTES_MAX:.0f} min for {NATIONAL_YEAR // 1_000_000} million"),
            Figure(name="most memory", value=built.peak_gb, unit="GB", wanted=f"≤ {GIGABYTES_MAX:.0f} GB"),
            Figure(name="a page's question, p95", value=page, unit="ms", wanted=f"< {PAGE_MILLISECONDS_MAX:.0f} ms"),
        ],
        notes=["The file is opened for each question, as pages do."],
    )  # fmt: skip


def _spent(command: Sequence[str], environment: dict[str, str]) -> Spent:
    """Run it to its end. :raises SystemExit: it failed."""
    started, peak = time.perf_counter(), 0
    process = psutil.Popen(command, env=environment, cwd=HOUSE, stdout=subprocess.DEVNULL)
    while process.poll() is None:
        peak = max(peak, _resident(process))
        time.sleep(LOOK_EVERY_SECONDS)
    if process.returncode:
        raise SystemExit(f"{command[0]} failed: {process.returncode}")
    return Spent(time.perf_counter() - started, peak / 1e9)


def _resident(process: psutil.Process) -> int:
    total = 0
    try:
        for one in [process, *process.children(recursive=True)]:
            total += int(one.memory_info().rss)
    except psutil.Error:  # ended in between
        return total
    return total


def _scan(facts: Path) -> tuple[int, float]:
    """Orders in the files, and seconds to read and unnest them on all cores."""
    started = time.perf_counter()
    with duckdb.connect() as connection:
        files = f"read_parquet('{facts}/order_event/*/*.parquet', union_by_name = true)"
        row = connection.execute(
            "select count(*) filter (where kind = 'order_placed'), sum(total_cents), count(distinct customer_key)"
            f" from {files}"
        ).fetchone()
        connection.execute(
            f"select sum(line.total_cents), sum(line.gtin % 7) from (select unnest(lines) as line from {files})"
        ).fetchone()
        connection.execute(
            f"select sum(final_cents) from read_parquet('{facts}/order_end/*/*.parquet', union_by_name = true)"
        ).fetchone()
    return int(row[0]) if row else 0, time.perf_counter() - started


def _page_p95(marts: Path) -> float:
    """Milliseconds."""
    took = []
    for _ in range(PAGE_ASKS):
        for query in PAGES:
            started = time.perf_counter()
            with duckdb.connect(marts, read_only=True, config={"threads": 1}) as connection:
                connection.execute(query).fetchall()
            took.append(1000 * (time.perf_counter() - started))
    return sorted(took)[int(0.95 * len(took))]


if __name__ == "__main__":
    main()
