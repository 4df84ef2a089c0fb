"""`cabas import`: products, stores and offers from files."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from cabas import migrations
from cabas import settings as settings_module
from cabas.connection import database_url
from cabas.imports.files import Unreadable
from cabas.imports.offers.kind import Offers
from cabas.imports.products.kind import Products
from cabas.imports.rows import Format
from cabas.imports.running import Importing, Kind, Summary, run
from cabas.imports.stores.kind import Stores
from cabas.kit.clock import SystemClock
from cabas.kit.migrate import migrate

_FULL = 1000


@click.group()
def import_() -> None:
    """
    Import products, stores or offers from files.

    Good rows go in; the others are listed, with their reason, in FILE.rejected.csv. An import that was
    interrupted goes on where it was; the same file again changes nothing.
    """


def _options(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object."),
        click.option(
            "--rejects",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Where rejected rows are listed (FILE.rejected.csv).",
        ),
        click.option(
            "--format",
            "format_",
            type=click.Choice(["jsonl", "csv", "parquet"]),
            help="What FILE is, when its name doesn't say (.gz is recognised by itself).",
        ),
        click.argument("file", type=click.Path(path_type=Path)),
    ):
        command = option(command)
    return command


@import_.command()
@_options
def products(file: Path, format_: Format | None, rejects: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click hands a flag over so
    """Products from an Open Food Facts export, or any file with its columns: JSONL, CSV or Parquet."""
    _import(Products(), file, format_=format_, rejects=rejects, as_json=as_json)


@import_.command()
@_options
def stores(file: Path, format_: Format | None, rejects: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click hands a flag over so
    """Stores: their code, name, place, opening hours (as OpenStreetMap writes them) and services."""
    _import(Stores(), file, format_=format_, rejects=rejects, as_json=as_json)


@import_.command()
@_options
def offers(file: Path, format_: Format | None, rejects: Path | None, as_json: bool) -> None:  # noqa: FBT001 - click hands a flag over so
    """Offers: which store sells which product, at what price."""
    _import(Offers(), file, format_=format_, rejects=rejects, as_json=as_json)


def _import(
    kind: Kind[Any], file: Path, *, format_: Format | None, rejects: Path | None, as_json: bool
) -> None:
    settings = settings_module.load()
    now = SystemClock(settings.clock_offset).now()
    listed = rejects or file.with_name(f"{file.name}.rejected.csv")
    try:
        importing = Importing(kind, file, format_=format_, rejects=listed, now=now)
        with database_url(settings) as url, _bar(kind.name) as show:
            asyncio.run(migrate(url, migrations.__name__))
            summary = run(importing, url, show)
    except Unreadable as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(json.dumps(msgspec.to_builtins(summary)) if as_json else _sentences(summary))
    raise SystemExit(0 if summary.accepted else 1)


@contextmanager
def _bar(name: str) -> Iterator[Callable[[float, int], None]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:,} rows, {task.fields[rate]:,}/s"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name.capitalize(), total=_FULL, rows=0, rate=0)

        def show(share: float, rows: int) -> None:
            elapsed = bar.tasks[0].elapsed or 0
            bar.update(task, completed=share * _FULL, rows=rows, rate=round(rows / elapsed) if elapsed else 0)

        yield show


def _sentences(summary: Summary) -> str:
    told = [
        f"{summary.accepted:,} {summary.kind} accepted ({summary.created:,} new, {summary.changed:,} changed,"
        f" {summary.unchanged:,} unchanged), {summary.rejected:,} rows rejected, in {summary.seconds:.1f} s"
        f" ({summary.rows_per_s:,} rows/s)."
    ]
    if summary.resumed_after_row:
        told.append(f"Went on after row {summary.resumed_after_row:,}, where it was interrupted.")
    elif summary.accepted and not summary.created and not summary.changed:
        told.append("Nothing was different: nothing was changed.")
    told += [f"  rejected, {reason}: {count:,}" for reason, count in summary.rejected_by_reason.items()]
    if summary.not_sellable:
        told.append(f"{summary.not_sellable:,} are stored but not for sale:")
        told += [f"  {reason}: {count:,}" for reason, count in summary.not_sellable_by_reason.items()]
    if summary.rejects_file:
        told.append(f"Row by row in {summary.rejects_file}")
    return "\n".join(told)
