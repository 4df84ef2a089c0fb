"""The public API under /api/v1, all its routes on one page."""

from litestar import Router
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from cabas.web.api import (
    bank_words,
    bridge,
    carts,
    draws,
    orders,
    picking_events,
    placing,
    products,
    slots,
    store_orders,
    stores,
    wishes,
)

BODY_BYTES_MAX = 64 * 1024

OPENAPI = OpenAPIConfig(
    title="Cabas",
    version="1",
    summary="The public API of an online grocery shop.",
    description=(
        "Amounts are integers of cents; `currency` says which. Times are RFC 3339 with a zone. Lists are"
        " `{items, next}`: `next` is an opaque cursor for the parameter `cursor`, or null. What goes wrong is"
        " told as problem details (RFC 9457); `code` is the stable name to act on."
    ),
    path="/api",
    render_plugins=[JsonRenderPlugin(path="/openapi.json")],
    use_handler_docstrings=True,
    components=Components(
        security_schemes={
            "shopper": SecurityScheme(
                type="http",
                scheme="bearer",
                description="A basket's token (`openCart`), or a customer's API token.",
            ),
            "staff": SecurityScheme(
                type="http", scheme="bearer", description="An API token of staff, for its stores."
            ),
            "bridge": SecurityScheme(
                type="apiKey",
                name="signature",
                security_scheme_in="header",
                description="RFC 9421, HMAC-SHA256, by the key of one bridge: see how to connect your systems.",
            ),
        }
    ),
)


def router() -> Router:
    return Router(
        "/api/v1",
        route_handlers=[
            *stores.ROUTES,
            *products.ROUTES,
            *slots.ROUTES,
            *carts.ROUTES,
            *wishes.ROUTES,
            *draws.ROUTES,
            *placing.ROUTES,
            *orders.ROUTES,
            *store_orders.ROUTES,
            *picking_events.ROUTES,
            *bridge.ROUTES,
            *bank_words.ROUTES,
        ],
        request_max_body_size=BODY_BYTES_MAX,
    )
