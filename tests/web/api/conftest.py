"""The application over a small network on its own database, with a clock that stands still."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import httpx
import pytest_asyncio
from litestar import Litestar

from cabas import settings as settings_module
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from factories.network import make_network
from factories.shopping import Api
from factories.site import site


@pytest_asyncio.fixture
async def network(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        await make_network(tx, now=now)


@pytest_asyncio.fixture
async def clock(now: datetime) -> FixedClock:
    return FixedClock(now)


@pytest_asyncio.fixture
async def api(
    network: None, database: Database, database_url: str, clock: FixedClock, tmp_path: Path
) -> AsyncIterator[Api]:
    settings = settings_module.load(
        {
            "CABAS_DATABASE_URL": database_url,
            "CABAS_DATA": str(tmp_path),
            "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
        }
    )
    app = site(settings, clock=clock)
    # Litestar's own test client answers one request at a time; races need a transport that doesn't.
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type] - httpx types a scope more loosely
    async with _alive(app), httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield Api(client, database, clock)


@asynccontextmanager
async def _alive(app: Litestar) -> AsyncIterator[None]:
    """Start and stop it in one task, as a server does: fixtures begin and end in different ones."""
    started, stopping = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.lifespan():
            started.set()
            await stopping.wait()

    living = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({living, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if living.done():
        living.result()
    try:
        yield
    finally:
        stopping.set()
        await living
