"""A small shop, for what is left in its slots."""

import pytest_asyncio

from factories.shop import Shop, make_shop


@pytest_asyncio.fixture
async def shop(database, now) -> Shop:
    async with database.transaction() as tx:
        return await make_shop(tx, now=now)
