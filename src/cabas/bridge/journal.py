"""
What a bridge must not forget, in one SQLite file: what each key did, which nonces were used, how far feeds and order
statuses have come. On one thread of its own; each write is on the disk when it returns.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
KEPT = timedelta(days=40)
"""How long the answer to a key is known. Beyond any retry of the shop's."""

_SCHEMA = """
create table if not exists did (
    operation text not null, key text not null, fingerprint text not null, asked_at text not null,
    answer blob, primary key (operation, key)) without rowid;
create index if not exists did_asked on did (asked_at);
create table if not exists nonce (
    peer text not null, nonce text not null, until text not null, primary key (peer, nonce)) without rowid;
create index if not exists nonce_until on nonce (until);
create table if not exists standing (name text primary key, value blob not null) without rowid;
"""


class Did(msgspec.Struct, frozen=True):
    """``answer``: None while it isn't known whether it happened."""

    fingerprint: str
    answer: bytes | None


class Journal:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._db: sqlite3.Connection = self._thread.submit(_opened, path).result()

    async def did(self, operation: str, key: str) -> Did | None:
        row = await self._run(
            lambda db: db.execute(
                "select fingerprint, answer from did where operation = ? and key = ?", (operation, key)
            ).fetchone()
        )
        return Did(*row) if row else None

    async def asking(self, operation: str, key: str, fingerprint: str) -> None:
        """Before the system is asked."""
        await self._write(
            "insert or ignore into did values (?, ?, ?, ?, null)", operation, key, fingerprint, _now()
        )

    async def answered(self, operation: str, key: str, answer: bytes) -> None:
        await self._write("update did set answer = ? where operation = ? and key = ?", answer, operation, key)

    async def refused(self, operation: str, key: str) -> None:
        """It did not happen: the key is as new."""
        await self._write(
            "delete from did where operation = ? and key = ? and answer is null", operation, key
        )

    async def forget_person(self, ref: str) -> None:
        """What answers told of somebody who is erased: their keys stay used."""
        await self._write(
            "update did set answer = null"
            " where operation in ('registry/create', 'registry/link', 'registry/consents', 'registry/merge')"
            " and instr(answer, cast(? as blob)) > 0",
            f'"ref":{msgspec.json.encode(ref).decode()}',
        )

    async def first(self, *, peer: str, nonce: str, until: datetime) -> bool:
        """See `cabas.kit.peers.Nonces`: known after a restart, too."""
        count = await self._write(
            "insert or ignore into nonce values (?, ?, ?)", peer, nonce, until.isoformat()
        )
        return bool(count)

    async def standing(self, name: str, kind: type[T]) -> T | None:
        """What was kept under a name."""
        row = await self._run(
            lambda db: db.execute("select value from standing where name = ?", (name,)).fetchone()
        )
        return msgspec.json.decode(row[0], type=kind) if row else None

    async def keep(self, name: str, value: Any) -> None:
        await self._write("insert or replace into standing values (?, ?)", name, msgspec.json.encode(value))

    async def forget(self) -> None:
        """What has run out."""
        await self._write("delete from nonce where until < ?", _now())
        await self._write("delete from did where asked_at < ?", (datetime.now(UTC) - KEPT).isoformat())

    def close(self) -> None:
        self._thread.submit(self._db.close).result()
        self._thread.shutdown()

    async def _write(self, statement: str, *values: Any) -> int:
        return await self._run(lambda db: db.execute(statement, values).rowcount)

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, self._db)


def _opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("pragma journal_mode = wal")
    db.execute("pragma synchronous = full")
    db.execute("pragma secure_delete = on")
    db.executescript(_SCHEMA)
    return db


def _now() -> str:
    return datetime.now(UTC).isoformat()
