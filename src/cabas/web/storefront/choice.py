"""
Choosing a store. With a full basket elsewhere the shopper first sees what changes; nothing is lost
by moving (lines that the new store doesn't sell wait in the basket), and moving back is the undo.
"""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromPath
from msgspec import structs

from cabas.domain.carts import operations as carts
from cabas.domain.carts import queries as cart_queries
from cabas.domain.carts.model import Cart, PricedCart, price_cart
from cabas.domain.catalog import queries as catalog
from cabas.domain.slots import operations as slots
from cabas.domain.stores.model import StoreSummary
from cabas.kit.db import Connection, Transaction
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS
from cabas.web import pages
from cabas.web.forms import read_form
from cabas.web.pages import Frame, Notice
from cabas.web.request import ShopRequest
from cabas.web.storefront.place import RETURN_LENGTH_MAX, in_store, store_named
from cabas.web.storefront.shopper import Shopper, cart_of, shopper_of
from cabas.web.storefront.store_change import Change, StoreChange, compare
from cabas.web.storefront.stores import back_of

LISTED_MAX = 40


@get("/magasins/{slug:str}/choix", include_in_schema=False)
async def review(request: ShopRequest, slug: FromPath[str]) -> Response[Any]:
    """What changes for the basket if this store becomes the shopper's."""
    store = store_named(request, slug)
    async with request.read() as reader:
        cart = await _full_cart(reader, request, await shopper_of(request, reader))
        if cart is None or cart.store_id == store.store_id:
            change = None
        else:
            before = await _priced_in(reader, request, cart, cart.store_id)
            change = compare(before, await _priced_in(reader, request, cart, store.store_id))
    t = request.site.catalogues[request.language]
    old = request.site.directory.store(cart.store_id) if cart else None
    return pages.page(
        request,
        "storefront/choice.html",
        Frame(title=t("stores.choose_title", name=store.name)),
        name=store.name,
        city=store.city,
        to=f"/magasins/{store.slug}/choix",
        back=back_of(request),
        stay_href=back_of(request) or "/magasins",
        change=_change_values(change, t) if change and old else None,
        old_name=old.name if old else "",
    )


@post("/magasins/{slug:str}/choix", include_in_schema=False)
async def choose(request: ShopRequest, slug: FromPath[str]) -> Response[Any]:
    """Make it theirs; a full basket comes along, the slot held in the old store is let go."""
    store = store_named(request, slug)
    form = await read_form(request)
    back = form.text("retour", required=False, length_max=RETURN_LENGTH_MAX)
    async with request.transaction() as tx:
        shopper = await shopper_of(request, tx)
        cart = await _full_cart(tx, request, shopper)
        moving = cart is not None and cart.store_id != store.store_id
        released = False
        if cart is not None and moving:
            released = await slots.release_hold(tx, store_id=cart.store_id, shopper_id=cart.shopper_id)
            cart_id = await carts.move_to_store(tx, cart=cart, store_id=store.store_id, now=request.now)
            cart = await cart_queries.cart(tx, cart_id=cart_id, shopper_id=cart.shopper_id)
        elif cart is None:
            cart = await cart_queries.open_cart_of(tx, store_id=store.store_id, shopper_id=shopper.shopper_id)
        priced = await _priced_in(tx, request, cart, store.store_id) if cart else None
    left = request.site.directory.store(request.visitor.store_id)
    _remember(request, store, cart, priced)
    return _chosen(request, store, left if moving else None, back, released=released)


def _chosen(
    request: ShopRequest, store: StoreSummary, left: StoreSummary | None, back: str, *, released: bool
) -> Response[Any]:
    t = request.site.catalogues[request.language]
    target = in_store(back, store.slug) if back else f"/magasins/{store.slug}/rayons"
    if left is None:
        return pages.see_other(request, target, notice=Notice("ok", t("stores.chosen", name=store.name)))
    key = "stores.moved_released" if released else "stores.moved"
    query = urlencode({"avant": left.slug, "panier": "suivi", "retour": target})
    return pages.see_other(
        request,
        f"/magasins/{store.slug}?{query}",
        notice=Notice("ok", t(key, name=store.name, old=left.name)),
    )


def _remember(
    request: ShopRequest, store: StoreSummary, cart: Cart | None, priced: PricedCart | None
) -> None:
    request.remember(
        structs.replace(
            request.visitor,
            store_id=store.store_id,
            cart_id=cart.cart_id if cart else None,
            basket_count=priced.count if priced else 0,
            basket_cents=priced.total_cents if priced else 0,
        )
    )


async def _full_cart(reader: Connection | Transaction, request: ShopRequest, shopper: Shopper) -> Cart | None:
    """The visitor's basket, when there is something in it."""
    cart = await cart_of(request, reader, shopper)
    return cart if cart is not None and cart.lines else None


async def _priced_in(
    reader: Connection | Transaction, request: ShopRequest, cart: Cart, store_id: int
) -> PricedCart:
    gtins = [line.gtin for line in cart.lines]
    offers = await catalog.offers_for(reader, store_id=store_id, gtins=gtins, now=request.now)
    return price_cart(cart.lines, offers, weight_tolerance_percent=DEFAULTS.weight_tolerance_percent)


def _change_values(change: StoreChange, t: Catalogue) -> dict[str, Any]:
    sign = "−" if change.difference_cents < 0 else "+"
    amount = format_cents(abs(change.difference_cents), t.language)
    return {
        "lost": list(change.lost[:LISTED_MAX]),
        "found": list(change.found[:LISTED_MAX]),
        "rows": [_row(one, t) for one in (*change.dearer, *change.cheaper)[:LISTED_MAX]],
        "dearer": len(change.dearer),
        "cheaper": len(change.cheaper),
        "same": change.same,
        "before": format_cents(change.before_cents, t.language),
        "after": format_cents(change.after_cents, t.language),
        "difference": f"{sign}\u00a0{amount}" if change.difference_cents else "",
    }


def _row(change: Change, t: Catalogue) -> dict[str, Any]:
    return {
        "name": change.name,
        "before": format_cents(change.before_cents, t.language),
        "after": format_cents(change.after_cents, t.language),
        "up": change.after_cents > change.before_cents,
    }
