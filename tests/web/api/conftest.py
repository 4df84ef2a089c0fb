"""The application over a small network on its own database, with a clock that stands still."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

import pytest_asyncio
from litestar.testing import AsyncTestClient

from cabas import settings as settings_module
from cabas.app import create_app
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from factories.network import make_network
from factories.shopping import Api


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
    async with AsyncTestClient(create_app(settings, clock=clock)) as client:
        yield Api(client, database, clock)
