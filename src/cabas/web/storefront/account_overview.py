"""The account's first page, and the orders."""

from datetime import datetime
from typing import Any
from urllib.parse import quote

from litestar import Response, get
from litestar.params import FromQuery

from cabas.domain.customers import queries as customers
from cabas.domain.orders import queries as orders
from cabas.domain.orders.model import Order
from cabas.kit.money import format_cents
from cabas.web import dates
from cabas.web.request import ShopRequest
from cabas.web.storefront.account_access import AccountSignInNeeded, account_page, customer_of
from cabas.web.storefront.shopper import shopper_of

ON_OVERVIEW = 3
ON_PAGE = 20
STATE_KINDS = {
    "placed": "info",
    "received": "info",
    "preparing": "moon",
    "ready": "ok",
    "handed_over": "",
    "cancelled": "ko",
}


@get("/", include_in_schema=False)
async def overview(request: ShopRequest) -> Response[str]:
    person = await customer_of(request)
    async with request.read() as reader:
        ids = (person.customer_id, request.visitor.id)
        latest = await orders.orders_of_customer(reader, customer_ids=ids, limit=ON_OVERVIEW)
        addresses = await customers.addresses(reader, customer_id=person.customer_id)
        passkeys = await customers.passkeys(reader, customer_id=person.customer_id)
    return account_page(
        request,
        "overview",
        section="overview",
        titles={"name": person.first_name},
        name=person.first_name,
        email=person.email,
        orders=[order_line(request, order) for order in latest],
        addresses=len(addresses),
        passkeys=len(passkeys),
    )


@get("/commandes", include_in_schema=False)
async def orders_page(request: ShopRequest, avant: FromQuery[str] = "") -> Response[str]:
    """The account's and this browser's orders; who has no account sees the browser's, else signs in."""
    async with request.read() as reader:
        shopper = await shopper_of(request, reader)
        ids = {shopper.shopper_id, shopper.guest_id}
        found = await orders.orders_of_customer(
            reader, customer_ids=list(ids), before=_instant(avant), limit=ON_PAGE + 1
        )
    if shopper.customer is None and not found:
        raise AccountSignInNeeded
    shown = found[:ON_PAGE]
    more = quote(shown[-1].placed_at.isoformat()) if len(found) > ON_PAGE else ""
    return account_page(
        request,
        "orders" if shopper.customer else "guest_orders",
        section="orders",
        orders=[order_line(request, order) for order in shown],
        next_href=f"/compte/commandes?avant={more}" if more else "",
        first=not avant,
    )


def order_line(request: ShopRequest, order: Order) -> dict[str, Any]:
    """An order in a list."""
    language = request.language
    t = request.site.catalogues[language]
    store = request.site.directory.store(order.store_id)
    cents = order.total_cents if order.final_cents is None else order.final_cents
    return {
        "href": f"/commandes/{order.order_id}",
        "code": order.code,
        "store": store.name if store else "",
        "slot": f"{dates.long_day(order.slot_starts_at, language)},"
        f" {dates.span(order.slot_starts_at, order.slot_ends_at, language)}",
        "placed": dates.long_day(order.placed_at, language),
        "state": t(f"account.state_{order.state.value}"),
        "state_kind": STATE_KINDS[order.state.value],
        "channel": t(f"account.channel_{order.channel}"),
        "total": format_cents(cents, language),
    }


def _instant(text: str) -> datetime | None:
    """The instant to page on from; anything else is the first page."""
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else None
