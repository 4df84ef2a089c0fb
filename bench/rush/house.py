"""`cabas web` and `cabas worker` as real processes, on a clock that is shifted to the night of the rehearsal."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from typing import IO

import psutil

from bench.ground import Ground, free_port, ready
from bench.rush.ground import Stage
from cabas.kit import lifeline

STOP_SECONDS = 20


class House:
    """The product, running. ``midnight``: the real instant (Unix seconds) of the opening, by its clock."""

    def __init__(self, stage: Stage, *, seconds_before: float, processes: int) -> None:
        self.stage = stage
        offset = ceil(
            (stage.midnight - timedelta(seconds=seconds_before) - datetime.now(UTC)).total_seconds()
        )
        self.offset = timedelta(seconds=offset)
        self.midnight = (stage.midnight - self.offset).timestamp()
        self.port = free_port()
        self._environ = stage.ground.environ(
            CABAS_PORT=str(self.port),
            CABAS_WEB_PROCESSES=str(processes),
            CABAS_CLOCK_OFFSET_SECONDS=str(offset),
        )
        self._log: IO[bytes] = (stage.ground.folder / "house.log").open("ab")
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def now(self) -> datetime:
        """By the product's clock, UTC."""
        return datetime.now(UTC) + self.offset

    def open(self) -> None:
        self.web = self._run("web")
        ready(self.web, f"{self.base}/readyz")

    def start_worker(self) -> None:
        self.worker = self._run("worker")

    def web_processes(self) -> list[psutil.Process]:
        """Those that answer: the leaves, whatever supervises them."""
        if self.web is None:
            return []
        return [
            child for child in psutil.Process(self.web.pid).children(recursive=True) if not child.children()
        ]

    def cpu_seconds(self) -> dict[str, float]:
        """So far, by part; what has died is not in it."""
        return {"web": _cpu(self.web), "worker": _cpu(self.worker), "database": _cpu_of(self.server_pid())}

    def server_pid(self) -> int:
        pid_file = self.stage.server.folder / "pgdata" / "postmaster.pid"
        return int(pid_file.read_text().split()[0])

    def close(self) -> None:
        running = [one for one in (self.web, self.worker) if one is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        self._log.close()

    def _run(self, role: str) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", "cabas", role],
            env=self._environ,
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
            preexec_fn=partial(lifeline.end_with, os.getpid()),
        )


@contextmanager
def opened(stage: Stage, *, seconds_before: float, worker: bool, processes: int) -> Iterator[House]:
    """The product this long before its midnight; its log is shown when something breaks."""
    house = House(stage, seconds_before=seconds_before, processes=processes)
    try:
        house.open()
        if worker:
            house.start_worker()
        yield house
    finally:
        house.close()


def wait_until(moment: float) -> None:
    """Until this Unix time. :raises SystemExit: it has passed: what should have been ready was not."""
    left = moment - time.time()
    if left < 0:
        raise SystemExit(f"late by {-left:.1f} s: give the rehearsal a longer lead")
    time.sleep(left)


def tail(ground: Ground, lines: int = 30) -> str:
    return "\n".join((ground.folder / "house.log").read_text(errors="replace").splitlines()[-lines:])


def _cpu(process: "subprocess.Popen[bytes] | None") -> float:
    return _cpu_of(process.pid) if process is not None else 0.0


def _cpu_of(pid: int) -> float:
    try:
        root = psutil.Process(pid)
        times = [one.cpu_times() for one in (root, *root.children(recursive=True))]
        reaped = root.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(sum(one.user + one.system for one in times) + reaped.children_user + reaped.children_system)
