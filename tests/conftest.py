"""
One real PostgreSQL a run; each test in a transaction that is rolled back, or on its own database.

- ``tx``: a `Transaction` on the migrated, empty database; undone at the end.
- ``database``: a `Database` on a copy of the migrated database that nobody else uses: for what needs
  several connections, commits or processes.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from cabas.kit.db import Database, Transaction, prepare_connection
from cabas.kit.migrate import migrate
from cabas.kit.postgres import EmbeddedPostgres
from databases import Shelf, at, run

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday, ten o'clock in Paris."""


@pytest.fixture
def now() -> datetime:
    return NOW


@contextmanager
def server_room() -> Iterator[Path]:
    """
    A folder for a server, gone at the end. Not below pytest's own: each run that begins on the machine shuts that one
    again for the unprivileged account under which a server runs.
    """
    folder = Path(tempfile.mkdtemp(prefix="cabas-tests-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def server_folder() -> Iterator[Path]:
    """For a server of the test's own."""
    with server_room() as folder:
        yield folder


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """An empty PostgreSQL: ``CABAS_TEST_DATABASE_URL``, else an embedded one for this run."""
    given = os.environ.get("CABAS_TEST_DATABASE_URL")
    if given:
        yield given
        return
    with server_room() as folder:
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
    asyncio.run(run(server_url, f"create database {name}"))
    url = at(server_url, name)
    asyncio.run(migrate(url, "cabas.migrations"))
    return url


@pytest_asyncio.fixture
async def tx(database_shelf: Shelf) -> AsyncIterator[Transaction]:
    connection = await asyncpg.connect(await database_shelf.shared())
    await prepare_connection(connection)
    transaction = connection.transaction()
    await transaction.start()
    try:
        yield Transaction(connection)
    finally:
        await transaction.rollback()
        await connection.close()


@pytest.fixture(scope="session")
def database_shelf(template_url: str) -> Shelf:
    return Shelf(template_url)


@pytest_asyncio.fixture
async def database_url(database_shelf: Shelf) -> AsyncIterator[str]:
    url = await database_shelf.take()
    try:
        yield url
    finally:
        await database_shelf.give_back(url)


@pytest_asyncio.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(database_url, connections_max=20)
    try:
        yield database
    finally:
        await database.close()
