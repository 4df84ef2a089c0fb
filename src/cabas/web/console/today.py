"""A store's day: its slots with what is booked and how far it is, arrivals, what nobody received."""

from datetime import timedelta

from litestar import Response, get
from litestar.params import FromPath

from cabas.domain.capacity import queries as capacity
from cabas.domain.capacity.queries import SlotLoad
from cabas.domain.orders import dispatch
from cabas.domain.staff.model import Permission
from cabas.kit.clock import paris_day, paris_midnight
from cabas.policies import DEFAULTS
from cabas.web.console.access import page, store_desk
from cabas.web.dates import long_day, span
from cabas.web.pages import Frame, Notice
from cabas.web.request import ShopRequest


@get("/magasins/{slug:str}", include_in_schema=False)
async def today(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    day_start = paris_midnight(paris_day(request.now))
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.SEE_ORDERS)
        loads = await capacity.slots_with_orders(
            reader,
            store_id=desk.store_id,
            start=day_start,
            end=paris_midnight(paris_day(request.now) + timedelta(days=1)),
        )
        late = await dispatch.unreceived(
            reader, since=request.now - DEFAULTS.receipt_amber_after, store_id=desk.store_id
        )
    t = request.site.catalogues[request.language]
    notices = [Notice("ko", t("console.not_received", n=len(late)))] if late else []
    return page(
        request,
        desk,
        "console/today.html",
        Frame(title=long_day(request.now, request.language), nav="today", notices=notices),
        stats=_stats(request, loads),
        columns=[
            {"label": t(f"console.today_{key}"), "number": key != "slot", "sort_href": "", "sorted": ""}
            for key in ("slot", "booked", "to_prepare", "preparing", "ready", "handed_over")
        ],
        rows=[_row(request, load, desk.base) for load in loads],
    )


def _stats(request: ShopRequest, loads: list[SlotLoad]) -> list[dict[str, str]]:
    t = request.site.catalogues[request.language]
    waiting = sum(load.to_prepare for load in loads)
    late = sum(load.to_prepare + load.preparing for load in loads if load.slot.starts_at <= request.now)
    left = sum(max(load.slot.left, 0) for load in loads if load.slot.state(request.now) == "open")
    figures = (
        ("to_prepare", waiting, ""),
        ("late", late, "ko" if late else ""),
        ("ready", sum(load.ready for load in loads), ""),
        ("places_left", left, ""),
    )
    return [
        {"label": t(f"console.stat_{key}"), "value": t("console.count", n=n), "note": "", "kind": kind}
        for key, n, kind in figures
    ]


def _row(request: ShopRequest, load: SlotLoad, base: str) -> list[dict[str, str]]:
    t = request.site.catalogues[request.language]
    slot = load.slot
    late = slot.starts_at <= request.now and load.to_prepare + load.preparing > 0
    label = f"{span(slot.starts_at, slot.ends_at, request.language)} · {t('console.channel_' + slot.channel)}"
    counts = (load.to_prepare, load.preparing, load.ready, load.handed_over)
    return [
        {"text": label, "href": f"{base}/commandes?creneau={slot.slot_id}", "badge": ""},
        {
            "text": f"{slot.taken} / {slot.capacity}",
            "href": "",
            "badge": "warn" if slot.closed else "",
        },
        *(
            {"text": str(count), "href": "", "badge": "ko" if late and count and place < 2 else ""}
            for place, count in enumerate(counts)
        ),
    ]
