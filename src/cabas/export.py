"""`cabas export`: facts as Parquet files in object storage (docs/how-to/build-the-warehouse.md)."""

import asyncio
import importlib
import json
from collections import Counter
from collections.abc import AsyncIterator

import click
import msgspec

from cabas import settings as settings_module
from cabas.connection import database_url
from cabas.domain.analytics.exporting import Exported, export_days, export_events
from cabas.domain.analytics.ports import FactFiles, FilesUnreachable
from cabas.kit.clock import Clock, SystemClock
from cabas.kit.db import Database
from cabas.kit.objects import Objects
from cabas.settings import Settings

NO_LIMITS = {"statement_timeout": "0", "enable_seqscan": "on", "plan_cache_mode": "auto", "work_mem": "64MB"}


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """``facts``: rows by dataset, those written again included."""

    batches: int
    days: int
    facts: dict[str, int]
    file_bytes: int
    address: str


@click.command()
@click.option("--every", type=click.IntRange(10, 86_400), help="Go on, a run each so many seconds.")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON object a run: {batches, days, facts, file_bytes, address}.",
)
def export(every: int | None, as_json: bool) -> None:  # noqa: FBT001 - click hands flags by position
    """
    Write what happened since the last run as Parquet files, partitioned by day.

    Exactly once: a run that was killed is finished by the next one. Two at once do no harm.
    """
    settings = settings_module.load()
    files = _files(settings)
    with database_url(settings) as url:
        try:
            asyncio.run(_runs(settings, url, files, every, as_json=as_json))
        except FilesUnreachable as problem:
            raise click.ClickException(
                f"the files can't be written now, run it again: {problem}"
            ) from problem


def _files(settings: Settings) -> FactFiles:
    try:
        warehouse = importlib.import_module("cabas.connectors.warehouse_parquet")
    except ModuleNotFoundError as problem:
        raise click.ClickException(
            "facts are written with the extra warehouse: cabas[warehouse]"
        ) from problem
    files: FactFiles = warehouse.ParquetFiles(Objects.at(settings.objects_url))
    return files


async def _runs(settings: Settings, url: str, files: FactFiles, every: int | None, *, as_json: bool) -> None:
    clock = SystemClock(settings.clock_offset)
    database = await Database.connect(url, connections_max=2, settings=NO_LIMITS)
    try:
        while True:
            done = await run(database, files, clock, address=settings.objects_url)
            click.echo(json.dumps(msgspec.to_builtins(done)) if as_json else _sentence(done))
            if every is None:
                return
            await asyncio.sleep(every)
    finally:
        await database.close()


async def run(database: Database, files: FactFiles, clock: Clock, *, address: str = "") -> Summary:
    """One export: events, then days. :raises FilesUnreachable: what is left is for the next run."""
    facts: Counter[str] = Counter()
    batches, days, file_bytes = 0, set(), 0
    async for step in _steps(database, files, clock):
        facts[step.dataset] += step.facts
        file_bytes += step.file_bytes
        if step.day is None:
            batches += 1
        else:
            days.add(step.day)
    return Summary(batches=batches, days=len(days), facts=dict(facts), file_bytes=file_bytes, address=address)


async def _steps(database: Database, files: FactFiles, clock: Clock) -> AsyncIterator[Exported]:
    async for step in export_events(database, files, clock):
        yield step
    async for step in export_days(database, files, clock):
        yield step


def _sentence(done: Summary) -> str:
    told = ", ".join(f"{count:,} {name}" for name, count in done.facts.items() if count)
    return (
        f"{done.batches} batches of events and the files of {done.days} days, {done.file_bytes / 1e6:.1f} MB"
        f" to {done.address}: {told or 'nothing'}."
    )
