"""
Roll-outs rehearsed in a row: canary, watch, all; back; forward again; with a schema change around each.

Behind a HAProxy that never sends a request twice, with shoppers ordering and stores waiting for their orders. Every
order that was acknowledged is looked for in the database at the end. Then a broken release is let loose, and must be
taken back by itself. Limit: nothing failed, nothing lost.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial

import click
import msgspec
from deploy.rollout.haproxy import Balancer
from deploy.rollout.local import LocalFleet
from deploy.rollout.plan import Outcome, Policy, roll_out

from bench import journal, measure
from bench.browse import addresses
from bench.ground import Ground, free_port, seeded
from bench.journal import Acknowledged
from bench.measure import Figure
from bench.order_carts import Goods, connect, survey
from bench.rollout.load import Load, Store
from bench.rollout.releases import BAD, Releases
from bench.rush.verdict import check
from cabas.kit.db import Database
from cabas.kit.lifeline import end_with
from cabas.seed.people import seed_people

DRAIN_SECONDS = 2
POLICY = Policy(
    watch_seconds=3, requests_min=100, patience_seconds=120, errors_share_max=0.01, look_every_seconds=0.25
)


class Result(msgspec.Struct):
    requests: int = 0
    failures: Counter[str] = msgspec.field(default_factory=Counter)

    def add(self, load: Load) -> None:
        self.requests += load.requests
        self.failures.update(load.failures)


class Rehearsal:
    def __init__(self, ground: Ground, *, processes: int) -> None:
        self.ground = ground
        self.releases = Releases(ground.folder / "releases")
        self.journal = ground.folder / "orders.journal"
        self.log = ground.folder / "house.log"
        ports = [free_port() for _ in range(processes + 1)]
        self.balancer = Balancer(port=free_port(), ports=ports)
        self.environ = ground.environ(
            CABAS_WEB_PROCESSES="1", CABAS_DRAIN_SECONDS=str(DRAIN_SECONDS), CABAS_DB_CONNECTIONS="5"
        )
        self.fleet = LocalFleet(
            self.balancer, ports=ports, sources=self.releases.source, environ=self.environ, log=self.log
        )
        self.goods, self.stores = asyncio.run(_people(ground.url))
        self.pages = asyncio.run(addresses(ground.url, stores=4))
        self.seeds = iter(range(1, 10_000))

    @contextmanager
    def loaded(self, result: Result) -> Iterator[Load]:
        load = Load(
            port=self.balancer.port,
            pages=self.pages,
            goods=self.goods,
            stores=self.stores,
            journal=self.journal,
            seed=next(self.seeds),
        )
        load.start()
        try:
            yield load
        finally:
            load.stop()
            result.add(load)

    def forward_and_back(self, number: int) -> None:
        """Release ``number`` in the place of the one before it."""
        before, release = str(number - 1), self.releases.make(number)
        self._migrate(release, "--expand")
        self._roll(release)
        self.fleet.replace_all(before)
        self._roll(release)
        self._migrate(release, "--contract")

    def _roll(self, release: str) -> None:
        if roll_out(self.fleet, release, policy=POLICY, say=_quietly) is not Outcome.DONE:
            raise SystemExit(f"release {release} is good and was taken back: see {self.log}")

    def bad_release(self) -> bool:
        """Whether it was taken back by itself, with nobody else touched."""
        before = self.fleet.releases
        outcome = roll_out(self.fleet, self.releases.make_bad(), policy=POLICY, say=_quietly)
        return outcome is Outcome.RETURNED and self.fleet.releases == before

    def orders(self) -> list[Acknowledged]:
        return journal.read(self.journal, Acknowledged)

    def lost(self) -> int:
        """Orders acknowledged to a shopper that aren't there, or there twice."""
        return asyncio.run(journal.lost(self.ground.url, self.orders()))

    def _migrate(self, release: str, step: str) -> None:
        environ = {**self.environ, "PYTHONPATH": str(self.releases.source(release))}
        subprocess.run(
            [sys.executable, "-m", "cabas", "migrate", step], env=environ, check=True, capture_output=True
        )


@click.command()
@click.option("--runs", type=int, default=10, show_default=True, help="Roll-outs in a row.")
@click.option("--processes", type=int, default=3, show_default=True, help="Web processes.")
def main(runs: int, processes: int) -> None:
    """Replace all web processes under load, again and again; exits 1 when a request failed or an order is lost."""
    result, bad = Result(), Result()
    with seeded("demo") as ground:
        stage = Rehearsal(ground, processes=processes)
        with _open(stage):
            seconds = []
            for number in range(1, runs + 1):
                started = time.monotonic()
                with measure.step(f"roll-out {number} of {runs}"), stage.loaded(result):
                    stage.forward_and_back(number)
                seconds.append(time.monotonic() - started)
            with measure.step("a broken release"), stage.loaded(bad):
                returned = stage.bad_release()
        lost, orders, breaches = stage.lost(), len(stage.orders()), check(ground)
        if result.failures or breaches:
            click.echo(stage.log.read_text(errors="replace")[-3_000:])
    figures = {
        "runs": runs,
        "requests": result.requests,
        "failed": result.failures.total(),
        "orders": orders,
        "orders_lost": lost,
        "processes": processes,
        "run_s": round(sum(seconds) / len(seconds), 1),
        "bad_release_returned": returned,
        "bad_release_failed": bad.failures.total(),
        "bad_release_requests": bad.requests,
        "slowest_stop_s": round(stage.fleet.slowest_stop, 1),
        "check_ok": not breaches,
    }
    measure.keep("rollout", figures)
    _show(figures, result, breaches)
    if result.failures or lost or breaches or not returned:
        raise SystemExit(1)


@contextmanager
def _open(stage: Rehearsal) -> Iterator[None]:
    stage.balancer.start()
    worker = None
    try:
        stage.fleet.open("0")
        with stage.log.open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "cabas", "worker"],
                env=stage.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=partial(end_with, os.getpid()),
            )
        yield
    finally:
        stage.fleet.close()
        if worker:
            worker.send_signal(signal.SIGTERM)
            worker.wait(60)
        stage.balancer.stop()


async def _people(url: str) -> tuple[Goods, list[Store]]:
    database = await Database.connect(url, connections_max=1)
    try:
        async with database.transaction() as tx:
            people = await seed_people(tx, now=datetime.now(UTC))
    finally:
        await database.close()
    connection = await connect(url)
    try:
        goods = await survey(connection)
    finally:
        await connection.close()
    stores = [Store(str(one.store), one.token) for one in (people.picker, people.manager)]
    return goods, stores


def _quietly(_: str) -> None:
    pass


def _show(figures: "dict[str, int | float | bool]", result: Result, breaches: list[str]) -> None:
    measure.show(
        "Roll-outs in a row",
        [
            Figure(name="runs", value=figures["runs"], unit=""),
            Figure(name="requests", value=figures["requests"], unit=""),
            Figure(name="failed", value=figures["failed"], unit="", limit=0, wanted="0"),
            Figure(name="orders acknowledged", value=figures["orders"], unit=""),
            Figure(name="orders lost", value=figures["orders_lost"], unit="", limit=0, wanted="0"),
            Figure(name="slowest end of a process", value=figures["slowest_stop_s"], unit="s"),
            Figure(name="a run", value=figures["run_s"], unit="s"),
            Figure(
                name=f"failed while {BAD} was a canary", value=figures["bad_release_failed"], unit="requests"
            ),
        ],
        notes=[
            "each run: expand, canary, all, back, canary, all, contract",
            f"the broken release was {'' if figures['bad_release_returned'] else 'NOT '}taken back by itself",
            *(f"{count} × {what}" for what, count in result.failures.most_common(10)),
            *breaches,
        ],
    )


if __name__ == "__main__":
    main()
