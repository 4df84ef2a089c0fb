"""Choosing a slot: seven days, two ways, one place held for ten minutes; a lost one is made good."""

from datetime import date
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from cabas.domain.slots import operations as slots
from cabas.domain.slots import queries
from cabas.domain.slots.model import (
    Channel,
    Hold,
    SlotClosed,
    SlotFull,
    SlotNotOpen,
    SlotUnknown,
)
from cabas.domain.stores.model import StoreSummary
from cabas.kit.clock import paris_day
from cabas.kit.errors import Refusal
from cabas.kit.ids import place_of
from cabas.policies import DEFAULTS
from cabas.web import dates
from cabas.web.errors import status_of
from cabas.web.forms import read_form
from cabas.web.pages import Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.room_guard import before_checkout
from cabas.web.storefront import slot_view as view
from cabas.web.storefront.shopper import cart_of, open_cart_for, shopper_of, store_of
from cabas.web.storefront.slot_page import SLOTS, Asked, slots_page

SLOT_ID_MAX = 10**11
DELIVERY_DIGIT = 2
"""The last of a delivery slot's id (`slots.calendar`)."""

CHANNELS = {mode: channel for channel, mode in view.MODES.items()}


@get("/creneaux", include_in_schema=False)
async def show(
    request: ShopRequest, mode: FromQuery[str] = "", jour: FromQuery[str] = "", autour: FromQuery[str] = ""
) -> Response[Any]:
    """``autour``: the slot that was lost, for the nearest ones."""
    store = store_of(request, request.visitor.store_id)
    if store is None:
        return _store_first(request)
    lost = int(autour) if autour.isascii() and autour.isdigit() and int(autour) < SLOT_ID_MAX else None
    asked = Asked(channel=_channel(store, mode), day=_day(jour), lost=lost, why="expired" if lost else "")
    return await slots_page(request, store, asked)


@post("/panier/creneau", include_in_schema=False, guards=[before_checkout])
async def hold(request: ShopRequest) -> Response[Any]:
    """Hold one place. A slot that can't be had is answered with the nearest three; nothing is lost."""
    form = await read_form(request)
    slot_id = form.integer("slot", low=1, high=SLOT_ID_MAX - 1)
    store = store_of(request, request.visitor.store_id)
    t = request.site.catalogues[request.language]
    if store is None:
        return _store_first(request)
    if slot_id is None or not form.ok:
        return see_other(request, SLOTS, notice=Notice("warn", t("slots.choose_one")))
    if slot_id % 10 == DELIVERY_DIGIT and not request.visitor.postcode:
        return see_other(request, "/livraison", notice=Notice("info", t("slots.address_first")))
    try:
        kept = await hold_for(request, slot_id)
    except (SlotFull, SlotClosed, SlotNotOpen, SlotUnknown) as refused:
        return await _refused(request, store, slot_id, refused)
    until = dates.clock_time(kept.expires_at, request.language)
    target = "/commande" if request.visitor.basket_count else "/panier"
    return see_other(request, target, notice=Notice("ok", t("slots.held", time=until)))


@post("/panier/creneau/liberation", include_in_schema=False)
async def release(request: ShopRequest) -> Response[Any]:
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        shopper = await shopper_of(request, tx)
        cart = await cart_of(request, tx, shopper)
        store_id = cart.store_id if cart else request.visitor.store_id
        await slots.release_hold(tx, store_id=store_id, shopper_id=shopper.shopper_id)
    return see_other(request, SLOTS, notice=Notice("info", t("slots.released")))


async def hold_for(request: ShopRequest, slot_id: int) -> Hold:
    """
    Keep one place for the visitor, whose basket is opened when there is none.

    :raises SlotFull, SlotClosed, SlotNotOpen, SlotUnknown: it can't be had.
    """
    async with request.transaction() as tx:
        shopper = await shopper_of(request, tx)
        cart_id = await open_cart_for(request, tx, shopper)
        kept = await slots.hold_slot(
            tx,
            store_id=place_of(cart_id),
            slot_id=slot_id,
            shopper_id=shopper.shopper_id,
            cart_id=cart_id,
            now=request.now,
            duration=DEFAULTS.hold_duration,
        )
    request.remember(msgspec.structs.replace(request.visitor, cart_id=cart_id))
    return kept


async def _refused(
    request: ShopRequest, store: StoreSummary, slot_id: int, refused: Refusal
) -> Response[Any]:
    why = {"slot_full": "full", "slot_not_open": "not_open", "slot_unknown": "unknown"}
    async with request.read() as reader:
        lost = await queries.slot(reader, store_id=store.store_id, slot_id=slot_id)
    asked = Asked(
        channel=lost.channel if lost else _channel(store, ""),
        day=paris_day(lost.starts_at) if lost else None,
        lost=slot_id,
        why=why.get(refused.code, "closed"),
    )
    return await slots_page(request, store, asked, status=status_of(refused))


def _channel(store: StoreSummary, mode: str) -> Channel:
    wanted = CHANNELS.get(mode)
    if wanted is Channel.DELIVERY and store.delivers:
        return Channel.DELIVERY
    return Channel.DRIVE if store.has_drive or not store.delivers else Channel.DELIVERY


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _store_first(request: ShopRequest) -> Response[Any]:
    t = request.site.catalogues[request.language]
    return see_other(request, f"/magasins?retour={SLOTS}", notice=Notice("info", t("slots.store_first")))
