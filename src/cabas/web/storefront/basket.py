"""The basket: all of it on one page, edited in place; nothing is lost, everything can be undone."""

from typing import Any

import msgspec
from litestar import Response, get, post

from cabas.domain.carts import operations as carts
from cabas.domain.carts import queries
from cabas.domain.carts.model import Cart, CartFull, CartNotFound, PricedCart, Substitution
from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import Card
from cabas.domain.checkout import queries as checkout
from cabas.domain.customers import operations as customers
from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Hold
from cabas.kit.db import Connection
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS
from cabas.web import pages
from cabas.web.forms import read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront import basket_view as view
from cabas.web.storefront.basket_lines import BASKET, local_return
from cabas.web.storefront.basket_view import Fee
from cabas.web.storefront.budget import budget_bar, budget_of
from cabas.web.storefront.place import own_base
from cabas.web.storefront.shopper import Shopper, cart_of, forget_basket, priced_now, shopper_of, store_of
from cabas.web.storefront.slot_view import hold_view

ALTERNATIVES_FOR_MAX = 6
"""Lines that can't be had for which we look for what could stand in."""

ALTERNATIVES_EACH = 3
BUDGET_EUROS_MAX = 9_999


@get("/panier", include_in_schema=False)
async def basket(request: ShopRequest) -> Response[str]:
    async with request.read() as reader:
        shopper = await shopper_of(request, reader)
        cart = await cart_of(request, reader, shopper)
        if cart is None:
            if request.visitor.basket_count:
                forget_basket(request)
            return _empty(request, restorable=0)
        priced = await priced_now(request, reader, cart)
        restorable = await queries.restorable(reader, cart_id=cart.cart_id, shopper_id=shopper.shopper_id)
        if not cart.lines:
            return _empty(request, restorable=restorable)
        return await _page(request, reader, shopper, cart, priced, restorable=restorable)


@post("/panier/vidage", include_in_schema=False)
async def empty(request: ShopRequest) -> Response[Any]:
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        shopper = await shopper_of(request, tx)
        cart = await cart_of(request, tx, shopper)
        if cart is None:
            return see_other(request, BASKET)
        await carts.empty_cart(tx, cart_id=cart.cart_id, shopper_id=shopper.shopper_id, now=request.now)
    request.remember(msgspec.structs.replace(request.visitor, basket_count=0, basket_cents=0))
    return see_other(request, BASKET, notice=Notice("info", t("basket.emptied")))


@post("/panier/restauration", include_in_schema=False)
async def restore(request: ShopRequest) -> Response[Any]:
    """Undo the last removal, or the emptying."""
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        shopper = await shopper_of(request, tx)
        cart = await cart_of(request, tx, shopper)
        if cart is None:
            return see_other(request, BASKET)
        try:
            await carts.restore_cart(
                tx,
                cart_id=cart.cart_id,
                shopper_id=shopper.shopper_id,
                now=request.now,
                lines_max=DEFAULTS.cart_lines_max,
            )
        except CartFull:
            full = t("basket.full", max=DEFAULTS.cart_lines_max)
            return see_other(request, BASKET, notice=Notice("warn", full))
    return see_other(request, BASKET, notice=Notice("ok", t("basket.restored")))


@post("/panier/remplacement", include_in_schema=False)
async def choose_substitution(request: ShopRequest) -> Response[Any]:
    """The one default for goods that are missing on the shelf."""
    form = await read_form(request)
    choice = form.choice("substitution", frozenset(Substitution))
    back = local_return(form)
    t = request.site.catalogues[request.language]
    if not form.ok:
        return see_other(request, back, notice=Notice("ko", t("form.bad_choice")))
    async with request.transaction() as tx:
        shopper = await shopper_of(request, tx)
        cart = await cart_of(request, tx, shopper)
        if cart is None:
            raise CartNotFound
        await carts.choose_substitution(
            tx,
            cart_id=cart.cart_id,
            shopper_id=shopper.shopper_id,
            substitution=Substitution(choice),
            now=request.now,
        )
    return see_other(request, back, notice=Notice("ok", t("basket.substitution_kept")))


@post("/panier/budget", include_in_schema=False)
async def set_budget(request: ShopRequest) -> Response[Any]:
    """In whole euros; nothing or 0 takes the budget away."""
    form = await read_form(request)
    euros = form.integer("budget", low=0, high=BUDGET_EUROS_MAX, required=False)
    t = request.site.catalogues[request.language]
    if not form.ok:
        return see_other(request, BASKET, notice=Notice("ko", t("basket.bad_budget", max=BUDGET_EUROS_MAX)))
    cents = (euros or 0) * 100
    async with request.transaction() as tx:
        shopper = await shopper_of(request, tx)
        if shopper.customer_id is not None:
            await customers.set_preferences(tx, customer_id=shopper.customer_id, budget_cents=cents or None)
    if shopper.customer_id is None:
        request.remember(msgspec.structs.replace(request.visitor, budget_cents=cents))
    said = (
        t("basket.budget_set", amount=format_cents(cents, t.language)) if cents else t("basket.budget_gone")
    )
    return see_other(request, BASKET, notice=Notice("ok", said))


async def fee_of(request: ShopRequest, reader: Connection, store_id: int, hold: Hold | None) -> Fee:
    """What the store asks: of the held slot, else from how much on for a pickup."""
    store = store_of(request, store_id)
    if hold is not None:
        terms = await checkout.terms(
            reader, store_id=store_id, slot_id=hold.slot_id, postcode=request.visitor.postcode or None
        )
        if terms is not None and terms.delivered:
            return Fee(cents=terms.fee_cents, minimum_cents=terms.minimum_cents, exact=True)
    if store is None:
        return Fee()
    return Fee(cents=store.drive_fee_cents, minimum_cents=store.drive_minimum_cents)


def _empty(request: ShopRequest, *, restorable: int) -> Response[str]:
    t = request.site.catalogues[request.language]
    base = own_base(request)
    return pages.page(
        request,
        "storefront/basket/empty.html",
        Frame(title=t("basket.title"), nav="basket"),
        headers={"cache-control": "no-store"},
        start_href=f"{base}/rayons" if base else "/magasins",
        start_label=t("basket.start") if base else t("basket.start_store"),
        restorable=restorable,
    )


async def _page(
    request: ShopRequest,
    reader: Connection,
    shopper: Shopper,
    cart: Cart,
    priced: PricedCart,
    *,
    restorable: int,
) -> Response[str]:
    t, language = request.site.catalogues[request.language], request.language
    hold = await slots.hold_of(reader, store_id=cart.store_id, shopper_id=shopper.shopper_id, now=request.now)
    held = await slots.slot(reader, store_id=cart.store_id, slot_id=hold.slot_id) if hold else None
    fee = await fee_of(request, reader, cart.store_id, hold)
    store = store_of(request, cart.store_id)
    base = f"/magasins/{store.slug}" if store else ""
    gone = [line.gtin for line, _ in priced.unavailable]
    missing = view.missing_for_minimum(priced, fee)
    return pages.page(
        request,
        "storefront/basket/basket.html",
        Frame(title=t("basket.title"), nav="basket", alcohol_banner=_has_alcohol(priced)),
        headers={"cache-control": "no-store"},
        store={"name": store.name, "href": base} if store else None,
        groups=view.aisle_groups(request, priced, base),
        gone=view.gone_views(
            priced.unavailable,
            await queries.names(reader, gtins=gone),
            await _alternatives(request, reader, cart, gone),
            base,
            t,
        ),
        count=priced.count,
        totals=view.totals_view(priced, fee, t),
        total=format_cents(priced.total_cents + fee.cents, language),
        missing=format_cents(missing, language) if missing else "",
        budget=budget_bar(request, shopper, priced.total_cents + fee.cents),
        budget_euros=budget_of(request, shopper) // 100 or "",
        substitutions=view.substitution_options(t),
        substitution=cart.substitution.value,
        line_options=view.line_options(cart, t),
        held=hold_view(request, hold, held) if hold and held else None,
        next_href="/commande" if hold else "/creneaux",
        next_label=t("basket.to_checkout") if hold else t("basket.to_slots"),
        orderable=bool(priced.lines) and not missing,
        restorable=restorable,
    )


async def _alternatives(
    request: ShopRequest, reader: Connection, cart: Cart, gone: list[int]
) -> dict[int, list[Card]]:
    in_basket = cart.quantities()
    found = {}
    for gtin in gone[:ALTERNATIVES_FOR_MAX]:
        cards = await catalog.alternatives(
            reader, store_id=cart.store_id, gtin=gtin, now=request.now, limit=ALTERNATIVES_EACH + 2
        )
        found[gtin] = [card for card in cards if card.gtin not in in_basket][:ALTERNATIVES_EACH]
    return found


def _has_alcohol(priced: PricedCart) -> bool:
    return any(line.offer.minimum_age for line in priced.lines)
