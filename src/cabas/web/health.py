"""What those who run the processes ask: alive, ready, figures."""

from typing import Any

from litestar import Response, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from cabas.web.request import ShopRequest


@get("/healthz", include_in_schema=False)
async def alive() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz", include_in_schema=False)
async def ready(request: ShopRequest) -> Response[Any]:
    """The process may take traffic: its database answers."""
    try:
        async with request.read() as reader:
            await reader.fetchval("select 1")
    except (OSError, TimeoutError):
        return Response({"status": "database unreachable"}, status_code=503)
    return Response({"status": "ready"})


@get("/metrics", include_in_schema=False)
async def metrics() -> Response[bytes]:
    """Prometheus text format."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


ROUTES = [alive, ready, metrics]
