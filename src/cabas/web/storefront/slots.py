"""Choosing a slot: seven days, two ways, one place held for ten minutes; a lost one is made good."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromQuery

from cabas.domain.checkout import queries as checkout
from cabas.domain.slots import operations as slots
from cabas.domain.slots import queries
from cabas.domain.slots.model import (
    Channel,
    Hold,
    Slot,
    SlotClosed,
    SlotFull,
    SlotNotOpen,
    SlotState,
    SlotUnknown,
)
from cabas.domain.stores.model import StoreSummary
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.db import Connection
from cabas.kit.errors import Refusal
from cabas.kit.ids import place_of
from cabas.policies import DEFAULTS
from cabas.web import dates, pages
from cabas.web.errors import status_of
from cabas.web.forms import read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.storefront import slot_view as view
from cabas.web.storefront.shopper import cart_of, open_cart_for, shopper_of, store_of

SLOTS = "/creneaux"
NEAREST = 3
SLOT_ID_MAX = 10**11
DELIVERY_DIGIT = 2
"""The last of a delivery slot's id (`slots.calendar`)."""

CHANNELS = {mode: channel for channel, mode in view.MODES.items()}


class _Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What of the page is asked for. ``lost``: the slot that could not be had, ``why`` in a code."""

    channel: Channel
    day: date | None = None
    lost: int | None = None
    why: str = ""


@get("/creneaux", include_in_schema=False)
async def slots_page(
    request: ShopRequest, mode: FromQuery[str] = "", jour: FromQuery[str] = "", autour: FromQuery[str] = ""
) -> Response[Any]:
    """``autour``: the slot that was lost, for the nearest ones."""
    store = store_of(request, request.visitor.store_id)
    if store is None:
        return _store_first(request)
    lost = int(autour) if autour.isascii() and autour.isdigit() and int(autour) < SLOT_ID_MAX else None
    asked = _Asked(channel=_channel(store, mode), day=_day(jour), lost=lost, why="expired" if lost else "")
    return await _page(request, store, asked)


@post("/panier/creneau", include_in_schema=False)
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


async def nearest_to(
    request: ShopRequest, reader: Connection, *, store_id: int, slot_id: int
) -> tuple[Slot | None, list[Slot]]:
    """A slot that could not be had, and the three nearest that can."""
    lost = await queries.slot(reader, store_id=store_id, slot_id=slot_id)
    channel = lost.channel if lost else Channel.DRIVE
    around = lost.starts_at if lost else request.now
    found = await queries.nearest_open(
        reader, store_id=store_id, channel=channel, around=around, now=request.now, limit=NEAREST + 1
    )
    return lost, [slot for slot in found if slot.slot_id != slot_id][:NEAREST]


async def own_fee_cents(
    request: ShopRequest, reader: Connection, store: StoreSummary, channel: Channel
) -> int | None:
    """
    What the store asks beside the slot's own fee: for a pickup, or for where it delivers.

    None: where to deliver isn't known, or this store doesn't come there.
    """
    if channel is Channel.DRIVE:
        return store.drive_fee_cents
    return await checkout.area_fee(reader, store_id=store.store_id, postcode=request.visitor.postcode)


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
    asked = _Asked(
        channel=lost.channel if lost else _channel(store, ""),
        day=paris_day(lost.starts_at) if lost else None,
        lost=slot_id,
        why=why.get(refused.code, "closed"),
    )
    return await _page(request, store, asked, status=status_of(refused))


async def _page(
    request: ShopRequest, store: StoreSummary, asked: _Asked, *, status: int = 200
) -> Response[Any]:
    t, now = request.site.catalogues[request.language], request.now
    today = paris_day(now)
    async with request.read() as reader:
        shopper = await shopper_of(request, reader)
        found = await queries.slots_between(
            reader,
            store_id=store.store_id,
            channel=asked.channel,
            start=paris_midnight(today),
            end=paris_midnight(today + timedelta(days=DEFAULTS.booking_days + 2)),
        )
        held = await queries.hold_of(reader, store_id=store.store_id, shopper_id=shopper.shopper_id, now=now)
        held_slot = (
            await queries.slot(reader, store_id=store.store_id, slot_id=held.slot_id) if held else None
        )
        fee = await own_fee_cents(request, reader, store, asked.channel)
        lost = await _lost(request, reader, store, asked, fee)
        modes = await _modes(request, reader, store, asked.channel)
    days = {day: list(slots) for day, slots in groupby(found, key=lambda slot: paris_day(slot.starts_at))}
    current = _current(days, asked.day, request)
    return pages.page(
        request,
        "storefront/slots/slots.html",
        Frame(title=t("slots.title")),
        status=status,
        headers={"cache-control": "no-store"},
        store=store.name,
        modes=modes,
        delivery=asked.channel is Channel.DELIVERY,
        postcode=request.visitor.postcode,
        held=view.hold_view(request, held, held_slot) if held and held_slot else None,
        lost=lost,
        days=[_day_view(day, slots, current, asked.channel, request) for day, slots in days.items()],
        slots=[
            {
                "label": view.day_label(current, request.language),
                "slots": view.slot_views(
                    days[current],
                    own_fee_cents=fee,
                    held=held.slot_id if held else None,
                    now=now,
                    t=t,
                ),
            }
        ]
        if current
        else [],
        bookable=any(slot.state(now) is SlotState.OPEN for slot in days.get(current, ()))
        if current
        else False,
        basket_count=request.visitor.basket_count,
    )


async def _lost(
    request: ShopRequest, reader: Connection, store: StoreSummary, asked: _Asked, fee: int | None
) -> dict[str, Any] | None:
    """What happened, and three slots one tap away."""
    if asked.lost is None:
        return None
    t = request.site.catalogues[request.language]
    slot, nearest = await nearest_to(request, reader, store_id=store.store_id, slot_id=asked.lost)
    when = view.when_label(slot, request.language) if slot else ""
    opening = view.opening_words(slot.opens_at, t) if slot and asked.why == "not_open" else ""
    return {
        "title": t(f"slots.lost_{asked.why}", when=when, opening=opening),
        "nearest": view.near_views(nearest, own_fee_cents=fee, t=t),
    }


async def _modes(
    request: ShopRequest, reader: Connection, store: StoreSummary, current: Channel
) -> list[dict[str, Any]]:
    """Pickup and delivery in one switch, each with its fee and earliest time."""
    t = request.site.catalogues[request.language]
    modes = []
    for channel, offered in ((Channel.DRIVE, store.has_drive), (Channel.DELIVERY, store.delivers)):
        if not offered:
            continue
        soonest = await queries.next_open(reader, store_id=store.store_id, channel=channel, now=request.now)
        when = dates.short_slot(soonest.starts_at, request.now, request.language) if soonest else ""
        fee = await own_fee_cents(request, reader, store, channel)
        modes.append(
            {
                "name": t(f"slots.mode_{channel.value}"),
                "icon": "car" if channel is Channel.DRIVE else "truck",
                "href": f"{SLOTS}?mode={view.MODES[channel]}",
                "fee": view.fee_words(fee, t),
                "when": t("slots.soonest", when=when) if when else t("slots.none_open"),
                "current": channel is current,
            }
        )
    return modes


def _day_view(
    day: date, slots: Sequence[Slot], current: date | None, channel: Channel, request: ShopRequest
) -> dict[str, Any]:
    """For the macro `day_links`."""
    t, language, now = request.site.catalogues[request.language], request.language, request.now
    states = {slot.slot_id: slot.state(now) for slot in slots}
    first = next((slot for slot in slots if states[slot.slot_id] is SlotState.OPEN), None)
    if first is not None:
        note = t("slots.from", time=dates.clock_time(first.starts_at, language))
    elif SlotState.NOT_YET in states.values():
        note = t("slots.opens_short")
    elif SlotState.FULL in states.values():
        note = t("slots.full")
    else:
        note = t("slots.closed")
    return {
        "name": t("slots.today") if day == paris_day(now) else view.day_name(day, language),
        "date": view.day_number(day, language),
        "label": view.day_label(day, language),
        "href": f"{SLOTS}?mode={view.MODES[channel]}&jour={day.isoformat()}",
        "note": note,
        "full": first is None,
        "current": day == current,
    }


def _current(days: dict[date, list[Slot]], wanted: date | None, request: ShopRequest) -> date | None:
    """The day asked for, else the first that can be booked, else the first."""
    if wanted in days:
        return wanted
    bookable = (
        day for day, slots in days.items() if any(slot.state(request.now) is SlotState.OPEN for slot in slots)
    )
    return next(bookable, next(iter(days), None))


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
