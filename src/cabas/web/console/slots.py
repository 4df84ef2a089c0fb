"""A store's coming week: capacities edited in place, slots closed and opened again, history and undo."""

from datetime import date, timedelta
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from cabas.domain.capacity import queries as capacity
from cabas.domain.slots import managing
from cabas.domain.slots.managing import CAPACITY_MAX, BelowBooked, ChangeSuperseded, SlotChange
from cabas.domain.slots.model import Channel, Slot
from cabas.domain.staff.model import Permission
from cabas.kit.clock import PARIS, paris_day, paris_midnight
from cabas.web.console.access import Desk, page, store_desk
from cabas.web.dates import clock_time, full, long_day, short_day, span
from cabas.web.forms import read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

DAYS = 8
HISTORY = 20


@get("/magasins/{slug:str}/creneaux", include_in_schema=False)
async def week(request: ShopRequest, slug: FromPath[str], mode: FromQuery[str] = "drive") -> Response[str]:
    channel = Channel.DELIVERY if mode == "livraison" else Channel.DRIVE
    first = paris_day(request.now)
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.MANAGE_SLOTS)
        loads = await capacity.slots_with_orders(
            reader,
            store_id=desk.store_id,
            start=paris_midnight(first),
            end=paris_midnight(first + timedelta(days=DAYS)),
        )
        changes = await managing.changes(reader, store_id=desk.store_id, limit=HISTORY)
    t = request.site.catalogues[request.language]
    slots = [load.slot for load in loads if load.slot.channel is channel]
    days = [first + timedelta(days=number) for number in range(DAYS)]
    return page(
        request,
        desk,
        "console/slots.html",
        Frame(title=t("console.slots_title"), nav="slots"),
        days=[_day_label(request, day) for day in days],
        rows=_grid(request, desk, slots, days),
        channels=[
            {
                "label": t(f"console.channel_{one.value}"),
                "href": f"{desk.base}/creneaux?mode={'livraison' if one is Channel.DELIVERY else 'drive'}",
                "current": one is channel,
                "count": "",
            }
            for one in Channel
        ],
        changes=[_change(request, desk, change) for change in changes],
        nothing=not slots,
    )


@get("/magasins/{slug:str}/creneaux/{slot_id:int}", include_in_schema=False)
async def edit(request: ShopRequest, slug: FromPath[str], slot_id: FromPath[int]) -> Response[str]:
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_SLOTS)
        slot = await managing.slot_of_store(tx, store_id=desk.store_id, slot_id=slot_id)
    return _edit_page(request, desk, slot)


@post("/magasins/{slug:str}/creneaux/{slot_id:int}", include_in_schema=False)
async def change(request: ShopRequest, slug: FromPath[str], slot_id: FromPath[int]) -> Response[str]:
    form = await read_form(request)
    capacity_asked = form.integer("capacity", low=0, high=CAPACITY_MAX)
    reason = form.text("reason", required=False)
    closed = form.flag("closed")
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_SLOTS)
        slot = await managing.slot_of_store(tx, store_id=desk.store_id, slot_id=slot_id)
        if form.ok:
            try:
                await managing.change_slot(
                    tx,
                    store_id=desk.store_id,
                    slot_id=slot_id,
                    capacity=capacity_asked,
                    closed=closed,
                    actor=desk.actor.name,
                    reason=reason,
                    now=request.now,
                )
            except BelowBooked:
                form.fail("capacity", "console.below_booked", n=slot.taken)
    if not form.ok:
        return _edit_page(request, desk, slot, values=form.values, errors=form.errors, status=422)
    t = request.site.catalogues[request.language]
    return see_other(request, f"{desk.base}/creneaux", notice=Notice("ok", t("console.slot_saved")))


@post("/magasins/{slug:str}/creneaux/changements/{change_id:uuid}/annulation", include_in_schema=False)
async def undo(request: ShopRequest, slug: FromPath[str], change_id: FromPath[UUID]) -> Response[str]:
    t = request.site.catalogues[request.language]
    notice = Notice("ok", t("console.undone"))
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_SLOTS)
        try:
            await managing.undo_change(tx, store_id=desk.store_id, change_id=change_id, now=request.now)
        except BelowBooked as refusal:
            taken = refusal.detail.get("taken", 0)
            notice = Notice("ko", t("console.below_booked", n=int(str(taken))))
        except ChangeSuperseded:
            notice = Notice("ko", t("console.undo_superseded"))
    return see_other(request, f"{desk.base}/creneaux", notice=notice)


def _edit_page(
    request: ShopRequest,
    desk: Desk,
    slot: Slot,
    *,
    values: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
    status: int = 200,
) -> Response[str]:
    t = request.site.catalogues[request.language]
    language = request.language
    return page(
        request,
        desk,
        "console/slot.html",
        Frame(
            title=f"{long_day(slot.starts_at, language)}, {span(slot.starts_at, slot.ends_at, language)}",
            nav="slots",
        ),
        status=status,
        action=f"{desk.base}/creneaux/{slot.slot_id}",
        back=f"{desk.base}/creneaux",
        channel=t(f"console.channel_{slot.channel.value}"),
        booked=slot.taken,
        closed=slot.closed if values is None else bool(values.get("closed")),
        capacity_value=str(slot.capacity) if values is None else values.get("capacity", ""),
        reason_value="" if values is None else values.get("reason", ""),
        errors=errors or {},
        error_list=[{"field": name, "text": text} for name, text in (errors or {}).items()],
    )


def _grid(request: ShopRequest, desk: Desk, slots: list[Slot], days: list[date]) -> list[dict[str, object]]:
    by_place = {(slot.starts_at.astimezone(PARIS).time(), paris_day(slot.starts_at)): slot for slot in slots}
    times = sorted({time for time, _ in by_place})
    return [
        {
            "time": f"{time:%H:%M}",
            "cells": [_cell(request, desk, by_place.get((time, day))) for day in days],
        }
        for time in times
    ]


def _cell(request: ShopRequest, desk: Desk, slot: Slot | None) -> dict[str, str]:
    if slot is None:
        return {"text": "", "note": "", "state": "", "href": "", "label": "", "name": "", "value": ""}
    t = request.site.catalogues[request.language]
    state = "closed" if slot.closed else "full" if slot.left <= 0 else "busy" if slot.left <= 5 else ""
    when = f"{long_day(slot.starts_at, request.language)}, {clock_time(slot.starts_at, request.language)}"
    return {
        "text": f"{slot.taken}/{slot.capacity}",
        "note": t("console.closed") if slot.closed else "",
        "state": state,
        "href": f"{desk.base}/creneaux/{slot.slot_id}",
        "label": t("console.cell_label", when=when, taken=slot.taken, capacity=slot.capacity),
        "name": "",
        "value": "",
    }


def _day_label(request: ShopRequest, day: date) -> str:
    return short_day(paris_midnight(day), request.language)


def _change(request: ShopRequest, desk: Desk, change: SlotChange) -> dict[str, object]:
    t = request.site.catalogues[request.language]
    language = request.language
    return {
        "when": full(change.changed_at, language),
        "who": change.changed_by,
        "slot": f"{short_day(change.starts_at, language)} {clock_time(change.starts_at, language)}",
        "what": t(
            "console.change_what",
            before=int(change.before["capacity"]),
            after=int(change.after["capacity"]),
            was="closed" if change.before["closed"] else "open",
            now="closed" if change.after["closed"] else "open",
        ),
        "reason": t("console.by_pattern") if change.reason == "pattern" else change.reason,
        "undone": change.undone_at is not None,
        "undo": f"{desk.base}/creneaux/changements/{change.change_id}/annulation",
    }
