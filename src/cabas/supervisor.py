"""
The process above a machine's web processes: it starts and retires them while they serve.

Once a second it reads in the database how many processes it is to have, and tells it when that has changed. More are
started beside the others, on the same port. One too many is told to stop by SIGTERM: it drains (`kit.draining`) and
ends by itself, and is killed only when it is late. A worker that dies is started again, as ever.
"""

import asyncio
import logging
import socket
import time
from collections.abc import Callable
from typing import Any

import asyncpg
from granian.server.mp import MPServer, WorkerProcess

from cabas.domain.capacity import scaling
from cabas.kit.clock import Clock
from cabas.kit.db import Database

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 2.0
TELL_SECONDS = 5.0
"""How often it says how it is, when nothing has changed."""

CRASH_LOOP_SECONDS = 5.5
"""A worker that dies this soon after it was started again would die forever."""

_log = logging.getLogger("cabas.web")


class Supervisor(MPServer):
    """
    `Granian`, whose number of workers may change. ``workers_kill_timeout`` is how long a retired one may take.

    It reaches into Granian for what that has no name for (its list of workers, its loop): `tests/supervisor_test.py`
    is what an update of it must pass.
    """

    interrupt_children: list[int]

    def __init__(self, *, unit: "Unit", **options: Any) -> None:
        super().__init__(**options)
        self._unit = unit
        self._retiring: list[tuple[WorkerProcess, float]] = []

    def _serve_loop(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> None:
        while not self.interrupt_signal:
            if self.main_loop_interrupt.wait(LOOK_SECONDS):
                self.main_loop_interrupt.clear()
                if self.interrupt_signal or not self._brought_back(spawn_target, target_loader):
                    break
                if self.reload_signal:
                    above: Any = super()
                    above._reload(spawn_target, target_loader)
            self._bury()
            wanted = self._unit.tell(running=len(self.wrks), draining=len(self._retiring))
            if wanted is not None:
                self._scale(wanted, spawn_target, target_loader)
        self._unit.close()

    def _scale(
        self, wanted: int, spawn_target: Callable[..., None], target_loader: Callable[..., Any]
    ) -> None:
        if wanted > len(self.wrks):
            self._unit.close()  # no connection is to be open in two processes
        for number in range(len(self.wrks), wanted):
            worker = self._spawn_worker(idx=number, target=spawn_target, callback_loader=target_loader)
            worker.start()
            self.wrks.append(worker)
        while len(self.wrks) > wanted:
            worker = self.wrks.pop()
            _log.info("retiring worker-%d", worker.idx + 1)
            worker.terminate()
            self._retiring.append((worker, time.monotonic() + (self.workers_kill_timeout or 0)))
        self.workers = wanted

    def _bury(self) -> None:
        """Forget retired workers that have ended; kill those that should have."""
        left = []
        for worker, until in self._retiring:
            if not worker.inner.is_alive():
                continue
            if time.monotonic() > until:
                _log.warning("killing worker-%d, which should have ended", worker.idx + 1)
                worker.inner.kill()
            left.append((worker, until))
        self._retiring = left

    def _brought_back(self, spawn_target: Callable[..., None], target_loader: Callable[..., Any]) -> bool:
        """Start again what died. False: it dies as soon as it is started."""
        died, self.interrupt_children = (
            [number for number in self.interrupt_children if number < len(self.wrks)],
            [],
        )
        now = time.monotonic()
        if any(now - self.respawned_wrks.get(number, 0) <= CRASH_LOOP_SECONDS for number in died):
            self.interrupt_children = died
            _log.error("a worker dies whenever it is started")
            return False
        if died:
            self._unit.close()
            self.respawned_wrks.clear()
            self._respawn_workers(died, spawn_target, target_loader)
        return True

    def _stop_workers(self) -> None:
        self.wrks += [worker for worker, _ in self._retiring]
        above: Any = super()
        above._stop_workers()


class Unit:
    """
    What this machine's `cabas web` tells and is told, without threads: the process above forks.

    A database that is away is no reason to change anything.
    """

    def __init__(self, url: str, *, port: int, processes: int, clock: Clock) -> None:
        self.name = f"{socket.gethostname()}:{port}"
        self._url = url
        self._processes = processes
        self._clock = clock
        self._runner: asyncio.Runner | None = None
        self._database: Database | None = None
        self._told: tuple[int, int] | None = None
        self._told_at = 0.0

    def tell(self, *, running: int, draining: int) -> int | None:
        """How many processes there are to be; None: nobody can say."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        try:
            return self._runner.run(self._tell(running=running, draining=draining))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as away:
            _log.debug("no word from the database: %s", away)
            self.close()
            return None

    async def _tell(self, *, running: int, draining: int) -> int:
        async with asyncio.timeout(ANSWER_SECONDS):
            if self._database is None:
                self._database = await Database.connect(self._url, connections_max=1)
            if self._told == (running, draining) and time.monotonic() < self._told_at + TELL_SECONDS:
                async with self._database.read() as reader:
                    return await scaling.wanted(reader, name=self.name) or self._processes
            async with self._database.transaction() as tx:
                wanted = await scaling.tell(
                    tx,
                    name=self.name,
                    started_with=self._processes,
                    running=running,
                    draining=draining,
                    now=self._clock.now(),
                )
            self._told, self._told_at = (running, draining), time.monotonic()
            return wanted

    def close(self) -> None:
        if self._runner is None:
            return
        runner, database = self._runner, self._database
        self._runner = self._database = None
        if database is not None:
            runner.run(database.terminate())
        runner.close()
