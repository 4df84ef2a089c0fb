"""
Checkout: one page, one button, one order for its key.

Whatever stands in the way is explained on the same page with everything that was typed; the order
itself is one call to the database.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, get, post

from cabas.domain.carts.model import CartNotFound, CartOrdered
from cabas.domain.checkout import operations as checkout
from cabas.domain.checkout import queries
from cabas.domain.checkout.model import (
    AgeUnconfirmed,
    BelowMinimum,
    CartChanged,
    CartEmpty,
    InFlight,
    KeyMissing,
    KeyReused,
    NotDelivered,
    PaymentUnknown,
    PricesChanged,
    Request,
    TooManyOrders,
)
from cabas.domain.orders import queries as orders
from cabas.domain.payments.model import CARD
from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import SlotClosed, SlotFull, SlotNotOpen, SlotUnknown
from cabas.kit.db import Connection
from cabas.kit.errors import Refusal
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS
from cabas.web import order_figures
from cabas.web.errors import OVERLOADED, status_of
from cabas.web.forms import Form, read_form
from cabas.web.pages import Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.room_guard import before_checkout, before_order
from cabas.web.storefront import kept_order, paying
from cabas.web.storefront.checkout_form import Asked, fresh_key, prefilled, read_checkout
from cabas.web.storefront.checkout_view import Basis, Said, checkout_page
from cabas.web.storefront.shopper import Shopper, cart_of, forget_basket, priced_now, shopper_now, shopper_of
from cabas.web.storefront.shown import read_shown
from cabas.web.storefront.slot_page import nearest_to
from cabas.web.storefront.slots import hold_for

_SLOT_REFUSALS = (SlotFull, SlotClosed, SlotNotOpen, SlotUnknown)
_DELIVERY_DIGIT = "2"


@get("/commande", include_in_schema=False, guards=[before_checkout])
async def show(request: ShopRequest) -> Response[Any]:
    t = request.site.catalogues[request.language]
    async with request.read() as reader:
        shopper = await shopper_of(request, reader)
        cart = await cart_of(request, reader, shopper)
        if cart is None or not cart.lines:
            return see_other(request, "/panier")
        hold = await slots.hold_of(
            reader, store_id=cart.store_id, shopper_id=shopper.shopper_id, now=request.now
        )
        if hold is None:
            return see_other(request, "/creneaux", notice=Notice("info", t("checkout.slot_first")))
        basis = await _basis(request, reader, shopper, hold.slot_id)
        values = await prefilled(request, reader, shopper)
    if basis is None:
        return see_other(request, "/creneaux", notice=Notice("info", t("checkout.slot_first")))
    return checkout_page(request, basis, key=fresh_key(), values=values, errors={})


@post("/commande", include_in_schema=False, guards=[before_order])
async def place(request: ShopRequest) -> Response[Any]:
    """The order. The same form sent twice is one order."""
    form = await read_form(request)
    asked = await _asked(request, form)
    try:
        response = await _place(request, form, asked)
    except OVERLOADED:
        return await kept_order.held_back(request, total=_shown_total(request, asked), to="/commande")
    return kept_order.answer(request, response)


async def _place(request: ShopRequest, form: Form, asked: Asked) -> Response[Any]:
    shopper = await shopper_now(request)
    if not form.ok or asked.contact is None or asked.cart_id is None:
        return await _again(request, form, asked, shopper, status=422)
    try:
        wanted = _request(request, asked, asked.cart_id, shopper)
        with order_figures.attempt() as attempt:
            async with request.one_statement() as tx:
                placed = await checkout.place_order(
                    tx,
                    request=wanted,
                    weight_tolerance_percent=DEFAULTS.weight_tolerance_percent,
                    open_orders_max=DEFAULTS.open_orders_max,
                    now=request.now,
                )
            attempt.placed(created=placed.created)
    except Refusal as refused:
        return await _refused(request, form, asked, shopper, refused)
    if request.visitor.cart_id == asked.cart_id:
        forget_basket(request)
    if wanted.payment_method == CARD:
        return await paying.after_order(request, placed)
    kept_order.note(request, placed)
    return see_other(request, f"/commandes/{placed.order_id}?merci=1")


@post("/commande/creneau", include_in_schema=False, guards=[before_order])
async def change_slot(request: ShopRequest) -> Response[Any]:
    """One of the nearest slots, one tap: held, and the form comes back as it was filled in."""
    form = await read_form(request)
    slot_id = form.integer("new_slot", low=1, high=10**11 - 1)
    asked = await _asked(request, form)
    form.errors.clear()
    async with request.read() as reader:
        shopper = await shopper_of(request, reader)
    if slot_id is None:
        return see_other(request, "/creneaux")
    chosen = msgspec.structs.replace(asked, slot_id=slot_id)
    try:
        await hold_for(request, slot_id)
    except _SLOT_REFUSALS as refused:
        return await _refused(request, form, chosen, shopper, refused)
    return await _again(request, form, chosen, shopper, status=200)


class NotShown(Refusal):
    """The form doesn't prove what its page showed: it must be seen before paying."""

    code = "not_shown"


def _shown_total(request: ShopRequest, asked: Asked) -> str:
    """What the page said it costs; "" when it can't prove that it said anything."""
    secrets = request.site.settings.secret_keys
    shown = read_shown(secrets, asked.shown, cart_id=asked.cart_id) if asked.cart_id else None
    return format_cents(shown.total_cents, request.language) if shown else ""


async def _asked(request: ShopRequest, form: Form) -> Asked:
    slot = form.text("slot", required=False, length_max=20)
    return read_checkout(form, delivery=slot.endswith(_DELIVERY_DIGIT), methods=paying.offered(request))


def _request(request: ShopRequest, asked: Asked, cart_id: UUID, shopper: Shopper) -> Request:
    """:raises NotShown: the page's own signature is missing."""
    shown = read_shown(request.site.settings.secret_keys, asked.shown, cart_id=cart_id)
    if shown is None or asked.contact is None:
        raise NotShown
    return Request(
        cart_id=cart_id,
        shopper_id=shopper.shopper_id,
        customer_id=shopper.customer_id,
        slot_id=asked.slot_id,
        key=asked.key,
        payment_method=asked.payment,
        contact=asked.contact,
        language=request.language,
        adult=asked.adult,
        shown=shown.lines,
        shown_total_cents=shown.total_cents,
        substitution=asked.substitution,
    )


async def _basis(request: ShopRequest, reader: Connection, shopper: Shopper, slot_id: int) -> Basis | None:
    """None: the basket or the slot isn't there (any more)."""
    cart = await cart_of(request, reader, shopper)
    if cart is None or not cart.lines:
        return None
    terms = await queries.terms(
        reader, store_id=cart.store_id, slot_id=slot_id, postcode=request.visitor.postcode or None
    )
    if terms is None:
        return None
    hold = await slots.hold_of(reader, store_id=cart.store_id, shopper_id=shopper.shopper_id, now=request.now)
    return Basis(
        shopper=shopper,
        cart=cart,
        priced=await priced_now(request, reader, cart),
        terms=terms,
        hold=hold if hold and hold.slot_id == slot_id else None,
    )


async def _again(
    request: ShopRequest,
    form: Form,
    asked: Asked,
    shopper: Shopper,
    *,
    status: int,
    said: Said | None = None,
    key: str = "",
) -> Response[Any]:
    """The same page, with everything that was typed."""
    served = "postcode" not in form.errors
    if served and asked.contact is not None and asked.contact.address is not None:
        postcode = asked.contact.address.postcode
        request.remember(msgspec.structs.replace(request.visitor, postcode=postcode))
    async with request.read() as reader:
        basis = await _basis(request, reader, shopper, asked.slot_id)
    if basis is None:
        return see_other(request, "/creneaux" if request.visitor.basket_count else "/panier")
    return checkout_page(
        request,
        basis,
        key=key or asked.key or fresh_key(),
        values=form.values,
        errors={name: text for name, text in form.errors.items() if name not in ("slot", "new_slot")},
        said=said,
        status=status,
    )


async def _refused(
    request: ShopRequest, form: Form, asked: Asked, shopper: Shopper, refused: Refusal
) -> Response[Any]:
    """Each refusal in words, on the page it stands in the way of."""
    t = request.site.catalogues[request.language]
    said: Said | None = None
    match refused:
        case CartOrdered():
            return await ordered_already(request, asked, shopper)
        case CartNotFound() | CartEmpty():
            return see_other(request, "/panier", notice=Notice("warn", t("checkout.nothing_to_order")))
        case SlotFull() | SlotClosed() | SlotNotOpen() | SlotUnknown():
            said = await _lost_slot(request, asked, refused)
        case PricesChanged():
            said = _prices_changed(request, asked, refused)
        case NotDelivered():
            form.fail("postcode", "checkout.not_delivered")
        case AgeUnconfirmed():
            form.fail("adult", "checkout.adult_needed")
        case PaymentUnknown():
            form.fail("payment", "form.bad_choice")
        case _:
            said = Said(text=refusal_words(request, refused))
    new_key = fresh_key() if isinstance(refused, (KeyReused, KeyMissing)) else ""
    status = 409 if isinstance(refused, NotShown) else status_of(refused)
    return await _again(request, form, asked, shopper, status=status, said=said, key=new_key)


def refusal_words(request: ShopRequest, refused: Refusal) -> str:
    t = request.site.catalogues[request.language]
    match refused:
        case BelowMinimum():
            missing = int(str(refused.detail["missing_cents"]))
            return t("checkout.below_minimum", amount=format_cents(missing, request.language))
        case TooManyOrders():
            return t("checkout.too_many_orders", max=DEFAULTS.open_orders_max)
        case CartChanged():
            return t("checkout.cart_changed")
        case KeyReused() | KeyMissing() | NotShown():
            return t("checkout.look_again")
        case InFlight():
            return t("checkout.in_flight")
        case _:
            raise refused


def _prices_changed(request: ShopRequest, asked: Asked, refused: PricesChanged) -> Said:
    t = request.site.catalogues[request.language]
    shown = (
        read_shown(request.site.settings.secret_keys, asked.shown, cart_id=asked.cart_id)
        if asked.cart_id
        else None
    )
    return Said(
        text=t("checkout.prices_changed"),
        differences=refused.differences,
        total_before_cents=shown.total_cents if shown else None,
    )


async def _lost_slot(request: ShopRequest, asked: Asked, refused: Refusal) -> Said:
    t = request.site.catalogues[request.language]
    store_id = request.visitor.store_id
    async with request.read() as reader:
        lost, nearest = await nearest_to(request, reader, store_id=store_id, slot_id=asked.slot_id)
    code = {"slot_full": "full", "slot_not_open": "not_open"}.get(refused.code, "closed")
    return Said(text=t(f"checkout.slot_{code}"), lost=lost, nearest=nearest)


async def ordered_already(request: ShopRequest, asked: Asked, shopper: Shopper) -> Response[Any]:
    """This basket went through from another page: here is its order."""
    t = request.site.catalogues[request.language]
    if asked.cart_id is None:
        raise CartNotFound
    async with request.read() as reader:
        order_id = await orders.order_of_cart(reader, cart_id=asked.cart_id, shopper_id=shopper.shopper_id)
    if request.visitor.cart_id == asked.cart_id:
        forget_basket(request)
    target = f"/commandes/{order_id}" if order_id else "/panier"
    return see_other(request, target, notice=Notice("info", t("checkout.ordered_already")))
