"""
The primary killed, again and again, under orders: Patroni and its server at once, as when a machine loses power.

`cabas web` and `cabas worker` are started once and never restarted. Each time: shoppers order, the primary is killed,
orders are waited for, the dead node is started again and the cluster waited for. At the end each order that was
acknowledged to a shopper is looked for in the database, and `cabas check` is run.
"""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
import msgspec
from deploy.postgres.local import LOOK_EVERY_SECONDS, Cluster, Timing

from bench import measure
from bench.browse import addresses
from bench.failover.figures import Fall, show, told
from bench.failover.load import Load, Order, Page
from bench.ground import Ground, free_port, ready
from bench.order_carts import Goods, connect, survey
from bench.rush.verdict import check
from cabas.kit.lifeline import end_with

ORDERS_BEFORE = 40
"""Acknowledged before the primary is killed: the load is up."""

PATIENCE_SECONDS = 120
AFTER_SECONDS = 2.0
PAGE_STORES = 2


class Rehearsal:
    def __init__(self, cluster: Cluster, ground: Ground, port: int) -> None:
        self.cluster, self.ground, self.port = cluster, ground, port
        self.journal = ground.folder / "orders.journal"
        self.troubles: Counter[str] = Counter()
        self.goods: Goods = asyncio.run(_goods(ground.url))
        self.pages = asyncio.run(addresses(ground.url, stores=PAGE_STORES))[:6]
        self._seeds = iter(range(1, 10_000))

    def fall(self) -> Fall:
        load = Load(
            port=self.port, pages=self.pages, goods=self.goods, journal=self.journal, seed=next(self._seeds)
        )
        load.start()
        try:
            self.cluster.wait(lambda: len(load.orders) >= ORDERS_BEFORE, "orders before the fall")
            primary = self.cluster.kill_primary()
            killed = time.monotonic()
            self.cluster.wait(lambda: self.cluster.primary() is not None, "another primary")
            elected = time.monotonic() - killed
            served = self._served(load, killed)
            time.sleep(AFTER_SECONDS)
        finally:
            load.stop()
            self.troubles.update(load.troubles)
        self.cluster.start_node(primary)
        self.cluster.wait(self.cluster.whole, "the dead node to follow")
        return _told(killed, elected, served, load.pages)

    def _served(self, load: Load, killed: float) -> Order:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            served = load.served_since(killed)
            if served is not None:
                return served
            time.sleep(LOOK_EVERY_SECONDS)
        raise SystemExit(f"no order was taken within {PATIENCE_SECONDS} s of the fall: {load.troubles}")

    def lost(self) -> int:
        return asyncio.run(_lost(self.ground.url, journal_of(self.journal)))


@click.command()
@click.option("--failovers", type=int, default=5, show_default=True, help="Primaries to kill.")
@click.option("--add", is_flag=True, help="Count the results of before too: many falls in several runs.")
@click.option(
    "--ttl", type=int, default=20, show_default=True, help="Seconds until a silent primary is dead."
)
@click.option("--keep", is_flag=True, help="Leave the folder, with the logs of all.")
def main(failovers: int, add: bool, ttl: int, keep: bool) -> None:  # noqa: FBT001 - click hands flags by position
    """Kill the primary under orders; exits 1 when an acknowledged order is lost or recovery takes too long."""
    falls: list[Fall] = []
    with _stage(keep=keep, timing=Timing(ttl=ttl)) as stage:
        for number in range(1, failovers + 1):
            with measure.step(f"fall {number} of {failovers}"):
                falls.append(stage.fall())
        lost, breaches, orders = stage.lost(), check(stage.ground), len(journal_of(stage.journal))
        troubles, pooled = stage.troubles, stage.cluster.bouncer is not None
    figures = told(falls, lost=lost, orders=orders, breaches=breaches, add=add)
    figures.ttl_s, figures.pooled = ttl, pooled
    measure.keep("failover", msgspec.structs.asdict(figures))
    show(figures, falls, troubles, breaches)
    if not figures.good:
        raise SystemExit(1)


def journal_of(path: Path) -> list[Order]:
    decoder = msgspec.json.Decoder(Order)
    return [decoder.decode(line) for line in path.read_bytes().splitlines()]


@contextmanager
def _stage(*, keep: bool, timing: Timing) -> Iterator[Rehearsal]:
    folder = Path(tempfile.mkdtemp(prefix="cabas-"))
    cluster = Cluster(folder, timing=timing)
    try:
        with measure.step("three nodes"):
            cluster.start()
        ground = Ground(folder, cluster.url, cluster.binaries)
        with measure.step("the demo network"):
            ground.cabas("migrate")
            ground.cabas("seed")
        port = free_port()
        pooled = {"CABAS_DATABASE_URL": cluster.pooled_url}
        site = _running(ground, "web", CABAS_PORT=str(port), CABAS_WEB_PROCESSES="1", **pooled)
        with site as process, _running(ground, "worker", **pooled):
            ready(process, f"http://127.0.0.1:{port}/readyz")
            yield Rehearsal(cluster, ground, port)
    finally:
        cluster.stop()
        if keep:
            click.echo(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(ground: Ground, *command: str, **more: str) -> "Iterator[subprocess.Popen[bytes]]":
    """A command of ours for the whole rehearsal. :raises SystemExit: it ended before."""
    with (ground.folder / f"{command[0]}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cabas", *command],
            env=ground.environ(**more),
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=partial(end_with, os.getpid()),
        )
    try:
        yield process
        if process.poll() is not None:
            raise SystemExit(f"cabas {command[0]} did not outlive a fall")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _told(killed: float, elected: float, served: Order, pages: list[Page]) -> Fall:
    meanwhile = [one for one in pages if killed <= one.sent <= served.acked]
    return Fall(
        elected=elected,
        recovered=served.acked - killed,
        pages=len(meanwhile),
        read=sum(one.status == 200 for one in meanwhile),
        slowest=max((one.seconds for one in meanwhile), default=0.0),
        failed_pages=[f"{one.status} {one.path}" for one in meanwhile if one.status != 200],
    )


async def _goods(url: str) -> Goods:
    connection = await connect(url)
    try:
        return await survey(connection)
    finally:
        await connection.close()


async def _lost(url: str, orders: list[Order]) -> int:
    """Orders acknowledged to a shopper that aren't there, or whose basket became several."""
    connection = await connect(url)
    try:
        rows = await connection.fetch(
            "select order_id, cart_id from orders where cart_id::text = any($1)", [one.cart for one in orders]
        )
    finally:
        await connection.close()
    there = Counter((str(row["order_id"]), str(row["cart_id"])) for row in rows)
    baskets = Counter(str(row["cart_id"]) for row in rows)
    return sum(there[one.order, one.cart] != 1 or baskets[one.cart] != 1 for one in orders)


if __name__ == "__main__":
    main()
