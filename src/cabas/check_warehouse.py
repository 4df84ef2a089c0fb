"""`cabas check warehouse`: the marts against the transactional tables, to the cent."""

import asyncio
import json
from datetime import date, datetime, timedelta
from pathlib import Path

import asyncpg
import click
import msgspec

from cabas import settings as settings_module
from cabas.connection import database_url
from cabas.connectors.warehouse_duckdb.marts import Marts, MartsAbsent
from cabas.domain.analytics import reconciling
from cabas.domain.analytics.reconciling import Difference
from cabas.kit.clock import SystemClock, paris_day
from cabas.kit.db import prepare_connection

SHOWN_MAX = 40


class Reconciled(msgspec.Struct, frozen=True, kw_only=True):
    """``unsent``: facts that no export has written yet, which the marts can't know."""

    ok: bool
    first: date
    last: date
    store_days: int
    unsent: int
    differences: list[Difference]


@click.command("warehouse")
@click.option(
    "--day", type=click.DateTime(["%Y-%m-%d"]), help="One day (Paris). All days before today otherwise."
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="One JSON object: {ok, first, last, store_days, differences: […]}.",
)
def check_warehouse(day: datetime | None, as_json: bool) -> None:  # noqa: FBT001 - click hands flags by position
    """
    Hold the marts of `make warehouse` against the orders in the database, per day and store, to the cent.

    Exits 1 with the differences. What happened since the last export is not in the marts.
    """
    settings = settings_module.load()
    today = paris_day(SystemClock(settings.clock_offset).now())
    with database_url(settings) as url:
        found = asyncio.run(
            reconcile(
                url, settings.data_folder / "warehouse" / "marts.duckdb", day=day and day.date(), today=today
            )
        )
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(found)))
    else:
        _show(found)
    raise SystemExit(0 if found.ok else 1)


async def reconcile(url: str, marts: Path, *, day: date | None, today: date) -> Reconciled:
    """:raises click.ClickException: there are no marts."""
    connection = await asyncpg.connect(url)
    try:
        await prepare_connection(connection)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            known = await reconciling.days_known(connection)
            first, last = (day, day) if day else _days(known, today)
            here = await reconciling.told_here(connection, first=first, last=last)
            unsent = await reconciling.unsent(connection)
    finally:
        await connection.close()
    try:
        rows = await asyncio.to_thread(
            Marts(marts).rows, reconciling.MARTS, (first, last + timedelta(days=1))
        )
    except MartsAbsent as problem:
        raise click.ClickException(str(problem)) from problem
    told = reconciling.told_by_marts(rows)
    found = list(reconciling.differences(here, told))
    return Reconciled(
        ok=not found,
        first=first,
        last=last,
        store_days=len(here.keys() | told.keys()),
        unsent=unsent,
        differences=found,
    )


def _days(known: tuple[date, date] | None, today: date) -> tuple[date, date]:
    yesterday = today - timedelta(days=1)
    return (min(known[0], yesterday), yesterday) if known else (yesterday, yesterday)


def _show(found: Reconciled) -> None:
    span = f"{found.first}" if found.first == found.last else f"{found.first} to {found.last}"
    verdict = f"{len(found.differences)} differences" if found.differences else "the same to the cent"
    click.echo(f"{span}, {found.store_days:,} days of stores: {verdict}.")
    for one in found.differences[:SHOWN_MAX]:
        click.echo(
            f"  {one.day} store {one.store_id} {one.figure}: {one.here:,} here, {one.marts:,} in the marts"
        )
    if len(found.differences) > SHOWN_MAX:
        click.echo(f"  and {len(found.differences) - SHOWN_MAX:,} more (--json)")
    if found.unsent:
        click.echo(f"{found.unsent:,} facts are not exported yet: cabas export, then make warehouse.")
