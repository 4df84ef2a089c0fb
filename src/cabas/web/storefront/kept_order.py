"""
An order whose answer is lost is never said to have failed: it is "unknown" until it reads order or absence.

With scripts the browser keeps the form with its key, asks `state` first and sends it again
(islands/keep-order.ts). Without, the answer to a database that is away is a page that holds the whole
form, to send again with one press: the key makes it one order, however often.
"""

from random import uniform
from typing import Any
from uuid import UUID

from litestar import Response, get
from litestar.params import FromQuery
from litestar.response import Redirect

from cabas.domain.checkout import queries as checkout
from cabas.domain.checkout.model import KEY_LENGTH_MAX, ORDER_BUTTON, ORDER_BUTTONS, Placed
from cabas.domain.orders import queries as orders
from cabas.kit.db import Connection
from cabas.kit.ids import parse_id
from cabas.web import pages
from cabas.web.errors import RETRY_SECONDS
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest
from cabas.web.storefront.shopper import shopper_of

KEPT_HEADER = "x-kept"
"""Sent by the island: a redirect is then answered as JSON, whose address the island goes to."""

PAGE_AFTER_SECONDS_MAX, PAGE_SPREAD = 40.0, 1.5
FIELDS_MAX = 40
_PLACED = "placed"
_NOT_KEPT = frozenset({"_csrf_token"})


@get("/commande/etat", include_in_schema=False)
async def state(
    request: ShopRequest, cle: FromQuery[str] = "", panier: FromQuery[str] = ""
) -> Response[dict[str, str]]:
    """
    Whether the person who asks has an order for this key: ``order`` with where it is, or ``absent``.

    ``elsewhere``: the basket became an order under another key.
    """
    cart_id = parse_id(panier)
    found: tuple[str, UUID | None] = ("absent", None)
    if cart_id is not None and 0 < len(cle) <= KEY_LENGTH_MAX:
        async with request.read() as reader:
            shopper = await shopper_of(request, reader)
            found = await _order_for(reader, cart_id, shopper.shopper_id, cle)
    name, order_id = found
    body = {"state": name, **({"to": f"/commandes/{order_id}?merci=1"} if order_id else {})}
    return Response(body, headers={"cache-control": "no-store"})


def note(request: ShopRequest, placed: Placed) -> None:
    """What `answer` tells of the order beside its address."""
    request.scope["state"][_PLACED] = placed


def answer(request: ShopRequest, response: Response[Any]) -> Response[Any]:
    """
    The answer as the island reads it, or as it is for a browser without scripts.

    {to, code, after_ms}: the order's page, which costs as much as half an order, is to be asked for once those who
    still wait with theirs are through; until then the code is shown.
    """
    if request.headers.get(KEPT_HEADER) != "1" or not isinstance(response, Redirect):
        return response
    headers = {name: value for name, value in response.headers.items() if name.lower() != "location"}
    placed: Placed | None = request.scope["state"].get(_PLACED)
    body = {"to": response.url, "after_ms": 0}
    if placed is not None:
        body |= {"code": placed.receipt.code, "after_ms": _after_ms(request)}
    told: Response[Any] = Response(body, status_code=200, headers=headers)
    told.cookies = response.cookies
    return told


def _after_ms(request: ShopRequest) -> int:
    """Spread, so that those who wait don't come together."""
    seconds = min(request.site.ladder.orders_wait_seconds(), PAGE_AFTER_SECONDS_MAX)
    return round(1000 * seconds * uniform(1.0, PAGE_SPREAD))  # noqa: S311 - nothing secret


async def held_back(request: ShopRequest, *, total: str, to: str) -> Response[str]:
    """The page that holds the form while the database is away; asks the database nothing."""
    t = request.site.catalogues[request.language]
    form = await request.form()
    fields = [
        {"name": name, "value": value}
        for name, value in list(form.items())[:FIELDS_MAX]
        if isinstance(value, str) and name not in _NOT_KEPT
    ]
    return pages.page(
        request,
        "storefront/checkout/held_back.html",
        Frame(title=t("checkout.held_back_title"), nav="basket"),
        status=503,
        headers={"cache-control": "no-store", "retry-after": str(RETRY_SECONDS)},
        to=to,
        fields=fields,
        total=total,
        button=ORDER_BUTTONS.get(t.language, ORDER_BUTTON),
    )


async def _order_for(
    reader: Connection, cart_id: UUID, shopper_id: UUID, key: str
) -> tuple[str, UUID | None]:
    order_id = await checkout.order_of_key(reader, cart_id=cart_id, shopper_id=shopper_id, key=key)
    if order_id is not None:
        return "order", order_id
    order_id = await orders.order_of_cart(reader, cart_id=cart_id, shopper_id=shopper_id)
    return ("elsewhere", order_id) if order_id else ("absent", None)
