"""`cabas bank`: the stand-in as a process."""

import asyncio
import json
import signal
from pathlib import Path
from typing import Any

import click
import msgspec
from aiohttp import web

from cabas import settings as settings_module
from cabas.bank import api, pages
from cabas.bank.admin import admin_routes
from cabas.bank.behaviour import Behaviour
from cabas.bank.store import Store
from cabas.bank.webhooks import Herald
from cabas.legacy import faults as faulty
from cabas.legacy.faults import Fault, Faults
from cabas.legacy.listening import Listening
from cabas.settings import BadSetting


class Options(msgspec.Struct, frozen=True, kw_only=True):
    host: str
    port: int
    admin_port: int
    data: Path
    key: str
    public_url: str
    webhook: str
    webhook_secret: str
    fault: Fault | None


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8220, show_default=True, help="API under /v1, pages under /pay. 0: any.")
@click.option("--admin-port", default=8221, show_default=True, help="Faults and what it holds. 0: any.")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/bank"),
    show_default=True,
    help="Its folder: bank.db (SQLite), bank.json (addresses).",
)
@click.option("--key", default="", envvar="CABAS_BANK_KEY", help="What the merchant must bear.")
@click.option("--public-url", default="", help="Its address as browsers see it (its own).")
@click.option("--webhook", default="", help="Where the merchant listens for what happened.")
@click.option("--webhook-secret", default="", envvar="CABAS_BANK_WEBHOOK_SECRET", help="Signs what is told.")
@click.option("--fault", type=click.Choice(faulty.KINDS), help="Begin with this fault on.")
def bank(
    host: str,
    port: int,
    admin_port: int,
    data: Path,
    key: str,
    public_url: str,
    webhook: str,
    webhook_secret: str,
    fault: Any,
) -> None:
    """
    A stand-in for a bank that takes cards, with faults on command. Only for demo and tests.

    At the admin port POST /faults {"kind": "hang", "face": "v1"} breaks it and DELETE /faults mends it;
    PUT /behaviour {"decline": true, "refuse_capture": false, "webhook_delay": 5, "webhook_times": 100}.
    """
    if settings_module.load().environment == "production":
        raise BadSetting("cabas bank is a stand-in for demo and tests: it does not start in production")
    options = Options(
        host=host,
        port=port,
        admin_port=admin_port,
        data=data.absolute(),
        key=key,
        public_url=public_url.rstrip("/"),
        webhook=webhook,
        webhook_secret=webhook_secret,
        fault=Fault(kind=fault) if fault else None,
    )
    asyncio.run(run(options))


async def run(options: Options) -> None:
    """Until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    store, behaviour, faults = Store(options.data / "bank.db"), Behaviour(), Faults(options.fault)
    addresses = {"site": options.public_url}

    face = web.Application(middlewares=[faulty.middleware(faults)], client_max_size=pages.BODY_BYTES_MAX)
    face.add_routes(api.routes(store, behaviour, key=options.key, site=lambda: addresses["site"]))
    face.add_routes(pages.routes(store, behaviour))
    admin = web.Application()
    admin.add_routes(admin_routes(store, behaviour, faults))
    public = Listening(face, options.host, options.port)
    private = Listening(admin, options.host, options.admin_port)
    url, admin_url = await public.begin(), await private.begin()
    addresses["site"] = options.public_url or url
    faults.listen = public.listen
    await faults.set(options.fault)
    _say(options, url=url, admin_url=admin_url)
    telling = asyncio.create_task(Herald(store, url=options.webhook, secret=options.webhook_secret).run())
    try:
        await stopping.wait()
    finally:
        telling.cancel()
        await public.end()
        await private.end()
        store.close()


def _say(options: Options, *, url: str, admin_url: str) -> None:
    card = {"url": url, "admin": admin_url, "database": str(options.data / "bank.db")}
    fresh = options.data / "bank.json.new"
    fresh.write_text(json.dumps(card))
    fresh.replace(options.data / "bank.json")
    click.echo(f"bank: API {url}/v1, admin {admin_url}")
