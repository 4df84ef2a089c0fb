"""`cabas forecast`: orders by store and slot for the days ahead, from the marts (docs/algorithms/forecast.md)."""

import importlib
import json
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from cabas import settings as settings_module
from cabas.kit.clock import SystemClock, paris_day

if TYPE_CHECKING:
    from cabas.domain.forecast.slots import SlotForecast

DAYS_MAX = 56


class Day(msgspec.Struct, frozen=True):
    """The whole network; the range holds 8 days of 10."""

    day: date
    orders: float
    low: float
    high: float


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """``rows``: hours of stores with places; ``known_until``: the last day that the forecast rests on."""

    known_until: date
    stores: int
    rows: int
    path: str
    days: list[Day]


@click.command()
@click.option(
    "--days", type=click.IntRange(1, DAYS_MAX), default=14, show_default=True, help="How far ahead."
)
@click.option(
    "--json", "as_json", is_flag=True, help="One JSON object: {known_until, stores, rows, path, days: […]}."
)
def forecast(days: int, as_json: bool) -> None:  # noqa: FBT001 - click hands flags by position
    """
    Forecast the orders of each store and slot hour, with a range, from the marts of `make warehouse`.

    Written to forecast.parquet beside the marts, for staff plans and the capacity suggestion.
    """
    settings = settings_module.load()
    today = paris_day(SystemClock(settings.clock_offset).now())
    summary = run(settings.data_folder / "warehouse" / "marts.duckdb", today, days)
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(summary)))
        return
    click.echo(f"{summary.rows:,} hours of {summary.stores:,} stores, in {summary.path}. The network:")
    for day in summary.days:
        click.echo(f"  {day.day:%a %Y-%m-%d}  {day.orders:>9,.0f}  ({day.low:,.0f} … {day.high:,.0f})")


def run(path: Path, today: date, days: int) -> Summary:
    """Make the forecast from the days before `today`. :raises click.ClickException: no marts, no history."""
    try:
        marts = importlib.import_module("cabas.connectors.warehouse_duckdb.marts")
        slots = importlib.import_module("cabas.domain.forecast.slots")
        panel = importlib.import_module("cabas.domain.forecast.panel")
    except ModuleNotFoundError as problem:
        raise click.ClickException(
            "forecasts are made with the extra warehouse: cabas[warehouse]"
        ) from problem
    try:
        history = slots.SlotHours.of(marts.Marts(path).columns(slots.HISTORY, (today,)))
        told = slots.by_slot(history, days, begins=today)
    except (marts.MartsAbsent, panel.BadPanel) as problem:
        raise click.ClickException(str(problem)) from problem
    written = path.with_name(marts.FORECAST_FILE)
    marts.write_forecast(written, told.columns)
    return _summary(told, written)


def _summary(told: "SlotForecast", written: Path) -> Summary:
    network = told.network
    figures = zip(network.mean[:, 0], network.low[:, 0], network.high[:, 0], strict=True)
    return Summary(
        known_until=told.first - timedelta(days=1),
        stores=len(set(told.columns["store_id"].tolist())),
        rows=len(told.columns["day"]),
        path=str(written),
        days=[
            Day(told.first + timedelta(days=number), *(round(float(figure), 1) for figure in row))
            for number, row in enumerate(figures)
        ],
    )
