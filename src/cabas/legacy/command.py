"""`cabas legacy`: the stand-in as a process."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import click
import msgspec
from aiohttp import web

from cabas import settings as settings_module
from cabas.legacy import faults as faulty
from cabas.legacy import rest, soap
from cabas.legacy.admin import admin_routes
from cabas.legacy.faults import Fault, Faults
from cabas.legacy.files import Folder
from cabas.legacy.listening import Listening
from cabas.legacy.people import People
from cabas.legacy.seeding import seed_once
from cabas.legacy.store import Store
from cabas.settings import BadSetting


class Options(msgspec.Struct, frozen=True, kw_only=True):
    host: str
    port: int
    admin_port: int
    data: Path
    drop: Path
    token: str
    customers: int
    fault: Fault | None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8210, show_default=True, help="REST under /rest, SOAP under /soap. 0: any.")
@click.option(
    "--admin-port", default=8211, show_default=True, help="Faults, feeds and what it holds. 0: any."
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/legacy"),
    show_default=True,
    help="Its folder: legacy.db (SQLite), legacy.json (addresses).",
)
@click.option(
    "--drop", type=click.Path(file_okay=False, path_type=Path), help="The folder of files (DATA/drop)."
)
@click.option("--token", default="", help="What REST callers must bear.")
@click.option("--customers", default=20, show_default=True, help="Customers with cards to begin with.")
@click.option("--fault", type=click.Choice(faulty.KINDS), help="Begin with this fault on.")
@click.option(
    "--seconds", default=1.0, show_default=True, help="Of a latency, or between the bytes of a drip."
)
@click.option("--effect", is_flag=True, help="The fault spoils only the answer: what was asked happens.")
@click.option("--times", type=int, help="So many requests suffer; then all is well.")
def legacy(
    host: str,
    port: int,
    admin_port: int,
    data: Path,
    drop: Path | None,
    token: str,
    customers: int,
    fault: Any,
    seconds: float,
    effect: bool,  # noqa: FBT001 - click hands a flag over so
    times: int | None,
) -> None:
    """
    A stand-in for the systems a grocer already has, with faults on command. Only for demo and tests.

    POST /faults {"kind": "hang"} at the admin port breaks it, DELETE /faults mends it.
    """
    if settings_module.load().environment == "production":
        raise BadSetting("cabas legacy is a stand-in for demo and tests: it does not start in production")
    begun = Fault(kind=fault, seconds=seconds, effect=effect, times=times) if fault else None
    options = Options(
        host=host,
        port=port,
        admin_port=admin_port,
        data=data.absolute(),
        drop=(drop or data / "drop").absolute(),
        token=token,
        customers=customers,
        fault=begun,
    )
    asyncio.run(run(options))


async def run(options: Options) -> None:
    """Until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    store = Store(options.data / "legacy.db")
    people = People(store)
    seed_once(store, people, customers=options.customers)
    faults = Faults(options.fault)
    folder = Folder(store, faults, options.drop)

    face = web.Application(middlewares=[faulty.middleware(faults)])
    face.add_routes([*rest.routes(store, people, token=options.token), *soap.routes(store, people)])
    admin = web.Application()
    admin.add_routes(admin_routes(store, faults, folder))
    public, private = (
        Listening(face, options.host, options.port),
        Listening(admin, options.host, options.admin_port),
    )
    url, admin_url = await public.begin(), await private.begin()
    faults.listen = public.listen
    await faults.set(options.fault)
    _say(options, url=url, admin_url=admin_url)
    filing = asyncio.create_task(folder.run())
    try:
        await stopping.wait()
    finally:
        filing.cancel()
        await public.end()
        await private.end()
        store.close()


def _say(options: Options, *, url: str, admin_url: str) -> None:
    card = {
        "url": url,
        "admin": admin_url,
        "database": str(options.data / "legacy.db"),
        "drop": str(options.drop),
    }
    fresh = options.data / "legacy.json.new"
    fresh.write_text(json.dumps(card))
    fresh.replace(options.data / "legacy.json")
    click.echo(f"legacy: REST {url}/rest, SOAP {url}/soap?wsdl, files {options.drop}, admin {admin_url}")
