"""Web processes come and go as they are wanted, while the site answers."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import psutil
import pytest
from bench.ground import free_port

from cabas.connectors.scaler_local import LocalScaler
from cabas.domain.capacity.model import CapacityPolicy

PATIENCE_SECONDS = 120
DRAIN_SECONDS = 2


async def test_processes_are_started_retired_and_brought_back_while_the_site_answers(house, database):
    scaler = LocalScaler(database, CapacityPolicy())
    await ready(house)
    unit = await until(scaler, running=1)

    await want(scaler, unit, 3)
    grown = await until(scaler, running=3)
    assert len(workers(house)) == 3
    assert (grown.wanted, grown.started_with) == (3, 1)

    await want(scaler, unit, 1)
    while (shrunk := await look(scaler)).running > 1 or shrunk.draining:
        await ready(house)
    assert len(workers(house)) == 1

    workers(house)[0].kill()
    await want(scaler, unit, None)
    back = await until(scaler, running=1)
    assert back.wanted is None
    await ready(house)


class House:
    def __init__(self, process: "subprocess.Popen[bytes]", address: str) -> None:
        self.process, self.address = process, address


def workers(house: House) -> list[psutil.Process]:
    found = psutil.Process(house.process.pid).children()
    return [one for one in found if "resource_tracker" not in " ".join(one.cmdline())]


async def want(scaler, unit, processes):
    await scaler.want(name=unit.name, processes=processes, actor="test", now=datetime.now(UTC))


async def look(scaler):
    units = await scaler.units(now=datetime.now(UTC))
    await asyncio.sleep(0.1)
    return units[0] if units else None


async def until(scaler, *, running):
    """The one unit, once it has so many processes and none that drains."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up:
        unit = await look(scaler)
        if unit is not None and (unit.running, unit.draining) == (running, 0):
            return unit
    raise AssertionError(f"never {running} processes: {unit}")


async def ready(house):
    """Somebody answers; a connection that its process has let go of is made again."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    async with httpx.AsyncClient(base_url=house.address, timeout=30) as client:
        while time.monotonic() < give_up:
            try:
                if (await client.get("/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.1)
    raise AssertionError("never ready")


@pytest.fixture
def house(database_url, tmp_path) -> Iterator[House]:
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
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(PATIENCE_SECONDS)
