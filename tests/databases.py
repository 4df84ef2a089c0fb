"""
Databases for tests that commit. Copying the migrated one takes longer than most tests: so a copy is emptied and put
back on the shelf, unless its test changed more than rows.
"""

from uuid import uuid4

import asyncpg

DELETED_BYTES_MAX = 1024 * 1024
"""A copy with a larger table is dropped: emptying it would take longer, and leave its dead rows to the next."""

_SHAPE = """
    select (select sum(hashtext(oid::text || xmin::text)) from pg_class where relnamespace = 'public'::regnamespace),
           (select sum(hashtext(oid::text || xmin::text)) from pg_proc where pronamespace = 'public'::regnamespace),
           (select sum(hashtext(oid::text || xmin::text)) from pg_trigger)"""
"""Differs once anything but rows was changed."""

_OTHERS = """
    select pg_terminate_backend(pid) from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid()"""
_TABLES = """
    select c.oid::regclass::text as name, pg_table_size(c.oid) as bytes
      from pg_class c
     where c.relnamespace = 'public'::regnamespace and c.relkind = 'r' and pg_relation_size(c.oid) > 0"""
_KEPT = "select tablename from pg_tables where schemaname = 'kept'"
_SEQUENCES = """
    select schemaname || '.' || sequencename as name, start_value from pg_sequences
     where schemaname = 'public' and last_value is not null"""


class Shelf:
    """Copies of one migrated database, for one run."""

    def __init__(self, template_url: str) -> None:
        self._template = template_url
        self._free: list[str] = []
        self._shared = ""
        self._shape: dict[str, tuple[object, ...]] = {}

    async def shared(self) -> str:
        """The one for tests that roll back."""
        if not self._shared:
            self._shared = await self._copy()
        return self._shared

    async def take(self) -> str:
        """One for a test alone."""
        return self._free.pop() if self._free else await self._copy()

    async def give_back(self, url: str) -> None:
        """Emptied, whatever still uses it; or dropped."""
        try:
            connection = await asyncpg.connect(url)
        except asyncpg.PostgresError:
            connection = None
        if connection is not None:
            try:
                if await self._emptied(connection, url):
                    self._free.append(url)
                    return
            finally:
                await connection.close()
        name = url.rsplit("/", 1)[1]
        await run(at(self._template, "postgres"), f"drop database if exists {name} with (force)")

    async def _copy(self) -> str:
        name, template = f"copy_{uuid4().hex[:12]}", self._template.rsplit("/", 1)[1]
        await run(
            at(self._template, "postgres"), f"create database {name} template {template} strategy file_copy"
        )
        url = at(self._template, name)
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("create schema kept")
            for table in await connection.fetch(_TABLES):  # what the migrations themselves wrote
                await connection.execute(f"create table kept.{table['name']} as table public.{table['name']}")
            self._shape[url] = tuple(await connection.fetchrow(_SHAPE))
        finally:
            await connection.close()
        return url

    async def _emptied(self, connection: "asyncpg.Connection[asyncpg.Record]", url: str) -> bool:
        await connection.execute(_OTHERS)
        if tuple(await connection.fetchrow(_SHAPE)) != self._shape[url]:
            return False
        tables = await connection.fetch(_TABLES)
        if any(table["bytes"] > DELETED_BYTES_MAX for table in tables):
            return False
        kept = [row["tablename"] for row in await connection.fetch(_KEPT)]
        try:
            await connection.execute("set session_replication_role = replica")  # no foreign keys, no triggers
        except asyncpg.InsufficientPrivilegeError:
            return False
        statements = [f"delete from public.{table['name']}" for table in tables]
        statements += [f"insert into public.{name} select * from kept.{name}" for name in kept]
        for sequence in await connection.fetch(_SEQUENCES):
            statements.append(f"select setval('{sequence['name']}', {sequence['start_value']}, false)")
        await connection.execute("; ".join(statements))
        return True


async def run(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def at(url: str, name: str) -> str:
    """The same server's database of that name."""
    return f"{url.rsplit('/', 1)[0]}/{name}"
