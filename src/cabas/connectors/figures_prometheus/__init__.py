"""
What a worker tells Prometheus: what is on its way, what is left, and whether the site answers as shoppers ask it.

All workers tell the same of the database, each of its own jobs: rules take the maximum, and the sum.
"""

from collections.abc import Awaitable, Iterator
from datetime import timedelta
from time import monotonic
from typing import Final

import aiohttp
from prometheus_client import Counter, Gauge, start_http_server
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import REGISTRY, Collector

from cabas.connectors.bridge_outbox.records import select_backlogs
from cabas.domain.orders import figures as orders
from cabas.domain.slots import figures as slots
from cabas.kit import board
from cabas.kit.clock import Clock
from cabas.kit.db import PASSING_FAULTS, Database
from cabas.kit.guard import Standing

PROBED: Final = {"home": "/", "slots": "/creneaux", "ready": "/readyz"}
"""What is asked of the site, by the name of its series."""

PROBE_SECONDS: Final = 2.0
"""I8: a page within two seconds at every level."""

_DATABASE: Final = Gauge("cabas_database_up", "1: the database answered the worker.")
_PENDING: Final = Gauge("cabas_outbox_pending", "Facts not yet sent to their stores.")
_OLDEST: Final = Gauge("cabas_outbox_oldest_seconds", "Age of the oldest fact not yet sent to its store.")
_LATE: Final = Gauge("cabas_receipts_late", "Sent over two minutes ago and not received by the store.")
_STORES: Final = Gauge("cabas_stores_late", "Stores that such a receipt is missing from.")
_PLACES: Final = Gauge("cabas_places", "Places of the slots that can be booked now.", ("channel",))
_LEFT: Final = Gauge("cabas_places_left", "Of them, not taken.", ("channel",))
_FULL: Final = Gauge(
    "cabas_slots_full", "Slots that could be booked now, had they a place left.", ("channel",)
)
_AWAY: Final = Gauge("cabas_service_away", "Share of processes that do not ask it any more.", ("service",))
_OWED: Final = Gauge("cabas_service_owed", "What it was not told yet.", ("service",))
_OWED_SINCE: Final = Gauge("cabas_service_owed_seconds", "Since when the oldest of it waits.", ("service",))
_RUNS: Final = Counter("cabas_job_runs", "Times that a recurring job was run.", ("task",))
_DONE: Final = Counter("cabas_job_done", "What it did: orders, facts, messages.", ("task",))
_FAILURES: Final = Counter("cabas_job_failures", "Times that it failed.", ("task",))
_SUCCESS: Final = Gauge("probe_success", "1: a page came in time.", ("target",))
_ANSWERED: Final = Gauge("probe_duration_seconds", "How long it took.", ("target",))


class _Dispatched(Collector):
    """A count that the database keeps, so that it goes on where it was after any restart."""

    count: int | None = None

    def collect(self) -> Iterator[CounterMetricFamily]:
        if self.count is not None:
            yield CounterMetricFamily("cabas_dispatched", "Facts sent to stores.", value=self.count)


_dispatched: Final = _Dispatched()
REGISTRY.register(_dispatched)


def serve(port: int) -> None:
    """``/metrics`` of this process, from a thread, on every address."""
    start_http_server(port)


async def counted(name: str, work: Awaitable[int]) -> int:
    """One run of a job, which says how much it did."""
    _RUNS.labels(name).inc()
    try:
        done = await work
    except Exception:
        _FAILURES.labels(name).inc()
        raise
    _DONE.labels(name).inc(done)
    return done


async def take_backlog(database: Database, clock: Clock, *, late_after: timedelta) -> int:
    """A job: how orders stand. A database that is away is a figure, too."""
    try:
        async with database.read() as reader:
            found = await orders.backlog(reader, late_after=late_after, now=clock.now())
    except PASSING_FAULTS:
        _DATABASE.set(0)
        raise
    _DATABASE.set(1)
    _PENDING.set(found.pending)
    _OLDEST.set(found.oldest_seconds)
    _LATE.set(found.receipts_late)
    _STORES.set(found.stores_late)
    _dispatched.count = found.dispatched
    return 0


async def take_places(database: Database, clock: Clock) -> int:
    """A job, for once a minute."""
    async with database.read() as reader:
        found = await slots.places(reader, now=clock.now())
    for channel, places in found.items():
        _PLACES.labels(channel).set(places.capacity)
        _LEFT.labels(channel).set(places.left)
        _FULL.labels(channel).set(places.full_slots)
    return 0


async def take_services(database: Database, clock: Clock) -> int:
    """A job: how outside services are, as all processes tell, and what is owed to them."""
    now = clock.now()
    async with database.read() as reader:
        told = await board.told(reader, now=now)
        owed = await select_backlogs(reader)
    standings: dict[str, list[bool]] = {}
    for one in told:
        standings.setdefault(one.state.name, []).append(one.state.standing is Standing.OPEN)
    for gauge in (_AWAY, _OWED, _OWED_SINCE):
        gauge.clear()  # a service that nobody asks any more is not away
    for service, away in standings.items():
        _AWAY.labels(service).set(sum(away) / len(away))
    for service, backlog in owed.items():
        _OWED.labels(service).set(backlog.waiting)
        since = (now - backlog.oldest_at).total_seconds() if backlog.oldest_at else 0.0
        _OWED_SINCE.labels(service).set(max(since, 0.0))
    return 0


async def probe(database: Database, clock: Clock, *, url: str) -> int:
    """A job: a page for whoever asks, a read-only one or a waiting room's included, and in time."""
    timeout = aiohttp.ClientTimeout(total=PROBE_SECONDS)
    async with aiohttp.ClientSession(timeout=timeout) as session:
        for target, path in PROBED.items():
            begun = monotonic()
            _SUCCESS.labels(target).set(await _answers(session, url + path))
            _ANSWERED.labels(target).set(monotonic() - begun)
    return 0


async def _answers(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url, headers={"user-agent": "cabas-probe"}) as answer:
            await answer.read()
            return answer.status < 500
    except (aiohttp.ClientError, TimeoutError, OSError):
        return False
