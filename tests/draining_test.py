"""A web process that is told to stop says so, serves on, and ends without cutting anybody off."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import psutil
import pytest
from bench.ground import free_port

PATIENCE_SECONDS = 90
DRAIN_SECONDS = 120
"""More than the test takes: it ends the wait itself."""


class House(msgspec.Struct):
    process: "subprocess.Popen[bytes]"
    address: str

    def finish_drain(self) -> None:
        for server in psutil.Process(self.process.pid).children():
            if "resource_tracker" not in " ".join(server.cmdline()):
                server.send_signal(signal.SIGINT)


async def test_a_process_told_to_stop_is_not_ready_answers_on_and_lets_connections_go(house):
    async with (
        httpx.AsyncClient(base_url=house.address, timeout=30) as balancer,
        httpx.AsyncClient(base_url=house.address, timeout=30) as shopper,
    ):
        await _until(balancer, 200, house)
        kept = await shopper.get("/healthz")

        house.process.terminate()
        told = await _until(balancer, 503, house)
        served = [await shopper.get("/salle") for _ in range(3)]
        house.finish_drain()
        ended = await asyncio.to_thread(house.process.wait, PATIENCE_SECONDS)

    assert "connection" not in kept.headers
    assert told.json() == {"status": "draining"}
    assert [answer.status_code for answer in served] == [200] * 3
    assert [answer.headers["connection"] for answer in served] == ["close"] * 3
    assert ended == 0


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    port = free_port()
    environ = {
        **os.environ,
        "CABAS_DATABASE_URL": database_url,
        "CABAS_DATA": str(tmp_path),
        "CABAS_PORT": str(port),
        "CABAS_WEB_PROCESSES": "1",
        "CABAS_DRAIN_SECONDS": str(DRAIN_SECONDS),
        "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
    }
    process = subprocess.Popen([sys.executable, "-m", "cabas", "web"], env=environ, start_new_session=True)
    try:
        yield House(process, f"http://127.0.0.1:{port}")
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_SECONDS)


async def _until(client: httpx.AsyncClient, status: int, house: House) -> httpx.Response:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while True:
        assert time.monotonic() < give_up, f"/readyz never said {status}"
        assert house.process.poll() is None, "cabas web ended"
        try:
            answer = await client.get("/readyz")
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == status:
            return answer
        await asyncio.sleep(0.1)
