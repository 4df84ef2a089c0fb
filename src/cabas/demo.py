"""`cabas demo`: the whole product on one machine, on the embedded database, seeded."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from functools import partial
from pathlib import Path

import click
import msgspec

from cabas import migrations
from cabas import settings as settings_module
from cabas.connection import database_url
from cabas.kit import lifeline
from cabas.kit import migrate as migrating
from cabas.kit.clock import SystemClock
from cabas.kit.db import Database
from cabas.seed import command as seeding
from cabas.seed.people import DemoPeople, seed_people
from cabas.server import require_address
from cabas.settings import Settings

READY_SECONDS = 60
STOP_SECONDS = 15


@click.command()
@click.option("--scale", type=click.Choice(["demo", "nation"]), default="demo", show_default=True)
@click.option("--seed", type=int, default=seeding.DEFAULT_SEED, show_default=True)
def demo(scale: str, seed: int) -> None:
    """Run the whole product on this machine, seeded. Ctrl-C stops it and leaves a clean data folder."""
    settings = settings_module.load()
    if settings.environment == "production":
        raise settings_module.BadSetting(
            "cabas demo is not for production: run `cabas web` and `cabas worker`"
        )
    require_address(settings)
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    for number in (signal.SIGINT, signal.SIGTERM):  # in a shell's background SIGINT comes ignored
        signal.signal(number, signal.default_int_handler)
    with database_url(settings) as url:
        people = asyncio.run(_prepare(settings, url, scale=scale, seed=seed))
        _write_card(settings, people)
        _run(settings, url, people)


async def _prepare(settings: Settings, url: str, *, scale: str, seed: int) -> DemoPeople:
    await migrating.migrate(url, migrations.__name__)
    await seeding.seed_database(url, scale=scale, seed=seed, now=SystemClock(settings.clock_offset).now())
    database = await Database.connect(url, connections_max=2)
    try:
        async with database.transaction() as tx:
            return await seed_people(tx, now=SystemClock(settings.clock_offset).now())
    finally:
        await database.close()


def _write_card(settings: Settings, people: DemoPeople) -> Path:
    """``$DATA/demo.json``: addresses and sign-ins, readable by its owner only."""
    card = settings.data_folder / "demo.json"
    card.touch(mode=0o600)
    content = {"url": settings.public_url, **msgspec.to_builtins(people)}
    card.write_text(json.dumps(content, indent=2, ensure_ascii=False))
    return card


def _run(settings: Settings, url: str, people: DemoPeople) -> None:
    environ = {**os.environ, "CABAS_DATABASE_URL": url, "CABAS_DATA": str(settings.data_folder)}
    roles = ("web", "worker")
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "cabas", role],
            env=environ,
            start_new_session=True,
            preexec_fn=partial(lifeline.end_with, os.getpid()),
        )
        for role in roles
    ]
    try:
        _wait_until_ready(settings, processes)
        _say_welcome(settings, people)
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
        failed = [role for role, process in zip(roles, processes, strict=True) if process.poll() is not None]
        raise SystemExit(f"cabas {', '.join(failed)} stopped by itself: see the lines above")
    except KeyboardInterrupt:
        click.echo("\nStopping…")
    finally:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        for process in processes:
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _wait_until_ready(settings: Settings, processes: "list[subprocess.Popen[bytes]]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    address = f"http://{settings.host}:{settings.port}/readyz"
    while time.monotonic() < deadline:
        if any(process.poll() is not None for process in processes):
            raise SystemExit("a process of the demo did not start: see the lines above")
        try:
            with urllib.request.urlopen(address, timeout=1) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise SystemExit(f"{address} did not answer within {READY_SECONDS} s")


def _say_welcome(settings: Settings, people: DemoPeople) -> None:
    base = settings.public_url
    lines = [
        ("Storefront", base, f"{people.shopper.email} / {people.shopper.password}"),
        ("Preparation", f"{base}/preparation", f"PIN {people.picker.pin} (picker)"),
        ("Console", f"{base}/console", f"{people.head_office.email} / {people.head_office.password}"),
        ("API", f"{base}/api/openapi.json", "tokens in demo.json"),
    ]
    click.echo("")
    for name, address, sign_in in lines:
        click.echo(f"  {name:<12} {address:<45} {sign_in}")
    click.echo(f"\n  All sign-ins: {settings.data_folder / 'demo.json'}\n  Ctrl-C stops.\n")
