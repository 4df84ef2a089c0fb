"""The page of slots: days, two ways, what is held, and what could not be had."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import dropwhile, groupby
from typing import Any

import msgspec
from litestar import Response

from cabas.domain.checkout import queries as checkout
from cabas.domain.slots import queries
from cabas.domain.slots.model import Channel, Slot, SlotState
from cabas.domain.stores.model import StoreSummary
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.db import Connection
from cabas.policies import DEFAULTS
from cabas.web import dates, pages
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest
from cabas.web.storefront import slot_view as view
from cabas.web.storefront.midnight import opening_of
from cabas.web.storefront.shopper import shopper_of

SLOTS = "/creneaux"
NEAREST = 3


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What of the page is asked for. ``lost``: the slot that could not be had, ``why`` in a code."""

    channel: Channel
    day: date | None = None
    lost: int | None = None
    why: str = ""


async def slots_page(
    request: ShopRequest, store: StoreSummary, asked: Asked, *, status: int = 200
) -> Response[Any]:
    t, now = request.site.catalogues[request.language], request.now
    today = paris_day(now)
    async with request.read() as reader:
        shopper = await shopper_of(request, reader)
        found = await request.site.slot_lists.between(
            reader,
            store_id=store.store_id,
            channel=asked.channel,
            start=paris_midnight(today),
            end=paris_midnight(today + timedelta(days=DEFAULTS.booking_days + 2)),
            level=request.site.ladder.standing.level,
            now=now,
        )
        held = await queries.hold_of(reader, store_id=store.store_id, shopper_id=shopper.shopper_id, now=now)
        held_slot = (
            await queries.slot(reader, store_id=store.store_id, slot_id=held.slot_id) if held else None
        )
        fee = await own_fee_cents(request, reader, store, asked.channel)
        lost = await _lost(request, reader, store, asked, fee=fee, held=held.slot_id if held else None)
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
        advance=_in_advance(days.get(current, []) if current else [], asked.channel, request),
        slots=_chosen_day(days, current, fee, held.slot_id if held else None, request),
        basket_count=request.visitor.basket_count,
    )


def _in_advance(slots: Sequence[Slot], channel: Channel, request: ShopRequest) -> dict[str, str] | None:
    """When the day's slots open, and where to ask for them before; None: they are open, or open another night."""
    opening = opening_of(request.now)
    if not any(slot.opens_at == opening.opens_at and not slot.closed for slot in slots) or opening.open:
        return None
    t = request.site.catalogues[request.language]
    return {"when": view.opening_words(opening.opens_at, t), "href": f"/minuit?mode={view.MODES[channel]}"}


def _chosen_day(
    days: Mapping[date, list[Slot]],
    current: date | None,
    fee: int | None,
    held: int | None,
    request: ShopRequest,
) -> list[dict[str, Any]]:
    """For the macro `slot_list`: the one day that is shown, from its first slot that is not over."""
    if current is None:
        return []
    t = request.site.catalogues[request.language]
    views = view.slot_views(days[current], own_fee_cents=fee, held=held, now=request.now, t=t)
    shown = list(dropwhile(lambda one: one["state"] == SlotState.CLOSED.value, views)) or views
    over = len(views) - len(shown)
    return [
        {
            "label": view.day_label(current, request.language),
            "over": t("slots.over", n=over) if over else "",
            "slots": shown,
        }
    ]


async def _lost(
    request: ShopRequest,
    reader: Connection,
    store: StoreSummary,
    asked: Asked,
    *,
    fee: int | None,
    held: int | None,
) -> dict[str, Any] | None:
    """What happened, and three slots one tap away; None when nothing was lost."""
    if asked.lost is None or (asked.why == "expired" and asked.lost == held):
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


async def nearest_to(
    request: ShopRequest, reader: Connection, *, store_id: int, slot_id: int
) -> tuple[Slot | None, list[Slot]]:
    """A slot that could not be had, and the three nearest that can."""
    lost = await queries.slot(reader, store_id=store_id, slot_id=slot_id)
    channel = lost.channel if lost else Channel.DRIVE
    around = lost.starts_at if lost else request.now
    nearest = await queries.nearest_open(
        reader, store_id=store_id, channel=channel, around=around, now=request.now, limit=NEAREST
    )
    return lost, nearest


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
