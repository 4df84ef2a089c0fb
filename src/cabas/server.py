"""`cabas web`: Granian serving the application in one or more processes."""

import asyncio
import errno
import os
import resource
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

import click
from granian.constants import Interfaces, Loops

from cabas import migrations
from cabas import settings as settings_module
from cabas.connection import database_url
from cabas.kit import logs
from cabas.kit import migrate as migrating
from cabas.kit.clock import SystemClock
from cabas.kit.db import Database
from cabas.settings import BadSetting, Settings
from cabas.supervisor import Supervisor, Unit

BACKLOG = 4096
"""Connections that may wait to be taken: at the stroke they all come at once."""

CONNECTIONS_MAX = 32_768
"""Open connections of one process, most of them idle. How many are worked on is the limiter's business."""
MULTIPROC = "PROMETHEUS_MULTIPROC_DIR"
"""Read by prometheus-client when it is imported: by the server's processes, after it was set."""

STOP_SECONDS = 10
ADDRESS_SECONDS = 5
"""A server that was just stopped may need a moment to let go of its port."""


@click.command()
@click.option("--host", help="Address to listen on (CABAS_HOST, default 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (CABAS_PORT, default 8000).")
@click.option("--processes", type=int, help="Web processes (CABAS_WEB_PROCESSES, default: cores, at most 4).")
def web(host: str | None, port: int | None, processes: int | None) -> None:
    """Serve the storefront, the store app, the console and the API."""
    given = {"CABAS_HOST": host, "CABAS_PORT": port, "CABAS_WEB_PROCESSES": processes}
    os.environ.update({name: str(value) for name, value in given.items() if value is not None})
    settings = settings_module.load()
    logs.begin(settings.telemetry.log_form, service="cabas-web", project=settings.telemetry.trace_project)
    require_address(settings)
    with database_url(settings) as url:
        asyncio.run(_prepare_schema(settings, url))
        os.environ["CABAS_DATABASE_URL"] = url  # for the server's own processes
        with _shared_counts():
            serve(settings, url)


@contextmanager
def _shared_counts() -> Iterator[None]:
    """A folder in which several processes count together: whichever is asked for figures tells all."""
    if MULTIPROC in os.environ:
        yield
        return
    with TemporaryDirectory(prefix="cabas-figures-") as folder:
        os.environ[MULTIPROC] = folder
        yield


def require_address(settings: Settings) -> None:
    """
    The server's processes share a port, and would share it with a stranger's, too: so it is tried first.

    :raises BadSetting: somebody listens there already, or may not.
    """
    deadline = time.monotonic() + ADDRESS_SECONDS
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    while True:
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                return probe.bind((settings.host, settings.port))
            except OSError as problem:
                if problem.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                    raise BadSetting(
                        f"cannot listen on {settings.host}, port {settings.port}: {problem.strerror}."
                        " Choose another port: PORT=8001 make demo, or CABAS_PORT"
                    ) from problem
        time.sleep(0.2)


def serve(settings: Settings, url: str) -> None:
    """
    Blocks until stopped; processes come and go as head office wants them (`Supervisor`). SIGTERM: no longer ready,
    and served on for `Settings.drain_seconds`; then, as at once on SIGINT, no connection is taken and requests under
    way are finished.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:  # a connection is a file
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    unit = Unit(
        url,
        port=settings.port,
        processes=settings.web_processes,
        clock=SystemClock(settings.clock_offset),
    )
    Supervisor(
        unit=unit,
        target="cabas.app:create",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=settings.web_processes,
        backlog=BACKLOG,
        backpressure=CONNECTIONS_MAX,
        websockets=False,
        log_access=False,
        log_dictconfig=logs.GRANIAN,
        respawn_failed_workers=True,
        workers_kill_timeout=settings.drain_seconds + STOP_SECONDS,
    ).serve()


async def _prepare_schema(settings: Settings, url: str) -> None:
    """
    The embedded database is ours to migrate. A server by URL is migrated by its own step
    (`cabas migrate`), so that a roll-out decides when.
    """
    # It may be in the middle of a fail-over.
    database = await Database.connect_when_up(url, connections_max=1)
    await database.close()
    if settings.database_url is None:
        await migrating.migrate(url, migrations.__name__)
        return
    missing = await migrating.pending(url, migrations.__name__, step="expand")
    if missing:
        raise BadSetting(f"the database lacks {len(missing)} migrations: run `cabas migrate --expand` first")
