"""What rehearsals of the database share: a seeded cluster with the shop on it."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import click
from deploy.postgres.local import Cluster

from bench import measure
from bench.ground import Ground, free_port
from bench.order_carts import Goods, connect, survey
from cabas.kit.lifeline import end_with

STOP_SECONDS = 60
READY_SECONDS = 180
"""Three servers and the shop start on two cores, beside whatever else runs there."""


@contextmanager
def temporary(*, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cabas-"))
    try:
        yield folder
    finally:
        if keep:
            click.echo(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def seeded(cluster: Cluster) -> Iterator[Ground]:
    """The cluster started, with the demo network in it."""
    try:
        with measure.step("the nodes"):
            cluster.start()
        ground = Ground(cluster.folder, cluster.url, cluster.binaries)
        with measure.step("the demo network"):
            quiet(ground, "migrate")
            quiet(ground, "seed")
            cluster.checkpoint()
        yield ground
    finally:
        cluster.stop()


@contextmanager
def shop(ground: Ground, url: str) -> Iterator[int]:
    """`cabas web` and `cabas worker` on that address; yields the port. They must live until the end."""
    port = free_port()
    settings = {"CABAS_DATABASE_URL": url, "CABAS_PORT": str(port), "CABAS_WEB_PROCESSES": "1"}
    with _running(ground, "web", settings) as process, _running(ground, "worker", settings):
        _wait_for(process, f"http://127.0.0.1:{port}/readyz")
        yield port


def _wait_for(process: "subprocess.Popen[bytes]", address: str) -> None:
    """:raises SystemExit: the shop ended, or isn't ready in `READY_SECONDS`."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:  # noqa: S310 - our own address
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"{address} was not ready within {READY_SECONDS} s: see web.log")


def quiet(ground: Ground, *arguments: str) -> None:
    """:raises SystemExit: the command failed; says how."""
    done = subprocess.run(
        [sys.executable, "-m", "cabas", *arguments],
        env=ground.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"cabas {' '.join(arguments)} failed: {done.stderr[-2_000:]}")


@contextmanager
def _running(ground: Ground, command: str, settings: dict[str, str]) -> "Iterator[subprocess.Popen[bytes]]":
    """:raises SystemExit: it ended before its end was wanted."""
    with (ground.folder / f"{command}.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "cabas", command],
            env=ground.environ(**settings),
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=partial(end_with, os.getpid()),
        )
    try:
        yield process
        if process.poll() is not None:
            raise SystemExit(f"cabas {command} ended by itself: see its log")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STOP_SECONDS)


async def goods_of(url: str) -> Goods:
    connection = await connect(url)
    try:
        return await survey(connection)
    finally:
        await connection.close()
