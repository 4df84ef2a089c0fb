"""The home page: the store and its next slot, the way in by aisle, deals, what was bought before, midnight."""

from collections import Counter
from functools import partial
from typing import Any

from litestar import Response, get

from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import Card
from cabas.domain.customers.queries import SignedIn
from cabas.domain.orders import queries as orders
from cabas.kit.db import Connection
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web import pages
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest
from cabas.web.storefront.aisles import aisle_values
from cabas.web.storefront.basket_marks import basket_quantities
from cabas.web.storefront.cards import card_views
from cabas.web.storefront.gains import gains_in
from cabas.web.storefront.midnight import strip_values
from cabas.web.storefront.place import Place, choose_path, own_place

DEALS = 8
HABITS = 8
ORDERS_LOOKED_AT = 3


@get("/", include_in_schema=False)
async def home(request: ShopRequest) -> Response[str]:
    place = own_place(request)
    now = request.now
    async with request.read() as reader:
        person = await request.signed_in(reader)
        deals = await catalog.deals(reader, store_id=place.store_id, now=now, limit=DEALS)
        alcohol = await catalog.sells_alcohol(reader, store_id=place.store_id)
        habits = await _habits(reader, request, place, person) if person else []
        quantities = await basket_quantities(reader, request, place)
    t = request.site.catalogues[request.language]
    draw = partial(
        card_views, place=place, here="/", quantities=quantities, t=t, gains=gains_in(request, place.store_id)
    )
    return pages.page(
        request,
        "storefront/home.html",
        Frame(
            title=t("home.title"),
            description=t("home.description"),
            nav="home",
            canonical=f"{request.site.settings.public_url}/",
            alcohol_banner=alcohol,
        ),
        store=_store_values(request, place, t),
        aisles=aisle_values(request, place.base),
        base=place.base,
        deals=draw(deals),
        deals_href=f"{place.base}/rayons",
        habits=draw(habits),
        basket=_basket_values(request, t),
        midnight=strip_values(now, t),
        ready=_ready(request, place, person, t),
    )


async def _habits(reader: Connection, request: ShopRequest, place: Place, person: SignedIn) -> list[Card]:
    """What the last orders had, the most frequent first, as this store sells it now."""
    last = await orders.orders_of_customer(reader, customer_ids=[person.customer_id], limit=ORDERS_LOOKED_AT)
    bought: Counter[int] = Counter()
    for order in last:
        lines = await orders.lines(
            reader, store_id=order.store_id, order_id=order.order_id, revision=order.revision
        )
        bought.update(line.gtin for line in lines)
    gtins = [gtin for gtin, _ in bought.most_common(HABITS)]
    if not gtins:
        return []
    return await catalog.cards_by_gtin(reader, store_id=place.store_id, gtins=gtins, now=request.now)


def _store_values(request: ShopRequest, place: Place, t: Catalogue) -> dict[str, str] | None:
    if place.store is None:
        return None
    return {
        "name": place.store.name,
        "href": place.base,
        "slot": request.site.directory.next_slot_label(place.store_id, t.language),
    }


def _basket_values(request: ShopRequest, t: Catalogue) -> dict[str, str] | None:
    visitor = request.visitor
    if not visitor.basket_count:
        return None
    return {
        "count": t("home.basket_count", n=visitor.basket_count),
        "total": format_cents(visitor.basket_cents, t.language),
    }


def _ready(request: ShopRequest, place: Place, person: SignedIn | None, t: Catalogue) -> list[dict[str, Any]]:
    """The checklist before midnight: each item done, or a link that does it."""
    steps = (
        ("store", not place.national, choose_path("", "/")),
        ("basket", request.visitor.basket_count > 0, f"{place.base}/rayons"),
        ("account", person is not None, "/compte/connexion"),
    )
    return [
        {"label": t(f"home.ready_{key}"), "done": done, "href": "" if done else href}
        for key, done, href in steps
    ]
