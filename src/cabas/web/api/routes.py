"""The public API under /api/v1, all its routes on one page."""

from litestar import Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

OPENAPI = OpenAPIConfig(
    title="Cabas",
    version="1",
    path="/api",
    render_plugins=[JsonRenderPlugin(path="/openapi.json")],
)


def router() -> Router:
    return Router("/api/v1", route_handlers=[])
