"""`cabas demo`: the whole product on one machine, on the embedded database, seeded."""

import asyncio
import base64
import json
import os
import secrets
import signal
import socket
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
from cabas.settings import SECRET_BYTES_MIN, Settings

READY_SECONDS = 60
STOP_SECONDS = 15
LOOPBACK = ("127.0.0.1", "localhost")
BRIDGED = ("orders",)
"""What the demo's old systems serve. Loyalty and the registry are the shop's own unless they are named here."""


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
    neighbours = [*_describe_bridge(settings, environ), *_describe_bank(settings, environ)]
    processes = [_start(environ, role) for role in roles]
    beside: list[subprocess.Popen[bytes]] = []
    try:
        _wait_until_ready(settings, processes)
        beside += [_start(environ, *command) for command in neighbours]
        _say_welcome(settings, people)
        while all(process.poll() is None for process in processes):
            time.sleep(0.5)
        failed = [role for role, process in zip(roles, processes, strict=True) if process.poll() is not None]
        raise SystemExit(f"cabas {', '.join(failed)} stopped by itself: see the lines above")
    except KeyboardInterrupt:
        click.echo("\nStopping…")
    finally:
        for process in (*beside, *processes):
            if process.poll() is None:
                process.terminate()
        for process in (*beside, *processes):
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _start(environ: dict[str, str], *command: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "cabas", *command],
        env=environ,
        start_new_session=True,
        preexec_fn=partial(lifeline.end_with, os.getpid()),
    )


def _describe_bridge(settings: Settings, environ: dict[str, str]) -> list[tuple[str, ...]]:
    """
    The commands of old systems and of a bridge to them, which opens its connections itself; the shop is told of it.
    None when the shop knows bridges already: they are somebody's own.
    """
    if environ.get("CABAS_BRIDGES") or environ.get("CABAS_BRIDGES_FILE"):
        return []
    folder = settings.data_folder / "bridge"
    folder.mkdir(exist_ok=True)
    key = base64.b64encode(secrets.token_bytes(SECRET_BYTES_MIN)).decode()
    legacy, admin, port = _free_ports(3)
    pull = str(bool({"loyalty", "registry"}.intersection(BRIDGED))).lower()
    config = folder / "bridge.toml"
    config.touch(mode=0o600)
    config.write_text(
        f'site = "demo"\nkey = "{key}"\ndata = "{folder}"\nport = {port}\n'
        f'[cabas]\nurl = "http://{settings.host}:{settings.port}"\npull = {pull}\n'
        f'[adapters.old]\nkind = "rest"\noptions = {{ url = "http://127.0.0.1:{legacy}/rest" }}\n'
        '[services]\nloyalty = "old"\nregistry = "old"\norders = "old"\n'
    )
    environ["CABAS_BRIDGES"] = f'[demo]\nkey = "{key}"\nservices = {json.dumps(BRIDGED)}\n'
    data = str(settings.data_folder / "legacy")
    return [
        ("legacy", "--port", str(legacy), "--admin-port", str(admin), "--data", data),
        ("bridge", "--config", str(config)),
    ]


def _describe_bank(settings: Settings, environ: dict[str, str]) -> list[tuple[str, ...]]:
    """
    The command of a bank that takes cards; the shop is told of it.

    None when the shop has one already, or is seen from other machines: they would not reach its pages.
    """
    if settings.bank is not None or settings.host not in LOOPBACK:
        return []
    port, admin = _free_ports(2)
    key, secret = secrets.token_urlsafe(SECRET_BYTES_MIN), secrets.token_urlsafe(SECRET_BYTES_MIN)
    environ |= {
        "CABAS_BANK_URL": f"http://{settings.host}:{port}",
        "CABAS_BANK_KEY": key,  # `cabas bank` reads both too
        "CABAS_BANK_WEBHOOK_SECRET": secret,
    }
    words = f"http://{settings.host}:{settings.port}/api/v1/payments/words"
    data = str(settings.data_folder / "bank")
    ports = ("--host", settings.host, "--port", str(port), "--admin-port", str(admin))
    return [("bank", *ports, "--data", data, "--webhook", words)]


def _free_ports(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


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
