"""The demo network loaded once a run, and the nation's catalogue made once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from cabas.kit.db import prepare_connection
from cabas.seed.loading import load, products_of
from cabas.seed.network import network
from conftest import NOW

SEED = 2026


def silent(step: str, done: int, total: int) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="session")
def nation_products():
    return products_of("nation", seed=SEED)


@pytest.fixture(scope="session")
def shops():
    return network(seed=SEED)


@pytest.fixture(scope="session")
def seeded_url(template_url: str) -> Iterator[str]:
    """A database with the demo network. Read it, write nothing."""
    name = f"seeded_{uuid4().hex[:12]}"
    base, template = template_url.rsplit("/", 1)
    asyncio.run(_on_server(base, f"create database {name} template {template}"))
    asyncio.run(load(f"{base}/{name}", scale="demo", seed=SEED, now=NOW, progress=silent))
    yield f"{base}/{name}"
    asyncio.run(_on_server(base, f"drop database {name} with (force)"))


@pytest_asyncio.fixture
async def seeded(seeded_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(seeded_url)
    await prepare_connection(connection)
    try:
        yield connection
    finally:
        await connection.close()


async def _on_server(base: str, statement: str) -> None:
    connection = await asyncpg.connect(f"{base}/postgres")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
