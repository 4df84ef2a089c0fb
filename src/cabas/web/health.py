"""What those who run the processes ask: alive, ready, figures."""

import asyncio
import os
from typing import Any

from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess

from cabas.domain.ladder.model import FRESH
from cabas.kit.db import PASSING_FAULTS
from cabas.web.load_figures import LoadFigures
from cabas.web.request import ShopRequest

DATABASE_SECONDS = 1
"""Who asks whether we are ready waits two."""


@get("/healthz", include_in_schema=False)
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False)
async def ready(request: ShopRequest) -> Response[Any]:
    """
    The process may take traffic: nobody has told it to stop. That its database is away takes nobody out of a
    balancer: what is left then is a shop to read, and all processes would go at once.
    """
    if request.site.draining.begun:
        return Response({"status": "draining"}, status_code=503)
    try:
        async with asyncio.timeout(DATABASE_SECONDS), request.read() as reader:
            await reader.fetchval("select 1")
    except PASSING_FAULTS:
        return Response({"status": "ready", "database": "unreachable"})
    return Response({"status": "ready", "database": "reachable"})


@get("/metrics", include_in_schema=False)
async def metrics(request: ShopRequest) -> Response[bytes]:
    """
    Prometheus text format. Whichever process answers tells of all of them, from what each told last;
    without a database it tells of the load of itself alone.
    """
    ladder = request.site.ladder
    told = {one.process_id: one for one in ladder.others if request.now - one.at <= FRESH}
    told[ladder.process_id] = ladder.pressure(request.now)
    registry = CollectorRegistry()
    registry.register(LoadFigures(list(told.values())))
    return Response(generate_latest(_counted()) + generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _counted() -> CollectorRegistry:
    """What was counted by this process, or by all of the server's when they share a folder (`cabas.server`)."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


ROUTES = [alive, ready, metrics]
