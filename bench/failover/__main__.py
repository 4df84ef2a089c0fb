"""
The primary killed, again and again, under orders: its whole machine at once, as when it loses power.

`cabas web` and `cabas worker` are started once and never restarted. Each time: shoppers order, the primary is killed,
orders are waited for, the dead node is started again and the cluster waited for. At the end each order that was
acknowledged to a shopper is looked for in the database, and `cabas check` is run.
"""

import asyncio
import time
from collections import Counter

import click
import msgspec
from deploy.postgres.local import LOOK_EVERY_SECONDS, Cluster, Node, Timing

from bench import journal, measure
from bench.browse import addresses
from bench.failover.figures import Fall, show, told
from bench.failover.load import Load, Order, Page
from bench.failover.stage import goods_of, seeded, shop, temporary
from bench.ground import Ground
from bench.rush.verdict import check

ORDERS_BEFORE = 40
"""Acknowledged before the primary is killed: the load is up."""

PATIENCE_SECONDS = 120
AFTER_SECONDS = 2.0
PAGE_STORES = 2
PAGES = 6


class Rehearsal:
    def __init__(self, cluster: Cluster, ground: Ground, port: int) -> None:
        self.cluster, self.ground, self.port = cluster, ground, port
        self.journal = ground.folder / "orders.journal"
        self.troubles: Counter[str] = Counter()
        self.goods = asyncio.run(goods_of(ground.url))
        self.pages = asyncio.run(addresses(ground.url, stores=PAGE_STORES))[:PAGES]
        self._seeds = iter(range(1, 10_000))

    def fall(self, *, frozen: bool) -> Fall:
        """:param frozen: the machine hangs and comes back later, instead of losing power."""
        load = Load(
            port=self.port, pages=self.pages, goods=self.goods, journal=self.journal, seed=next(self._seeds)
        )
        load.start()
        try:
            self.cluster.wait(lambda: len(load.orders) >= ORDERS_BEFORE, "orders before the fall")
            primary = self._leader()
            (self.cluster.freeze if frozen else self.cluster.kill)(primary)
            killed = time.monotonic()
            self.cluster.wait(lambda: self.cluster.primary() not in (None, primary), "another primary")
            elected = time.monotonic() - killed
            served = self._served(load, killed)
            time.sleep(AFTER_SECONDS)
        finally:
            load.stop()
            self.troubles.update(load.troubles)
        (self.cluster.thaw if frozen else self.cluster.start_node)(primary)
        self.cluster.wait(self.cluster.whole, "the dead node to follow")
        return _told(killed, elected, served, load.pages, frozen=frozen)

    def _leader(self) -> Node:
        node = self.cluster.primary()
        if node is None:
            raise SystemExit("there is no primary to kill")
        return node

    def _served(self, load: Load, killed: float) -> Order:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            served = load.served_since(killed)
            if served is not None:
                return served
            time.sleep(LOOK_EVERY_SECONDS)
        raise SystemExit(f"no order was taken within {PATIENCE_SECONDS} s of the fall: {load.troubles}")


@click.command()
@click.option("--failovers", type=int, default=5, show_default=True, help="Primaries to kill.")
@click.option("--minutes", type=float, help="Begin no other fall after so many.")
@click.option("--add", is_flag=True, help="Count the results of before too: many falls in several runs.")
@click.option(
    "--ttl", type=int, default=20, show_default=True, help="Seconds until a silent primary is dead."
)
@click.option("--freeze", is_flag=True, help="Every second machine hangs, and comes back, instead of dying.")
@click.option("--keep", is_flag=True, help="Leave the folder, with the logs of all.")
def main(failovers: int, minutes: float | None, add: bool, ttl: int, freeze: bool, keep: bool) -> None:  # noqa: FBT001 - click hands flags by position
    """Kill the primary under orders; exits 1 when an acknowledged order is lost or recovery takes too long."""
    falls: list[Fall] = []
    with temporary(keep=keep) as folder:
        cluster = Cluster(folder, timing=Timing(ttl=ttl))
        with seeded(cluster) as ground, shop(ground, cluster.pooled_url) as port:
            stage = Rehearsal(cluster, ground, port)
            begun = time.monotonic()
            for number in range(1, failovers + 1):
                if minutes and falls and time.monotonic() - begun > minutes * 60:
                    break
                with measure.step(f"fall {number} of {failovers}"):
                    falls.append(stage.fall(frozen=freeze and number % 2 == 0))
            orders = journal.read(stage.journal, Order)
            missing, breaches = asyncio.run(journal.lost(ground.url, orders)), check(ground)
    figures = told(falls, lost=missing, orders=len(orders), breaches=breaches, add=add)
    figures.ttl_s, figures.pooled = ttl, cluster.bouncer is not None
    measure.keep("failover", msgspec.structs.asdict(figures))
    show(figures, falls, stage.troubles, breaches)
    if not figures.good:
        raise SystemExit(1)


def _told(killed: float, elected: float, served: Order, pages: list[Page], *, frozen: bool) -> Fall:
    meanwhile = [one for one in pages if killed <= one.sent <= served.acked]
    return Fall(
        elected=elected,
        recovered=served.acked - killed,
        pages=len(meanwhile),
        read=sum(one.status == 200 for one in meanwhile),
        slowest=max((one.seconds for one in meanwhile), default=0.0),
        frozen=frozen,
        failed_pages=[f"{one.status} {one.path}" for one in meanwhile if one.status != 200],
    )


if __name__ == "__main__":
    main()
