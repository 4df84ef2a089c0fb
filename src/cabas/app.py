"""
The composition root: what the web process is made of, one line a module.

Faces register their routes here and nowhere else; ports get their connectors here.
"""

import asyncio
import gc
import multiprocessing
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.static_files import create_static_files_router

from cabas import settings as settings_module
from cabas.connectors import telemetry_otlp
from cabas.connectors.bridge_loyalty.reaching import loyalty_for
from cabas.connectors.payments_bank import BankClient
from cabas.connectors.payments_bank.guarded import SHOPPERS, guarded
from cabas.connectors.push_web import public_key
from cabas.connectors.scaler_kubernetes import KubernetesScaler
from cabas.connectors.scaler_local import LocalScaler
from cabas.domain.search.engine import SearchEngine
from cabas.kit import lifeline
from cabas.kit.board import Board
from cabas.kit.clock import Clock, SystemClock
from cabas.kit.db import Database
from cabas.kit.draining import Draining
from cabas.kit.html import Renderer
from cabas.kit.messages import load_catalogues
from cabas.kit.profiling import Profiler
from cabas.policies import DEFAULTS
from cabas.settings import Settings
from cabas.web import errors, shell
from cabas.web.addresses import AddressLimits
from cabas.web.api import routes as api
from cabas.web.assets import BUILT, Assets
from cabas.web.busy_page import BusyPage
from cabas.web.console import routes as console
from cabas.web.content_policy import content_policy
from cabas.web.directory import Directory
from cabas.web.farewell import Farewell
from cabas.web.guard import refuse_forged
from cabas.web.health import ROUTES as HEALTH
from cabas.web.kept import KeptPages
from cabas.web.ladder import SiteLadder
from cabas.web.overload import Overload
from cabas.web.presence import note_presence
from cabas.web.request import ShopRequest
from cabas.web.room import Room
from cabas.web.room_guard import send_room_headers
from cabas.web.site import Site
from cabas.web.slot_lists import SlotLists
from cabas.web.store_app import routes as store_app
from cabas.web.storefront import routes as storefront
from cabas.web.telemetry import Answered
from cabas.web.visitor import VisitorCookie
from cabas.web.wall import page as wall

WEB = Path(__file__).parent / "web"
BODY_BYTES_MAX = 512 * 1024
GC_ALLOCATIONS = 20_000
SECURITY_HEADERS = {
    "content-security-policy": content_policy(),
    "x-content-type-options": "nosniff",
    "referrer-policy": "strict-origin-when-cross-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "geolocation=(self), camera=(self), microphone=()",
}
HASHED = CacheControlHeader(public=True, max_age=31_536_000, immutable=True)
AN_HOUR = CacheControlHeader(public=True, max_age=3600)
HSTS = {"strict-transport-security": "max-age=31536000; includeSubDomains"}


def create() -> Litestar:
    """The application for the server's workers, from the environment; a killed server leaves none on its port."""
    if server := multiprocessing.parent_process():
        lifeline.end_with(server.pid or 0)
    settings = settings_module.load()
    telemetry_otlp.begin(settings, service="cabas-web")
    draining = Draining(settings.drain_seconds)
    return create_app(settings, clock=SystemClock(settings.clock_offset), draining=draining)


def create_app(
    settings: Settings, *, clock: Clock | None = None, draining: Draining | None = None
) -> Litestar:
    """
    :param clock: another clock than the system's, for tests and rehearsals.
    :param draining: a server's process that stops by draining; else SIGTERM is left alone.
    """
    return open_on(register(secure=settings.secure), settings, clock=clock, draining=draining)


def register(*, secure: bool) -> Litestar:
    """
    Every route, of no site yet.

    :param secure: the site has HTTPS.
    """
    app = Litestar(
        route_handlers=[
            *HEALTH,
            Router("/", route_handlers=[*shell.ROUTES, *storefront.ROUTES], before_request=shell.before_page),
            Router("/preparation", route_handlers=store_app.ROUTES, before_request=refuse_forged),
            Router(
                "/console",
                route_handlers=[*console.ROUTES, *wall.CONSOLE_ROUTES],
                before_request=refuse_forged,
            ),
            Router("/", route_handlers=wall.ROUTES, before_request=refuse_forged),
            api.router(),
            create_static_files_router(path="/static/built", directories=[BUILT], cache_control=HASHED),
            create_static_files_router(path="/static", directories=[WEB / "static"], cache_control=AN_HOUR),
        ],
        request_class=ShopRequest,
        lifespan=[_site],
        exception_handlers={Exception: errors.handle},
        after_response=note_presence,
        before_send=[send_room_headers],
        response_headers=_headers(secure=secure),
        compression_config=CompressionConfig(backend="gzip", minimum_size=1500, gzip_compress_level=4),
        request_max_body_size=BODY_BYTES_MAX,
        openapi_config=api.OPENAPI,
        logging_config=None,
    )
    app.state.routed = app.asgi_handler
    return app


def open_on(
    app: Litestar, settings: Settings, *, clock: Clock | None = None, draining: Draining | None = None
) -> Litestar:
    """A site on registered routes, which take long to register; one at a time."""
    app.state.opening = Opening(settings, clock or SystemClock(timedelta(0)), draining)
    # Outermost, before routing and sessions: what is refused costs nothing.
    inner = Farewell(Overload(app.state.routed, _headers(secure=settings.secure)))
    app.asgi_handler = Answered(inner, log_share=settings.telemetry.log_share)
    return app


def _headers(*, secure: bool) -> dict[str, str]:
    return SECURITY_HEADERS | (HSTS if secure else {})


class Opening(msgspec.Struct, frozen=True):
    """What a site is opened with."""

    settings: Settings
    clock: Clock
    draining: Draining | None


@asynccontextmanager
async def _site(app: Litestar) -> AsyncIterator[None]:
    opening: Opening = app.state.opening
    settings, clock, draining = opening.settings, opening.clock, opening.draining
    if settings.database_url is None:
        raise settings_module.BadSetting("CABAS_DATABASE_URL is not set: start the server with `cabas web`")
    database = await Database.connect_when_up(settings.database_url, connections_max=settings.connections_max)
    telling = await Database.connect_when_up(settings.database_url, connections_max=1)
    directory = Directory(database, clock)
    await directory.refresh()
    search = SearchEngine(database)
    room = Room(telling, clock, settings.secret_keys, policy=DEFAULTS.room)
    ladder = SiteLadder(database, telling, clock)
    board = Board(f"web:{os.uname().nodename}:{os.getpid()}", clock)
    loyalty = loyalty_for(settings.bridges, board=board, database=database, clock=clock)
    bank = BankClient(settings.bank.url, settings.bank.key) if settings.bank else None
    assets = Assets(BUILT)
    renderer = Renderer(
        {face: WEB / face / "templates" for face in ("ui", "storefront", "store_app", "console")},
        functions={"asset": assets.asset, "picture": assets.picture},
        reload=settings.reload_templates,
    )
    catalogues = load_catalogues(WEB / "ui" / "messages")
    app.state.site = Site(
        settings=settings,
        database=database,
        clock=clock,
        renderer=renderer,
        catalogues=catalogues,
        visitor_cookie=VisitorCookie(settings.secret_keys),
        directory=directory,
        search=search,
        room=room,
        ladder=ladder,
        board=board,
        loyalty=loyalty,
        bank=guarded(bank, board, SHOPPERS) if bank else None,
        kept=KeptPages(),
        addresses=AddressLimits(orders=DEFAULTS.address_orders, holds=DEFAULTS.address_holds),
        busy_page=BusyPage(renderer, catalogues),
        slot_lists=SlotLists(),
        draining=draining or Draining(0),
        scaler=KubernetesScaler(settings.autoscaler.api, settings.autoscaler.name)
        if settings.autoscaler
        else LocalScaler(database, DEFAULTS.capacity),
        push_key=public_key(settings.vapid_key) if settings.vapid_key else "",
    )
    # What exists now lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_ALLOCATIONS, 20, 50)
    keeping = [
        asyncio.create_task(one)
        for one in (
            directory.keep_fresh(),
            search.keep_fresh(),
            room.keep_fresh(),
            ladder.keep_fresh(),
            board.keep_told(telling),
        )
    ]
    if draining:
        draining.on_sigterm()
        Profiler(settings.data_folder / "profiles").on_signal()
    try:
        yield
    finally:
        for task in keeping:
            task.cancel()
        if loyalty:
            await loyalty.close()
        if bank:
            await bank.close()
        await database.close()
        await telling.close()
        await asyncio.to_thread(telemetry_otlp.end)
