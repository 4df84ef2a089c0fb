"""
Ordering from the page "Ready for midnight": before the opening in advance, from it on at once.

One form, one button, one key. Which of the two it is, the server's clock says when the form arrives.
"""

from datetime import timedelta
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from cabas.domain.advance.model import BadWishes, NotAsked, OpeningPassed, SlotAlreadyOpen, WishClosed
from cabas.domain.carts.model import CartNotFound, CartOrdered
from cabas.domain.checkout.model import (
    AgeUnconfirmed,
    CartEmpty,
    KeyMissing,
    KeyReused,
    NotDelivered,
    PaymentUnknown,
    PricesChanged,
    Request,
)
from cabas.domain.checkout.wishing import LOST, Won, place_in_first_free
from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import SlotState
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.errors import Refusal
from cabas.kit.ids import place_of
from cabas.kit.money import format_cents
from cabas.policies import DEFAULTS
from cabas.web import dates, order_figures
from cabas.web.errors import OVERLOADED, status_of
from cabas.web.forms import Form, read_form
from cabas.web.pages import Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.room_guard import before_order, join_early
from cabas.web.storefront import kept_order, midnight_advance
from cabas.web.storefront.checkout import NotShown, ordered_already, refusal_words
from cabas.web.storefront.checkout_form import fresh_key
from cabas.web.storefront.checkout_view import Said
from cabas.web.storefront.midnight_form import Told, Wished, read_midnight, read_wishes, wishes_in
from cabas.web.storefront.midnight_page import MIDNIGHT, Draft, midnight_page
from cabas.web.storefront.shopper import Shopper, forget_basket, shopper_now, shopper_of
from cabas.web.storefront.slot_page import nearest_to
from cabas.web.storefront.slot_view import when_label
from cabas.web.storefront.slots import CHANNELS

ANY_TRIES = 3
"""How many slots beyond the wishes an order with "any slot" tries, the nearest first."""


@get(MIDNIGHT, include_in_schema=False, guards=[join_early])
async def show(request: ShopRequest, voeux: FromQuery[str] = "", mode: FromQuery[str] = "") -> Response[Any]:
    return await midnight_page(request, Draft(wishes=wishes_in(voeux), channel=CHANNELS.get(mode)))


@post("/minuit/voeux", include_in_schema=False)
async def keep_wishes(request: ShopRequest) -> Response[Any]:
    """Without scripts: the wishes go into the page's address, and nothing is ordered."""
    form = await read_form(request)
    wishes = ",".join(map(str, read_wishes(form)))
    return see_other(request, f"{MIDNIGHT}?voeux={wishes}" if wishes else MIDNIGHT)


@post("/minuit/retrait", include_in_schema=False)
async def withdraw(request: ShopRequest) -> Response[Any]:
    t = request.site.catalogues[request.language]
    async with request.read() as reader:
        shopper = await shopper_of(request, reader)
    try:
        await midnight_advance.withdraw(request, shopper)
    except NotAsked:
        return see_other(request, MIDNIGHT)
    except OpeningPassed:
        return see_other(request, MIDNIGHT, notice=Notice("warn", t("midnight.opening_passed")))
    return see_other(request, MIDNIGHT, notice=Notice("ok", t("midnight.withdrawn")))


@post("/minuit/commande", include_in_schema=False, guards=[before_order])
async def order(request: ShopRequest) -> Response[Any]:
    """The same form sent twice is one order, or one request."""
    form = await read_form(request)
    wished = read_midnight(form, request.site.settings.secret_keys)
    try:
        response = await _order(request, form, wished)
    except OVERLOADED:
        total = format_cents(wished.told.goods_cents, request.language) if wished.told else ""
        return await kept_order.held_back(request, total=total, to=f"{MIDNIGHT}/commande")
    return kept_order.answer(request, response)


async def _order(request: ShopRequest, form: Form, wished: Wished) -> Response[Any]:
    shopper = await shopper_now(request)
    if not form.ok or wished.asked.contact is None:
        return await _again(request, form, wished, status=422)
    try:
        if wished.told is None:
            raise NotShown
        if request.now < wished.told.opens_at:
            await midnight_advance.ask(request, wished, shopper)
            return see_other(request, MIDNIGHT, notice=_asked_notice(request))
        with order_figures.attempt() as attempt:
            won, tried = await _place(request, wished, wished.told, shopper)
            attempt.placed(created=won.placed.created)
    except Refusal as refused:
        return await _refused(request, form, wished, shopper, refused)
    if request.visitor.cart_id == wished.told.cart_id:
        forget_basket(request)
    kept_order.note(request, won.placed)
    notice = await _won_notice(request, won, tried) if won.placed.created else None
    return see_other(request, f"/commandes/{won.placed.order_id}?merci=1", notice=notice)


async def _place(request: ShopRequest, wished: Wished, told: Told, shopper: Shopper) -> tuple[Won, list[int]]:
    """In the first free of the wishes; only when none is, "any slot" has the day looked at."""
    wishes = list(wished.wishes)
    refused: Refusal | None = None
    if wishes:
        try:
            return await _place_in(request, wished, told, shopper, wishes), wishes
        except (*LOST, KeyReused) as problem:
            if not wished.any_slot:
                raise
            refused = problem
    others = await _any_slots(request, wished, told)
    if refused is not None and not others:
        raise refused
    try:
        won = await _place_in(request, wished, told, shopper, others)
    except LOST as problem:
        raise refused or problem from problem
    return msgspec.structs.replace(won, rank=len(wishes) + won.rank), [*wishes, *others]


async def _place_in(
    request: ShopRequest, wished: Wished, told: Told, shopper: Shopper, slot_ids: list[int]
) -> Won:
    async with request.one_statement() as tx:
        return await place_in_first_free(
            tx,
            request=_request(request, wished, told, shopper),
            wishes=slot_ids,
            totals=told.totals(),
            weight_tolerance_percent=DEFAULTS.weight_tolerance_percent,
            open_orders_max=DEFAULTS.open_orders_max,
            now=request.now,
        )


async def _any_slots(request: ShopRequest, wished: Wished, told: Told) -> list[int]:
    """The free slots of the day nearest to the best wish, beyond the wishes."""
    store_id = place_of(told.cart_id)
    first = wished.wishes[0] if wished.wishes else min(told.fees)
    async with request.read() as reader:
        best = await slots.slot(reader, store_id=store_id, slot_id=first)
        if best is None:
            return []
        day = await slots.slots_between(
            reader,
            store_id=store_id,
            channel=best.channel,
            start=paris_midnight(paris_day(best.starts_at)),
            end=paris_midnight(paris_day(best.starts_at) + timedelta(days=1)),
        )
    free = [slot for slot in day if slot.slot_id in told.fees and slot.slot_id not in wished.wishes]
    free = [slot for slot in free if slot.state(request.now) is SlotState.OPEN]
    free.sort(key=lambda slot: abs(slot.starts_at - best.starts_at))
    return [slot.slot_id for slot in free[:ANY_TRIES]]


def _request(request: ShopRequest, wished: Wished, told: Told, shopper: Shopper) -> Request:
    asked = wished.asked
    if asked.contact is None:
        raise ValueError("only a whole form can be ordered")
    return Request(
        cart_id=told.cart_id,
        shopper_id=shopper.shopper_id,
        customer_id=shopper.customer_id,
        slot_id=0,
        key=asked.key,
        payment_method=asked.payment,
        contact=asked.contact,
        language=request.language,
        adult=asked.adult,
        shown=told.lines,
        substitution=asked.substitution,
    )


def _asked_notice(request: ShopRequest) -> Notice:
    return Notice("ok", request.site.catalogues[request.language]("midnight.asked"))


async def _won_notice(request: ShopRequest, won: Won, tried: list[int]) -> Notice | None:
    """Which wish it was, when it wasn't the first: nobody should have to find out at the counter."""
    if won.rank == 1:
        return None
    t = request.site.catalogues[request.language]
    store_id = won.placed.store_id
    async with request.read() as reader:
        lost = await slots.slot(reader, store_id=store_id, slot_id=tried[0])
    had = won.placed.receipt
    return Notice(
        "info",
        t(
            "midnight.won_other",
            lost=when_label(lost, t.language) if lost else "",
            had=f"{dates.long_day(had.slot_starts_at, t.language)}, "
            f"{dates.span(had.slot_starts_at, had.slot_ends_at, t.language)}",
        ),
    )


async def _again(
    request: ShopRequest,
    form: Form,
    wished: Wished,
    *,
    status: int,
    said: Said | None = None,
    key: str = "",
) -> Response[Any]:
    """The same page, with everything that was typed."""
    draft = Draft(
        wishes=wished.wishes,
        any_slot=wished.any_slot,
        values=form.values,
        errors=form.errors,
        key=key or wished.asked.key,
        said=said,
    )
    return await midnight_page(request, draft, status=status)


async def _refused(
    request: ShopRequest, form: Form, wished: Wished, shopper: Shopper, refused: Refusal
) -> Response[Any]:
    """Each refusal in words, on the page it stands in the way of."""
    t = request.site.catalogues[request.language]
    said: Said | None = None
    match refused:
        case CartOrdered():
            return await ordered_already(request, wished.asked, shopper)
        case CartNotFound() | CartEmpty():
            return see_other(request, "/panier", notice=Notice("warn", t("checkout.nothing_to_order")))
        case SlotAlreadyOpen() | OpeningPassed():
            said = Said(text=t("midnight.opened_meanwhile"))
        case BadWishes() | WishClosed():
            form.fail("wish_1", "midnight.wish_closed")
        case PricesChanged():
            said = _prices_changed(request, wished, refused)
        case NotDelivered():
            form.fail("postcode", "checkout.not_delivered")
        case AgeUnconfirmed():
            form.fail("adult", "checkout.adult_needed")
        case PaymentUnknown():
            form.fail("payment", "form.bad_choice")
        case _ if isinstance(refused, LOST):
            said = await _lost(request, wished, refused)
        case _:
            said = Said(text=refusal_words(request, refused))
    new_key = fresh_key() if isinstance(refused, (KeyReused, KeyMissing)) else ""
    status = 409 if isinstance(refused, NotShown) else status_of(refused)
    return await _again(request, form, wished, status=status, said=said, key=new_key)


def _prices_changed(request: ShopRequest, wished: Wished, refused: PricesChanged) -> Said:
    t = request.site.catalogues[request.language]
    before = wished.told.goods_cents if wished.told else None
    return Said(text=t("checkout.prices_changed"), differences=refused.differences, total_before_cents=before)


async def _lost(request: ShopRequest, wished: Wished, refused: Refusal) -> Said:
    """None of the wishes could be had: the three nearest, each one press away."""
    t = request.site.catalogues[request.language]
    first = wished.wishes[0] if wished.wishes else 0
    async with request.read() as reader:
        lost, nearest = await nearest_to(request, reader, store_id=request.visitor.store_id, slot_id=first)
    code = "not_open" if refused.code == "slot_not_open" else "all_full"
    return Said(text=t(f"midnight.{code}"), lost=lost, nearest=nearest)
