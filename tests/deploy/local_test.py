"""Processes replaced behind a real HAProxy, which sends nothing twice: whoever asks meanwhile notices nothing."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from bench.ground import free_port
from deploy.rollout import haproxy
from deploy.rollout.haproxy import Balancer
from deploy.rollout.local import LocalFleet
from deploy.rollout.plan import Counts, Outcome, Policy, roll_out

import cabas

pytestmark = pytest.mark.skipif(
    haproxy.program() is None, reason="no HAProxy here (as root: apt-get install haproxy)"
)
POLICY = Policy(watch_seconds=0, requests_min=5, patience_seconds=90, look_every_seconds=0.1)


class Asking:
    """One browser that asks again and again on its one connection, and notes what went wrong."""

    def __init__(self, port: int) -> None:
        self.answered, self.wrong = 0, []
        self._port = port
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> "Asking":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _ask(self) -> None:
        with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=60) as browser:
            while not self._stop.is_set():
                try:
                    status = browser.get("/salle").status_code
                except httpx.HTTPError as problem:
                    status = repr(problem)
                self.answered += 1
                if status != 200:
                    self.wrong.append(status)
                time.sleep(0.02)


def test_a_release_replaces_another_under_the_hands_of_those_who_ask(house):
    balancer, fleet = house
    fleet.open("old")

    with Asking(balancer.port) as asking:
        outcome = roll_out(fleet, "new", policy=POLICY, say=lambda _: None)

    assert outcome is Outcome.DONE
    assert fleet.releases == ["new"]
    assert asking.wrong == []
    assert asking.answered > POLICY.requests_min
    assert fleet.canary_counts() == Counts(0, 0)


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[tuple[Balancer, LocalFleet]]:
    ports = [free_port(), free_port()]
    balancer = Balancer(port=free_port(), ports=ports)
    environ = {
        **os.environ,
        "CABAS_DATABASE_URL": database_url,
        "CABAS_DATA": str(tmp_path / "data"),
        "CABAS_WEB_PROCESSES": "1",
        "CABAS_DRAIN_SECONDS": "4",
        "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
    }
    source = Path(cabas.__file__).parent.parent
    fleet = LocalFleet(
        balancer, ports=ports, sources=lambda _: source, environ=environ, log=tmp_path / "house.log"
    )
    balancer.start()
    try:
        yield balancer, fleet
    finally:
        fleet.close()
        balancer.stop()
