"""`cabas worker`: runs the schedule. Start as many as wanted: every job tolerates company."""

import asyncio
import logging
import os
import signal

import click

from cabas import settings as settings_module
from cabas.connection import database_url
from cabas.connectors import figures_prometheus as figures
from cabas.connectors import telemetry_otlp
from cabas.kit.clock import Clock, SystemClock
from cabas.kit.db import Database
from cabas.schedule import Recurring, recurring
from cabas.settings import Settings

BATCH_FULL = 100
NICENESS = 10
"""On a machine that serves the shop too, an order goes before the mail about another."""
SPARE_CONNECTIONS = 4
"""Beside one for each job: an opening works on several stores at once."""
_log = logging.getLogger("cabas.worker")


@click.command()
def worker() -> None:
    """Dispatch orders to their stores and run recurring jobs."""
    settings = settings_module.load()
    telemetry_otlp.begin(settings, service="cabas-worker")
    if settings.telemetry.worker_port:
        figures.serve(settings.telemetry.worker_port)
    try:
        with database_url(settings) as url:
            os.nice(NICENESS)  # once the embedded database runs, which must not inherit it
            asyncio.run(run(settings, url))
    finally:
        telemetry_otlp.end()


async def run(settings: Settings, url: str) -> None:
    """Runs until SIGTERM or SIGINT; a job under way is finished first."""
    jobs = recurring(settings)
    database = await Database.connect_when_up(url, connections_max=len(jobs) + SPARE_CONNECTIONS)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    clock = SystemClock(settings.clock_offset)
    try:
        await asyncio.gather(*(_repeat(job, database, clock, stopping) for job in jobs))
    finally:
        await database.close()


async def _repeat(job: Recurring, database: Database, clock: Clock, stopping: asyncio.Event) -> None:
    while not stopping.is_set():
        done = 0
        try:
            done = await figures.counted(job.name, job.run(database, clock))
        except Exception:  # the worker outlives any one failure: the next round tries again
            _log.exception("job failed: %s", job.name)
        if done >= BATCH_FULL:
            continue
        try:
            await asyncio.wait_for(stopping.wait(), timeout=job.every.total_seconds())
        except TimeoutError:
            continue
