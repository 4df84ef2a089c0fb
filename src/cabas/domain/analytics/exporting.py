"""
Facts out, exactly once (docs/explanation/warehouse.md).

What was sent to stores leaves in batches: a batch's range of each store's gap-free numbers is kept before its files
are written, and its files are named after it. Killed in between, the same range is written under the same names again.
The rest is written by day, each day's one file again until the day is settled.
"""

import secrets
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import holidays
import msgspec

from cabas.domain.analytics import queries, records
from cabas.domain.analytics.facts import (
    ASSORTMENT,
    BASKET_HOUR,
    CALENDAR,
    FORGOTTEN,
    ORDER_END,
    ORDER_EVENT,
    PRODUCT,
    REQUEST,
    SLOT,
    STORE,
    Rows,
)
from cabas.domain.analytics.ports import FactFiles
from cabas.domain.analytics.records import Batch
from cabas.kit.clock import Clock, paris_day, paris_midnight
from cabas.kit.db import Database

BATCH_FACTS = 4_000
"""Orders of one batch: with their lines, some hundred megabytes while they are written."""

SETTLED_AFTER = timedelta(days=3)
"""A day's files are written again until they were written so long after its beginning."""

DAYS_BACK_MAX = 400
SLOT_DAYS_AHEAD = 9
KEY_BITS = 63
CALENDAR_YEARS = (-2, 2)
SNAPSHOT = "snapshot"
NOTHING = "nothing"


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """One step of an export: a batch (``batch_id``), or a day's file."""

    dataset: str
    day: date | None
    facts: int
    file_bytes: int


async def export_events(
    database: Database, files: FactFiles, clock: Clock, *, batch_facts: int = BATCH_FACTS
) -> AsyncIterator[Exported]:
    """All that was sent to stores and is not in files, batch by batch."""
    while batch := await _plan(database, clock, batch_facts):
        async with database.read() as reader:
            by_day = await queries.events_in_hand(reader)
        file_bytes = 0
        for day, rows in by_day.items():
            file_bytes += await files.write(ORDER_EVENT, day=day, name=batch_name(batch.batch_id), rows=rows)
        async with database.transaction() as tx:
            await records.finish_batch(tx, batch_id=batch.batch_id, file_bytes=file_bytes, now=clock.now())
        yield Exported(dataset=ORDER_EVENT.name, day=None, facts=batch.facts, file_bytes=file_bytes)


def batch_name(batch_id: int) -> str:
    return f"b{batch_id:09d}"


async def _plan(database: Database, clock: Clock, limit: int) -> Batch | None:
    """The batch in hand, else a new one; None: all is in files."""
    async with database.transaction() as tx:
        batch = await records.batch_in_hand(tx)
        if batch is None:
            facts = await records.advance_plans(tx, limit=limit)
            if not facts:
                return None
            batch = await records.insert_batch(tx, facts=facts, now=clock.now())
        nameless = await records.nameless_customers(tx)
        keys = [secrets.randbits(KEY_BITS) for _ in nameless]
        await records.insert_pseudonyms(tx, customers=nameless, keys=keys)
    return batch


async def export_days(database: Database, files: FactFiles, clock: Clock) -> AsyncIterator[Exported]:
    """The files of each day that is not settled, then what is so today."""
    now = clock.now()
    today = paris_day(now)
    for day in await _unsettled(database, today):
        for dataset in (ORDER_END, SLOT, BASKET_HOUR, REQUEST):
            yield await _write_day(database, files, dataset_name=dataset.name, day=day)
        async with database.transaction() as tx:
            await records.upsert_day(tx, day=day, now=now)
    for ahead in range(1, SLOT_DAYS_AHEAD):
        yield await _write_day(database, files, dataset_name=SLOT.name, day=today + timedelta(days=ahead))
    for dataset in (ASSORTMENT, STORE, PRODUCT, FORGOTTEN):
        async with database.read() as reader:
            rows = await queries.facts_as_they_stand(reader, dataset, day=today)
        file_bytes = await files.write(dataset, day=today, name=SNAPSHOT, rows=rows)
        yield Exported(dataset=dataset.name, day=today, facts=len(rows["day"]), file_bytes=file_bytes)
    # Readers find the columns of today even where nothing has happened, and the new ones beside files of before them.
    await files.write(
        ORDER_EVENT, day=today, name=NOTHING, rows={column.name: [] for column in ORDER_EVENT.columns}
    )
    rows = calendar_of(today)
    file_bytes = await files.write(CALENDAR, day=today, name=SNAPSHOT, rows=rows)
    yield Exported(dataset=CALENDAR.name, day=today, facts=len(rows["day"]), file_bytes=file_bytes)


_BY_NAME = {dataset.name: dataset for dataset in (ORDER_END, SLOT, BASKET_HOUR, REQUEST)}


async def _write_day(database: Database, files: FactFiles, *, dataset_name: str, day: date) -> Exported:
    dataset = _BY_NAME[dataset_name]
    async with database.read() as reader:
        rows = await queries.facts_of_day(reader, dataset, day=day)
    file_bytes = await files.write(dataset, day=day, name=SNAPSHOT, rows=rows)
    return Exported(dataset=dataset.name, day=day, facts=len(rows["day"]), file_bytes=file_bytes)


async def _unsettled(database: Database, today: date) -> list[date]:
    """Oldest first, today last."""
    async with database.transaction() as tx:
        written = {row["day"]: row["written_at"] for row in await records.select_days(tx)}
        first = min(written) if written else await records.first_day(tx)
    first = max(first or today, today - timedelta(days=DAYS_BACK_MAX))
    days = [first + timedelta(days=number) for number in range((today - first).days + 1)]
    return [day for day in days if day not in written or not settled(day, written_at=written[day])]


def settled(day: date, *, written_at: datetime) -> bool:
    """Whether what was written then of this day stays."""
    return written_at >= paris_midnight(day + SETTLED_AFTER)


def calendar_of(today: date) -> Rows:
    """Each day of the years around, and the public holiday it is."""
    before, after = CALENDAR_YEARS
    years = range(today.year + before, today.year + after + 1)
    named = holidays.country_holidays("FR", years=years, language="fr")
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return {"day": [today] * len(days), "date": days, "holiday": [named.get(day, "") for day in days]}
