"""A browser on a site with a name, which passkeys need."""

from collections.abc import AsyncIterator

import pytest_asyncio
from litestar.testing import AsyncTestClient

from cabas import settings as settings_module
from factories.account import SECRET_KEY
from factories.no_script_browser import Browser
from factories.site import site


@pytest_asyncio.fixture
async def browser(shop, database, database_url, clock, tmp_path) -> AsyncIterator[Browser]:
    settings = settings_module.load(
        {
            "CABAS_DATABASE_URL": database_url,
            "CABAS_DATA": str(tmp_path),
            "CABAS_SECRET_KEY": SECRET_KEY,
            "CABAS_PUBLIC_URL": "http://cabas.test",
        }
    )
    async with AsyncTestClient(site(settings, clock=clock), base_url="http://cabas.test") as client:
        yield Browser(client, database)
