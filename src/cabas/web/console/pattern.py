"""A store's week model: what every Monday, Tuesday… offers, and its application to published days."""

from datetime import time

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from cabas.domain.slots import managing
from cabas.domain.slots.managing import CAPACITY_MAX, Pattern
from cabas.domain.slots.model import Channel
from cabas.domain.staff.model import Permission
from cabas.kit.money import format_cents
from cabas.web.console.access import page, store_desk
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

FEE_CENTS_MAX = 5_000
CUTOFF_MINUTES_MAX = 2_880
_COLUMNS = ("when", "capacity", "fee", "cutoff")


@get("/magasins/{slug:str}/semaine-type", include_in_schema=False)
async def shown(request: ShopRequest, slug: FromPath[str], jour: FromQuery[int] = 1) -> Response[str]:
    return await _shown(request, slug, jour if 1 <= jour <= 7 else 1)


@post("/magasins/{slug:str}/semaine-type", include_in_schema=False)
async def save(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    form = await read_form(request)
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_SLOTS)
        pattern = _read(form, desk.store_id)
        if pattern is not None:
            await managing.set_pattern(tx, pattern=pattern)
            changed = (
                await managing.apply_pattern(tx, pattern=pattern, actor=desk.actor.name, now=request.now)
                if form.flag("apply")
                else 0
            )
    if pattern is None:
        return await _shown(request, slug, 1, form=form)
    return see_other(
        request,
        f"{desk.base}/semaine-type?jour={pattern.weekday}",
        notice=Notice("ok", t("console.pattern_saved", n=changed)),
    )


@post("/magasins/{slug:str}/semaine-type/retrait", include_in_schema=False)
async def remove(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    form = await read_form(request)
    weekday = form.integer("weekday", low=1, high=7) or 1
    starts_at = _time(form, "starts_at")
    channel = form.choice("channel", frozenset(Channel))
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_SLOTS)
        if form.ok and starts_at is not None:
            await managing.remove_pattern(
                tx,
                store_id=desk.store_id,
                channel=Channel(channel),
                weekday=weekday,
                starts_at=starts_at,
            )
    return see_other(
        request,
        f"{desk.base}/semaine-type?jour={weekday}",
        notice=Notice("ok", t("console.pattern_removed")) if form.ok else None,
    )


async def _shown(request: ShopRequest, slug: str, weekday: int, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.MANAGE_SLOTS)
        known = await managing.patterns(reader, store_id=desk.store_id)
    t = request.site.catalogues[request.language]
    errors = form.errors if form else {}
    return page(
        request,
        desk,
        "console/pattern.html",
        Frame(title=t("console.pattern_title"), nav="pattern"),
        status=422 if form else 200,
        days=[
            {
                "label": t(f"console.weekday_{number}"),
                "href": f"{desk.base}/semaine-type?jour={number}",
                "current": number == weekday,
                "count": str(sum(1 for pattern in known if pattern.weekday == number)),
            }
            for number in range(1, 8)
        ],
        weekday=weekday,
        columns=[t(f"console.pattern_{key}") for key in _COLUMNS],
        patterns=[_row(request, pattern) for pattern in known if pattern.weekday == weekday],
        action=f"{desk.base}/semaine-type",
        channels=[{"value": one.value, "label": t(f"console.channel_{one.value}")} for one in Channel],
        weekdays=[{"value": str(n), "label": t(f"console.weekday_{n}")} for n in range(1, 8)],
        values=form.values if form else {},
        errors=errors,
        error_list=[{"field": name, "text": text} for name, text in errors.items()],
    )


def _row(request: ShopRequest, pattern: Pattern) -> dict[str, str]:
    t = request.site.catalogues[request.language]
    return {
        "channel": pattern.channel.value,
        "channel_label": t(f"console.channel_{pattern.channel.value}"),
        "starts_at": f"{pattern.starts_at:%H:%M}",
        "ends_at": f"{pattern.ends_at:%H:%M}",
        "capacity": str(pattern.capacity),
        "fee": format_cents(pattern.fee_cents, request.language),
        "fee_cents": str(pattern.fee_cents),
        "cutoff": t("console.minutes", n=pattern.cutoff_minutes),
        "cutoff_minutes": str(pattern.cutoff_minutes),
        "weekday": str(pattern.weekday),
    }


def _read(form: Form, store_id: int) -> Pattern | None:
    channel = form.choice("channel", frozenset(Channel))
    weekday = form.integer("weekday", low=1, high=7)
    starts_at, ends_at = _time(form, "starts_at"), _time(form, "ends_at")
    capacity = form.integer("capacity", low=0, high=CAPACITY_MAX)
    fee = form.integer("fee_cents", low=0, high=FEE_CENTS_MAX)
    cutoff = form.integer("cutoff_minutes", low=0, high=CUTOFF_MINUTES_MAX)
    if starts_at and ends_at and ends_at <= starts_at:
        form.fail("ends_at", "console.ends_before_start")
    if not form.ok or None in (weekday, starts_at, ends_at, capacity, fee, cutoff):
        return None
    return Pattern(
        store_id=store_id,
        channel=Channel(channel),
        weekday=weekday or 1,
        starts_at=starts_at or time(),
        ends_at=ends_at or time(),
        capacity=capacity or 0,
        fee_cents=fee or 0,
        cutoff_minutes=cutoff or 0,
    )


def _time(form: Form, name: str) -> time | None:
    text = form.text(name, length_max=8)
    try:
        return time.fromisoformat(text).replace(tzinfo=None) if text else None
    except ValueError:
        form.fail(name, "console.bad_time")
        return None
