"""The whole application over a small shop on its own database, with a clock that a test may move."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from litestar.testing import AsyncTestClient

from cabas import settings as settings_module
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from cabas.web.classes import CLASSES
from factories.browsing import post_form
from factories.shop import Shop, make_shop
from factories.site import site

__all__ = ["post_form"]


@pytest_asyncio.fixture
async def shop(database: Database, now: datetime) -> Shop:
    """See `factories.shop`: two stores, thirty products, slots for a week."""
    async with database.transaction() as tx:
        return await make_shop(tx, now=now)


@pytest_asyncio.fixture
async def clock(now: datetime) -> FixedClock:
    return FixedClock(now)


@pytest_asyncio.fixture
async def client(
    shop: Shop, database_url: str, clock: FixedClock, tmp_path: Path
) -> AsyncIterator[AsyncTestClient[Any]]:
    """A browser with a cookie jar, on the application over ``shop``."""
    settings = settings_module.load(
        {
            "CABAS_DATABASE_URL": database_url,
            "CABAS_DATA": str(tmp_path),
            "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
        }
    )
    async with AsyncTestClient(site(settings, clock=clock)) as browser:
        yield browser


@pytest.fixture
def crowded(client):
    """Every place is taken, in every class, and stays so."""
    limiter = client.app.state.site.ladder.limiter
    for kind in range(len(CLASSES)):
        while limiter.enter(kind, 0.0):
            pass
    return limiter
