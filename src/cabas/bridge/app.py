"""The service: one uniform API, described by itself, in front of the adapters."""

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from litestar import Litestar, Request, Response, get, post
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException, NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler
from litestar.handlers.http_handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from prometheus_client import CollectorRegistry, generate_latest

from cabas.bridge import loops
from cabas.bridge.config import Config, make_adapters, read_config
from cabas.bridge.desk import Desk, Serving, problem
from cabas.bridge.feeding import Feeder
from cabas.bridge.journal import Journal
from cabas.bridge.shapes import OPERATIONS, Operation
from cabas.bridge.shop import Shop
from cabas.kit import lifeline
from cabas.kit.peers import Doorkeeper, Peer, Unsigned

CONFIG_VARIABLE = "CABAS_BRIDGE_CONFIG"
PURPOSE = "cabas-to-bridge"
BODY_BYTES_MAX = 64 * 1024
SECONDS_HEADER = "cabas-seconds"


def create() -> Litestar:
    """For the server's process: the configuration that the command named. A killed server leaves none on its port."""
    if server := multiprocessing.parent_process():
        lifeline.end_with(server.pid or 0)
    path = Path(os.environ[CONFIG_VARIABLE])
    return create_app(read_config(path), beside=path.parent)


def create_app(config: Config, *, beside: Path) -> Litestar:
    """:raises BadConfig: an adapter can't be made."""
    return Litestar(
        route_handlers=[healthz, readyz, metrics, *(_route(one) for one in OPERATIONS.values())],
        lifespan=[lambda app: _running(app, config, beside)],
        exception_handlers={Exception: _told},
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        openapi_config=OpenAPIConfig(
            title="Cabas bridge",
            version="1",
            summary="One API for the systems a grocer already has.",
            path="/v1",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            components=Components(
                security_schemes={
                    "signature": SecurityScheme(
                        type="apiKey",
                        name="signature",
                        security_scheme_in="header",
                        description="RFC 9421, HMAC-SHA256.",
                    )
                }
            ),
        ),
    )


@asynccontextmanager
async def _running(app: Litestar, config: Config, beside: Path) -> AsyncIterator[None]:
    registry = CollectorRegistry()
    journal = Journal(config.data / "bridge.db")
    adapters = make_adapters(config, beside=beside)
    serving = {
        name: Serving(adapters[name], one.timeout_seconds, asyncio.Semaphore(one.concurrency))
        for name, one in config.adapters.items()
    }
    desk = Desk({service: serving[name] for service, name in config.services.items()}, journal, registry)
    app.state.desk, app.state.journal, app.state.registry = desk, journal, registry
    app.state.doorkeeper = Doorkeeper({config.site: config.keys}, journal, purpose=PURPOSE)
    shop = Shop(_peer(config)) if config.cabas else None
    steps = [("forgetting", lambda: loops.forget(journal))]
    if shop and config.cabas:
        teller, puller = loops.Teller(shop, desk, journal), loops.Puller(shop, desk)
        if "orders" in config.services:
            steps.append(("order statuses", teller.step))
        if config.cabas.pull:
            steps += [("work", puller.step)] * loops.PULLERS
        for kind, feed in config.feeds.items():
            feeder = Feeder(kind, feed, adapters[feed.adapter], shop, journal, config.data / "rejected")
            steps.append((f"feed of {kind.value}", feeder.step))
    tasks = [asyncio.create_task(loops.for_ever(name, step)) for name, step in steps]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for adapter in adapters.values():
            await adapter.close()
        if shop:
            await shop.close()
        journal.close()


def _peer(config: Config) -> Peer:
    assert config.cabas is not None  # noqa: S101 - asked by the caller
    return Peer(
        name=config.site,
        keys=config.keys,
        url=config.cabas.url.rstrip("/"),
        authority_file=config.cabas.authority_file,
        certificate_file=config.cabas.certificate_file,
        private_key_file=config.cabas.private_key_file,
    )


@get("/healthz", include_in_schema=False, media_type="text/plain", sync_to_thread=False)
def healthz() -> str:
    return "ok"


@get("/readyz", include_in_schema=False, media_type="text/plain")
async def readyz(request: Request[Any, Any, Any]) -> str:
    """Ready when what must not be forgotten can be written."""
    journal: Journal = request.app.state.journal
    await journal.keep("ready", 1)
    return "ready"


@get("/metrics", include_in_schema=False, media_type="text/plain", sync_to_thread=False)
def metrics(request: Request[Any, Any, Any]) -> bytes:
    return generate_latest(request.app.state.registry)


async def signed_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: the shop's signature. :raises NotAuthorizedException: none, too late, or seen before."""
    assert isinstance(connection, Request)  # noqa: S101 - a POST always is one
    doorkeeper: Doorkeeper = connection.app.state.doorkeeper
    try:
        await doorkeeper.admit(
            method=connection.method,
            url=str(connection.url),
            headers=connection.headers,
            body=await connection.body(),
        )
    except Unsigned as refused:
        raise NotAuthorizedException(str(refused)) from refused


def _route(operation: Operation) -> HTTPRouteHandler:
    async def handle(request: Request[Any, Any, Any], data: Any) -> Any:
        desk: Desk = request.app.state.desk
        reply = await desk.answer(operation.path, await request.body(), seconds=_seconds(request))
        kind = "application/json" if reply.status == 200 else "application/problem+json"
        return Response(reply.body, status_code=reply.status, media_type=kind)

    told: Any = Response
    handle.__annotations__ = {
        "request": Request[Any, Any, Any],
        "data": operation.request,
        "return": told[operation.answer],
    }
    service, name = operation.path.split("/")
    decorate = post(
        f"/v1/{operation.path}",
        operation_id=f"{service}{name.capitalize()}",
        summary=f"{service.capitalize()}: {name}",
        tags=[service],
        status_code=200,
        guards=[signed_only],
        security=[{"signature": []}],
        raises=[NotAuthorizedException],
    )
    return decorate(handle)


def _seconds(request: Request[Any, Any, Any]) -> float | None:
    """How long the caller waits."""
    try:
        return float(request.headers.get(SECONDS_HEADER, ""))
    except ValueError:
        return None


def _told(_: Request[Any, Any, Any], failed: Exception) -> Response[bytes]:
    status = failed.status_code if isinstance(failed, HTTPException) else 500
    codes = {
        400: "bad_request",
        401: "unauthenticated",
        404: "not_found",
        405: "method_not_allowed",
        413: "too_large",
    }
    detail = str(failed.detail) if isinstance(failed, HTTPException) and status < 500 else ""
    if status == 500:
        loops.log_failure(failed)
    reply = problem(status, codes.get(status, "internal"), detail)
    return Response(reply.body, status_code=reply.status, media_type="application/problem+json")
