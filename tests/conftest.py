"""
One real PostgreSQL a run; each test in a transaction that is rolled back, or on its own database.

- ``tx``: a `Transaction` on the migrated, empty database; undone at the end.
- ``database``: a `Database` on a fresh copy of the migrated database, dropped at the end: for what
  needs several connections, commits or processes.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from cabas.kit.db import Database, Transaction, prepare_connection
from cabas.kit.migrate import migrate
from cabas.kit.postgres import EmbeddedPostgres

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday, ten o'clock in Paris."""


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An empty PostgreSQL: ``CABAS_TEST_DATABASE_URL``, else an embedded one for this run."""
    given = os.environ.get("CABAS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    folder = tmp_path_factory.mktemp("postgres")
    for parent in (folder, *folder.parents):  # the unprivileged server account must reach it
        if parent.stat().st_uid == os.geteuid() and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    # Tests don't survive a power cut: fsync off is for speed here and nowhere else.
    server = EmbeddedPostgres(folder, settings={"fsync": "off"})
    server.start()
    try:
        yield server.url
    finally:
        server.stop(mode="immediate")


@pytest.fixture(scope="session")
def template_url(server_url: str) -> str:
    """A migrated database, copied for tests that commit."""
    name = f"template_{uuid4().hex[:12]}"
    asyncio.run(_run(server_url, f"create database {name}"))
    url = _at(server_url, name)
    asyncio.run(migrate(url, "cabas.migrations"))
    return url


@pytest_asyncio.fixture
async def tx(template_url: str) -> AsyncIterator[Transaction]:
    connection = await asyncpg.connect(_at(template_url, await _copy(template_url, shared=True)))
    await prepare_connection(connection)
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield Transaction(connection)
    finally:
        await transaction.rollback()
        await connection.close()


@pytest_asyncio.fixture
async def database_url(template_url: str) -> AsyncIterator[str]:
    name = await _copy(template_url, shared=False)
    try:
        yield _at(template_url, name)
    finally:
        await _run(template_url, f"drop database {name} with (force)", on="postgres")


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(database_url, connections_max=20)
    try:
        yield database
    finally:
        await database.close()


_shared: dict[str, str] = {}


async def _copy(template_url: str, *, shared: bool) -> str:
    if shared and template_url in _shared:
        return _shared[template_url]
    name = f"copy_{uuid4().hex[:12]}"
    template = template_url.rsplit("/", 1)[1]
    await _run(template_url, f"create database {name} template {template}", on="postgres")
    if shared:
        _shared[template_url] = name
    return name


async def _run(url: str, statement: str, *, on: str | None = None) -> None:
    connection = await asyncpg.connect(_at(url, on) if on else url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _at(url: str, name: str) -> str:
    return f"{url.rsplit('/', 1)[0]}/{name}"
