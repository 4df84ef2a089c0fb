"""
Runs an import: batches of rows, each in one transaction with how far the import is.

What is killed in the middle goes on after its last batch; what is run again finds everything as it is.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import asyncpg
import msgspec

from cabas.imports import records
from cabas.imports.fields import Fields
from cabas.imports.files import Unreadable, fingerprint, opened
from cabas.imports.rejection import Rejected
from cabas.imports.rejects import NOT_SELLABLE, REJECTED, Note, Rejects
from cabas.imports.rows import Format, Row, format_of, parquet_rows, rows_of
from cabas.kit.db import Transaction, prepare_connection

BATCH_ROWS = 1_000
LOCK_WAIT = "30s"
"""A killed import's connection may linger a moment."""
STATEMENT_TIMEOUT_MS = 300_000
_LOCK_SPACE = 7_202_612
_KINDS = ("products", "stores", "offers")

Item = TypeVar("Item")
Progress = Callable[[float, int], None]
"""Called with the share of the file that is done and the number of rows."""


class Written(msgspec.Struct, kw_only=True):
    """What a batch did. ``notes``: rows refused by what the database knows, or not for sale yet."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    notes: list[Note] = []


class Kind(Protocol[Item]):
    """What is imported: how a row is read and a batch written."""

    @property
    def name(self) -> str: ...

    @property
    def columns(self) -> Collection[str]:
        """The columns that are read."""
        ...

    def read(self, fields: Fields, number: int) -> Item:
        """:raises Rejected: the row can't go in."""
        ...

    def key(self, item: Item) -> str:
        """Which thing the row tells of: a file tells of it once."""
        ...

    async def write(self, tx: Transaction, items: Sequence[Item], *, now: datetime) -> Written:
        """Bring the database to what the items say; what is so already isn't touched."""
        ...


class Summary(msgspec.Struct, kw_only=True):
    """``created``, ``changed``, ``unchanged``: of this run. The others: of the file."""

    kind: str
    file: str
    accepted: int = 0
    created: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejected_by_reason: dict[str, int] = {}
    not_sellable: int = 0
    not_sellable_by_reason: dict[str, int] = {}
    resumed_after_row: int = 0
    rows: int = 0
    seconds: float = 0.0
    rows_per_s: int = 0
    rejects_file: str | None = None


class Importing(Generic[Item]):
    """One run of one file."""

    def __init__(
        self, kind: Kind[Item], path: Path, *, format_: Format | None, rejects: Path, now: datetime
    ) -> None:
        self._kind, self._path, self._now = kind, path, now
        self._rejects = Rejects(rejects)
        self._source = fingerprint(path)
        self._format: Format = format_ or format_of(path)
        self._summary = Summary(kind=kind.name, file=str(path))
        self._share = 0.0

    async def run(self, url: str, progress: Progress) -> Summary:
        """
        :raises Unreadable: nothing can be read, or the same kind is being imported already.
        """
        started = time.perf_counter()
        connection = await asyncpg.connect(
            url,
            server_settings={
                "application_name": f"cabas import {self._kind.name}",
                "timezone": "UTC",
                "lock_timeout": LOCK_WAIT,
                "statement_timeout": str(STATEMENT_TIMEOUT_MS),
                "jit": "off",
            },
        )
        try:
            await prepare_connection(connection)
            await self._alone(connection)
            await self._begin(connection)
            await self._all(connection, progress)
        finally:
            await connection.close()
        return self._told(time.perf_counter() - started)

    async def _alone(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        try:
            number = _KINDS.index(self._kind.name)
            await connection.execute("select pg_advisory_lock($1, $2)", _LOCK_SPACE, number)
        except asyncpg.LockNotAvailableError as problem:
            raise Unreadable(f"another import of {self._kind.name} is running") from problem

    async def _begin(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        kind, source = self._kind.name, self._source
        async with connection.transaction():
            tx = Transaction(connection)
            standing = await records.select_standing(tx, kind=kind, source=source)
            if standing and standing.finished_at is None:
                self._summary.resumed_after_row = standing.position
                self._summary.accepted = standing.accepted
            else:
                await records.restart_run(tx, kind=kind, source=source, now=self._now)
            await records.create_seen(tx)
        self._rejects.begin(after=self._summary.resumed_after_row)

    async def _all(self, connection: "asyncpg.Connection[asyncpg.Record]", progress: Progress) -> None:
        rows = self._rows()
        while batch := list(islice(rows, BATCH_ROWS)):
            skipped = [row for row in batch if row.number <= self._summary.resumed_after_row]
            async with connection.transaction():
                await self._meet(Transaction(connection), skipped)
            fresh = batch[len(skipped) :]
            if fresh:
                await self._commit(connection, fresh)
            self._summary.rows += len(batch)
            progress(self._share, self._summary.rows)
        async with connection.transaction():
            tx = Transaction(connection)
            await records.finish_run(tx, kind=self._kind.name, source=self._source, now=self._now)

    def _rows(self) -> Iterator[Row]:
        if self._format == "parquet":
            for row, share in parquet_rows(self._path, wanted=self._kind.columns):
                self._share = share
                yield row
            return
        with opened(self._path) as source:
            for row in rows_of(source, format_=self._format):
                self._share = source.done / source.size
                yield row

    async def _meet(self, tx: Transaction, rows: Sequence[Row]) -> None:
        """Rows that went in before the interruption: only remember what they tell of."""
        items, _ = self._read(rows)
        if items:
            await records.insert_seen(tx, keys=[self._kind.key(item) for _, item in items])

    async def _commit(self, connection: "asyncpg.Connection[asyncpg.Record]", rows: Sequence[Row]) -> None:
        items, notes = self._read(rows)
        async with connection.transaction():
            tx = Transaction(connection)
            items = await self._first_ones(tx, items, notes)
            written = await self._write(connection, items)
            notes = sorted([*notes, *written.notes], key=lambda note: note.row)
            refused = sum(note.outcome == REJECTED for note in notes)
            self._summary.accepted += len(rows) - refused
            self._rejects.add(notes)
            await records.update_run(
                tx,
                kind=self._kind.name,
                source=self._source,
                position=rows[-1].number,
                accepted=self._summary.accepted,
                rejected=self._rejects.rows[REJECTED],
                now=self._now,
            )
        self._summary.created += written.created
        self._summary.changed += written.changed
        self._summary.unchanged += written.unchanged

    def _read(self, rows: Sequence[Row]) -> tuple[list[tuple[int, Item]], list[Note]]:
        items: list[tuple[int, Item]] = []
        notes: list[Note] = []
        for row in rows:
            try:
                if isinstance(row.values, Rejected):
                    raise row.values
                items.append((row.number, self._kind.read(Fields(row.values), row.number)))
            except Rejected as problem:
                notes.append(Note(row.number, REJECTED, problem.reason, problem.sentence))
        return items, notes

    async def _first_ones(
        self, tx: Transaction, items: Sequence[tuple[int, Item]], notes: list[Note]
    ) -> list[tuple[int, Item]]:
        """Of rows that tell of the same thing the first; the others are noted."""
        fresh = await records.insert_seen(tx, keys=[self._kind.key(item) for _, item in items])
        kept = []
        for number, item in items:
            key = self._kind.key(item)
            if key in fresh:
                fresh.discard(key)
                kept.append((number, item))
            else:
                said = f"An earlier row of this file tells of {key} already: the first one counts."
                notes.append(Note(number, REJECTED, "duplicate_in_file", said, key))
        return kept

    async def _write(
        self, connection: "asyncpg.Connection[asyncpg.Record]", items: Sequence[tuple[int, Item]]
    ) -> Written:
        """The batch at once; when the database refuses something in it, one by one to find what."""
        tx = Transaction(connection)
        try:
            async with connection.transaction():
                return await self._kind.write(tx, [item for _, item in items], now=self._now)
        except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError):
            total = Written()
        for number, item in items:
            try:
                async with connection.transaction():
                    _add(total, await self._kind.write(tx, [item], now=self._now))
            except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as problem:
                said = f"The database refuses the row: {problem}"
                total.notes.append(Note(number, REJECTED, "refused_value", said, self._kind.key(item)))
        return total

    def _told(self, seconds: float) -> Summary:
        summary = self._summary
        summary.rejected = self._rejects.rows[REJECTED]
        summary.not_sellable = self._rejects.rows[NOT_SELLABLE]
        summary.rejected_by_reason = dict(self._rejects.by_reason[REJECTED].most_common())
        summary.not_sellable_by_reason = dict(self._rejects.by_reason[NOT_SELLABLE].most_common())
        summary.seconds = round(seconds, 2)
        summary.rows_per_s = round(summary.rows / seconds) if seconds else 0
        summary.rejects_file = str(self._rejects.path) if sum(self._rejects.rows.values()) else None
        return summary


def run(importing: "Importing[Item]", url: str, progress: Progress) -> Summary:
    return asyncio.run(importing.run(url, progress))


def _add(total: Written, more: Written) -> None:
    total.created += more.created
    total.changed += more.changed
    total.unchanged += more.unchanged
    total.notes += more.notes
