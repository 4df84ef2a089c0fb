"""One fault in the middle of the rush, and what an operator's supervisor does about it."""

import os
import signal
import time
from collections.abc import Callable
from threading import Thread
from typing import Literal

import psutil

from bench.rush.house import House

Fault = Literal["none", "web", "worker", "database"]
FAULTS: tuple[Fault, ...] = ("none", "web", "worker", "database")
AFTER_SECONDS = 2.0
"""After the stroke, while most orders are under way."""
_SUPERVISOR_SECONDS = 1.0


def inject(house: House, fault: Fault, *, at: float) -> Thread:
    """Break it at this Unix time, from a thread of its own."""

    def run() -> None:
        time.sleep(max(at - time.time(), 0))
        _BREAK[fault](house)

    thread = Thread(target=run)
    thread.start()
    return thread


def _nothing(_: House) -> None:
    """No fault."""


def _kill_web(house: House) -> None:
    """One of the web processes; the server starts another by itself."""
    if processes := house.web_processes():
        processes[0].kill()


def _kill_worker(house: House) -> None:
    if house.worker is not None:
        house.worker.kill()
        house.worker.wait()
        time.sleep(_SUPERVISOR_SECONDS)
        house.start_worker()


def _kill_database(house: House) -> None:
    """The whole server as a power cut leaves it, and its restart with recovery."""
    pid = house.server_pid()
    backends = psutil.Process(pid).children(recursive=True)
    os.kill(pid, signal.SIGKILL)
    for backend in backends:
        try:
            backend.kill()
        except psutil.NoSuchProcess:
            continue
    time.sleep(_SUPERVISOR_SECONDS)
    house.stage.server.start()


_BREAK: dict[Fault, Callable[[House], None]] = {
    "none": _nothing,
    "web": _kill_web,
    "worker": _kill_worker,
    "database": _kill_database,
}
