"""The database a command works on: the one named by CABAS_DATABASE_URL, else the embedded one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from cabas.kit.clock import SystemClock
from cabas.kit.db import Database
from cabas.kit.postgres import EmbeddedPostgres
from cabas.settings import Settings

T = TypeVar("T")


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """
    The address of a running database. The embedded one is started when need be, and stopped
    at the end by whoever started it.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    embedded = EmbeddedPostgres(settings.data_folder / "postgres")
    started = embedded.start()
    try:
        yield embedded.url
    finally:
        if started:
            embedded.stop()


def on_database(settings: Settings, work: Callable[[Database, SystemClock], Awaitable[T]]) -> T:
    """What a command does on one connection, by the product's clock."""

    async def connected(url: str) -> T:
        database = await Database.connect(url, connections_max=1)
        try:
            return await work(database, SystemClock(settings.clock_offset))
        finally:
            await database.close()

    with database_url(settings) as url:
        return asyncio.run(connected(url))
