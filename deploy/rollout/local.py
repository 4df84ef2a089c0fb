"""A fleet on this machine: `cabas web` processes on ports of their own, behind a HAProxy."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from deploy.rollout.haproxy import Balancer
from deploy.rollout.plan import Counts

READY_SECONDS = 90
STOP_SECONDS = 60


class Running(msgspec.Struct):
    release: str
    process: "subprocess.Popen[bytes]"


class LocalFleet:
    """
    ``size`` processes and one place more, for the canary and for the next one while another is replaced.

    :param sources: the folder that holds each release's ``cabas`` package.
    :param environ: of every process, with the database.
    """

    def __init__(
        self,
        balancer: Balancer,
        *,
        ports: list[int],
        sources: Callable[[str], Path],
        environ: Mapping[str, str],
        log: Path,
    ) -> None:
        self._balancer = balancer
        self._ports = ports
        self._sources = sources
        self._environ = environ
        self._log = log
        self._places: dict[int, Running] = {}
        self._canary: int | None = None
        self._before: dict[int, Counts] = {}
        self.slowest_stop = 0.0
        """Seconds from SIGTERM to the end of the process, at most."""

    @property
    def releases(self) -> list[str]:
        return sorted(one.release for one in self._places.values())

    def open(self, release: str) -> None:
        """The first processes, all but one place full; the free one is known to be empty."""
        for place in range(len(self._ports) - 1):
            self._start(place, release)
        for place in range(len(self._ports) - 1):
            self._until_up(place)
        self._until(lambda: not self._balancer.up(len(self._ports) - 1), "the free place looks taken")

    def close(self) -> None:
        for running in self._places.values():
            running.process.send_signal(signal.SIGINT)
        for running in self._places.values():
            try:
                running.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(running.process.pid, signal.SIGKILL)
        self._places.clear()

    def start_canary(self, release: str) -> None:
        place = self._free()
        self._before = {one: self._balancer.counts(one) for one in range(len(self._ports))}
        self._canary = place
        self._start(place, release)
        self._until_up(place)

    def canary_counts(self) -> Counts:
        return self._since(place for place in self._places if place == self._canary)

    def other_counts(self) -> Counts:
        return self._since(place for place in self._places if place != self._canary)

    def drop_canary(self) -> None:
        if self._canary is not None and self._canary in self._places:
            self._retire(self._canary)
        self._canary = None

    def replace_all(self, release: str) -> None:
        """A canary of the release counts as the first of them."""
        self._canary = None
        for place, running in list(self._places.items()):
            if running.release == release:
                continue
            if sum(one.release == release for one in self._places.values()) < len(self._ports) - 1:
                free = self._free_or_none()
                if free is not None:
                    self._start(free, release)
                    self._until_up(free)
            self._retire(place)

    def _since(self, places: Iterable[int]) -> Counts:
        now = {place: self._balancer.counts(place) for place in places}
        return Counts(
            sum(counts.requests - self._before[place].requests for place, counts in now.items()),
            sum(counts.errors - self._before[place].errors for place, counts in now.items()),
        )

    def _free(self) -> int:
        free = self._free_or_none()
        if free is None:
            raise RuntimeError("no place is free")
        return free

    def _free_or_none(self) -> int | None:
        return next((place for place in range(len(self._ports)) if place not in self._places), None)

    def _start(self, place: int, release: str) -> None:
        environ = {
            **self._environ,
            "PYTHONPATH": str(self._sources(release)),
            "CABAS_PORT": str(self._ports[place]),
        }
        with self._log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "cabas", "web"],
                env=environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._places[place] = Running(release, process)

    def _until_up(self, place: int) -> None:
        running = self._places[place]

        def up() -> bool:
            if running.process.poll() is not None:
                raise SystemExit(f"a process of {running.release} did not start: see {self._log}")
            return self._balancer.up(place)

        self._until(up, f"a process of {running.release} never was ready")

    def _retire(self, place: int) -> None:
        """As Kubernetes does: SIGTERM, then wait; the balancer sees by itself that it is no longer ready."""
        running = self._places.pop(place)
        started = time.monotonic()
        running.process.terminate()
        try:
            running.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(running.process.pid, signal.SIGKILL)
            raise SystemExit(f"a process of {running.release} did not end within {STOP_SECONDS} s") from None
        self.slowest_stop = max(self.slowest_stop, time.monotonic() - started)

    def _until(self, done: Callable[[], bool], otherwise: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not done():
            if time.monotonic() > deadline:
                raise SystemExit(otherwise)
            time.sleep(0.05)
