"""
PostgreSQL by asyncpg. Reads and writes have different types, so that a function which
takes a `Connection` can't be handed to one that needs a `Transaction`.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Any, Protocol

import asyncpg
import msgspec

LOCK_TIMEOUT = "2s"
STATEMENT_TIMEOUT_MS = 10_000
ACQUIRE_TIMEOUT_SECONDS = 5.0
RELEASE_TIMEOUT_SECONDS = 0.5
"""A connection whose statement was given up and isn't cancelled by then is dropped."""

SESSION = {
    "timezone": "UTC",
    "lock_timeout": LOCK_TIMEOUT,
    "statement_timeout": str(STATEMENT_TIMEOUT_MS),
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
    # A plan is kept: one that was made while a table was empty would read all of it for each order
    # of the first busy hour. Whatever has an index is read by it.
    "enable_seqscan": "off",
}
"""What each session is set to; behind a pooler of transactions the role must have it (deploy/postgres/role.sql)."""

RECONNECT_SECONDS = 0.5
WAITS_KEPT = 4096
_log = logging.getLogger("cabas.db")

acquire_by: ContextVar[float] = ContextVar("acquire_by", default=0.0)
"""The `time.monotonic` by which this task needs its connection; 0: in `ACQUIRE_TIMEOUT_SECONDS`."""


class DatabaseAway(ConnectionError):
    """Known to be away: nothing is even tried."""


PASSING_FAULTS = (
    asyncpg.LockNotAvailableError,
    asyncpg.TooManyConnectionsError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, cancelled
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # a connection whose server was killed under it
    asyncpg.DeadlockDetectedError,
    asyncpg.ReadOnlySQLTransactionError,  # a standby: the primary has moved
    TimeoutError,
    ConnectionError,
    OSError,
)
"""Of the database, recognised here and nowhere else: what was asked may be asked again."""

Record = asyncpg.Record


class Connection(Protocol):
    """What a query needs: read statements. A transaction is one too."""

    async def fetch(self, query: str, *args: Any) -> list[Record]: ...
    async def fetchrow(self, query: str, *args: Any) -> Record | None: ...
    async def fetchval(self, query: str, *args: Any) -> Any: ...


class Transaction:
    """
    An open transaction. Operations receive it and never open or commit one.

    What is to happen once it has committed is said with `after_commit`.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def fetch(self, query: str, *args: Any) -> list[Record]:
        rows: list[Record] = await self._connection.fetch(query, *args)
        return rows

    async def fetchrow(self, query: str, *args: Any) -> Record | None:
        row: Record | None = await self._connection.fetchrow(query, *args)
        return row

    async def fetchval(self, query: str, *args: Any) -> Any:
        return await self._connection.fetchval(query, *args)

    async def execute(self, query: str, *args: Any) -> int:
        """Run a statement; returns the number of rows it touched."""
        status: str = await self._connection.execute(query, *args)
        last = status.rsplit(" ", 1)[-1]
        return int(last) if last.isdigit() else 0

    async def executemany(self, query: str, args: Sequence[Sequence[Any]]) -> None:
        await self._connection.executemany(query, args)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What the block wrote is undone when it raises; the transaction goes on."""
        async with self._connection.transaction():
            yield

    async def copy(self, table: str, *, columns: Sequence[str], records: Any) -> None:
        """Load rows (tuples) in bulk."""
        await self._connection.copy_records_to_table(table, columns=list(columns), records=records)


Transactions = Callable[[], AbstractAsyncContextManager[Transaction]]
"""
Opens transactions: for the few operations that need two, with slow work in between during
which no connection may be held (a password's hash).
"""


class Database:
    """A pool of connections to one PostgreSQL."""

    def __init__(self, pool: "asyncpg.Pool[Record]") -> None:
        self._pool = pool
        self._waits: list[float] = []

    @classmethod
    async def connect(
        cls, url: str, *, connections_max: int = 10, settings: dict[str, str] | None = None
    ) -> "Database":
        pool = await asyncpg.create_pool(
            url,
            min_size=1,
            max_size=connections_max,
            init=prepare_connection,
            reset=_keep,
            server_settings={"application_name": "cabas", **SESSION, **(settings or {})},
        )
        return cls(pool)

    @classmethod
    async def connect_when_up(cls, url: str, *, connections_max: int = 10) -> "Database":
        """`connect`, as often as it takes: a process that starts in the middle of a fail-over waits for its end."""
        while True:
            try:
                return await cls.connect(url, connections_max=connections_max)
            except (
                OSError,
                TimeoutError,
                asyncpg.CannotConnectNowError,
                asyncpg.PostgresConnectionError,
            ) as away:
                _log.warning("the database is away, trying again: %s", away)
                await asyncio.sleep(RECONNECT_SECONDS)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Connection]:
        """A connection for reads: each statement sees its own snapshot."""
        connection = await self._acquire()
        try:
            yield connection
        finally:
            await self._pool.release(connection, timeout=RELEASE_TIMEOUT_SECONDS)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """READ COMMITTED, committed when the block ends, rolled back when it raises."""
        connection = await self._acquire()
        try:
            async with connection.transaction():
                yield Transaction(connection)
        finally:
            await self._pool.release(connection, timeout=RELEASE_TIMEOUT_SECONDS)

    @asynccontextmanager
    async def one_statement(self) -> AsyncIterator[Transaction]:
        """
        A connection in autocommit, for an operation that is one statement (the order):
        it saves the two round trips of BEGIN and COMMIT.
        """
        connection = await self._acquire()
        try:
            yield Transaction(connection)
        finally:
            await self._pool.release(connection, timeout=RELEASE_TIMEOUT_SECONDS)

    def take_waits(self) -> list[float]:
        """What each connection was waited for since the last call, in seconds; the last `WAITS_KEPT` at most."""
        waits, self._waits = self._waits, []
        return waits

    async def _acquire(self) -> Any:
        """:raises TimeoutError: none was free in time."""
        start = monotonic()
        by = acquire_by.get()
        timeout = min(max(by - start, 0.001), ACQUIRE_TIMEOUT_SECONDS) if by else ACQUIRE_TIMEOUT_SECONDS
        try:
            return await self._pool.acquire(timeout=timeout)
        finally:
            if len(self._waits) < WAITS_KEPT:
                self._waits.append(monotonic() - start)

    async def close(self) -> None:
        await self._pool.close()

    async def terminate(self) -> None:
        """Drop the connections without goodbye: the server is gone."""
        self._pool.terminate()


async def prepare_connection(connection: Any) -> None:
    """Teach a raw connection our types: jsonb is read and written as plain values."""
    await connection.set_type_codec(
        "jsonb",
        schema="pg_catalog",
        format="binary",
        encoder=lambda value: b"\x01" + msgspec.json.encode(value),
        decoder=lambda raw: msgspec.json.decode(raw[1:]),
    )


async def _keep(connection: Any) -> None:
    """
    Nothing to reset: we leave no session state behind, and asyncpg's own reset query
    costs a round trip on every release.
    """
