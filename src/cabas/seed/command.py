"""`cabas seed`: a demo network in an empty database."""

import asyncio
import importlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from cabas import migrations
from cabas import settings as settings_module
from cabas.connection import database_url
from cabas.kit.clock import SystemClock, paris_day
from cabas.kit.migrate import migrate
from cabas.seed import loading
from cabas.seed.loading import DatabaseInUse, Scale, Seeded
from cabas.settings import Settings

DEFAULT_SEED = 2026


@click.command()
@click.option("--scale", type=click.Choice(["demo", "nation"]), default="demo", show_default=True)
@click.option("--seed", "seed_number", type=int, default=DEFAULT_SEED, show_default=True)
@click.option("--history", is_flag=True, help="A made-up year for the warehouse instead: files, no database.")
@click.option("--orders", type=click.IntRange(1_000, 50_000_000), help="With --history: how many a year.")
@click.option("--json", "as_json", is_flag=True, help="Print figures as one JSON object.")
def seed(scale: str, seed_number: int, history: bool, orders: int | None, as_json: bool) -> None:  # noqa: FBT001 - click hands flags over so
    """
    Fill an empty database with a demo network.

    The same number gives the same network, catalogue, prices and slots. Seeding again changes nothing.
    """
    settings = settings_module.load()
    if history:
        _make_history(settings, scale=scale, seed=seed_number, orders=orders, as_json=as_json)
        return
    now = SystemClock(settings.clock_offset).now()
    with database_url(settings) as url:
        started = time.perf_counter()
        try:
            asyncio.run(migrate(url, migrations.__name__))
            seeded = asyncio.run(seed_database(url, scale=scale, seed=seed_number, now=now))
        except DatabaseInUse as problem:
            raise click.ClickException(str(problem)) from problem
        seconds = time.perf_counter() - started
    click.echo(_figures(seeded, seconds) if as_json else _sentence(seeded, seconds))


def _make_history(settings: Settings, *, scale: str, seed: int, orders: int | None, as_json: bool) -> None:
    """The days before today, as `cabas export` would have written them."""
    try:
        maker = importlib.import_module("cabas.seed.history")
    except ModuleNotFoundError as problem:
        raise click.ClickException(
            "a history is made with the extra warehouse: cabas[warehouse]"
        ) from problem
    started = time.perf_counter()
    with _bar() as progress:
        made = maker.make(
            scale=scale,
            seed=seed,
            orders=orders or maker.orders_of_scale(scale),
            until=paris_day(SystemClock(settings.clock_offset).now()),
            address=settings.objects_url,
            progress=lambda done, total: progress("Days", done, total),
        )
    seconds = round(time.perf_counter() - started, 1)
    if as_json:
        click.echo(json.dumps({**msgspec.to_builtins(made), "seconds": seconds}))
    else:
        click.echo(
            f"Made {made.orders:,} orders of {made.lines:,} lines in {made.stores:,} stores, from {made.first} to"
            f" {made.last}, in {seconds} s: {made.file_bytes / 1e9:.2f} GB at {settings.objects_url}."
        )


async def seed_database(url: str, *, scale: str, seed: int, now: datetime) -> Seeded:
    """
    Fill the migrated database, with a progress bar on the standard error.

    :raises DatabaseInUse: it has stores of another origin.
    """
    with _bar() as progress:
        return await loading.load(url, scale=cast(Scale, scale), seed=seed, now=now, progress=progress)


@contextmanager
def _bar() -> Iterator[loading.Progress]:
    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        tasks = {}

        def show(step: str, done: int, total: int) -> None:
            name = step if step in ("Offers", "Statistics", "Days") else "Catalogue"
            if name not in tasks:
                tasks[name] = bar.add_task(name, total=total)
            bar.update(tasks[name], completed=done, total=total)
            if step == "Offers" and "Catalogue" in tasks:
                bar.update(tasks["Catalogue"], completed=3)

        yield show


def _figures(seeded: Seeded, seconds: float) -> str:
    told = msgspec.to_builtins(seeded)
    return json.dumps({**told, "seconds": round(seconds, 2), "database_gb": _gigabytes(seeded)})


def _sentence(seeded: Seeded, seconds: float) -> str:
    if seeded.already:
        return f"Already seeded with {seeded.scale} {seeded.seed}: nothing to do."
    return (
        f"Seeded {seeded.scale} {seeded.seed} in {seconds:.1f} s: {seeded.stores:,} stores,"
        f" {seeded.products:,} products, {seeded.offers:,} offers, {seeded.slots:,} slots,"
        f" {_gigabytes(seeded):.2f} GB."
    )


def _gigabytes(seeded: Seeded) -> float:
    return round(seeded.database_bytes / 1e9, 3)
