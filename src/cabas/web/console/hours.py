"""A store's opening hours and the days it stays closed."""

from datetime import date, timedelta

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.slots import managing as slots
from cabas.domain.staff.model import Permission
from cabas.domain.stores import managing
from cabas.domain.stores.managing import BadHours
from cabas.kit.clock import paris_day, paris_midnight
from cabas.web.console.access import page, store_desk
from cabas.web.dates import long_day
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

HOURS_LENGTH_MAX = 80
DAYS_AHEAD_MAX = 400


@get("/magasins/{slug:str}/horaires", include_in_schema=False)
async def shown(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    return await _shown(request, slug)


@post("/magasins/{slug:str}/horaires", include_in_schema=False)
async def save(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    form = await read_form(request)
    hours = {str(day): _spans(form, f"day-{day}") for day in range(1, 8)}
    if not form.ok:
        return await _shown(request, slug, form)
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_STORE)
        await managing.set_opening_hours(
            tx, store_id=desk.store_id, hours=hours, actor=desk.actor.name, now=request.now
        )
    return see_other(request, f"{desk.base}/horaires", notice=Notice("ok", t("console.hours_saved")))


@post("/magasins/{slug:str}/horaires/fermetures", include_in_schema=False)
async def close(request: ShopRequest, slug: FromPath[str]) -> Response[str]:
    """Close a day: its slots take no more orders."""
    form = await read_form(request)
    day, reason = _day(form, request), form.text("reason")
    if day is None or not form.ok:
        return await _shown(request, slug, form)
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_STORE)
        await managing.close_day(
            tx, store_id=desk.store_id, day=day, reason=reason, actor=desk.actor.name, now=request.now
        )
        closed = await slots.set_day_closed(
            tx,
            store_id=desk.store_id,
            start=paris_midnight(day),
            end=paris_midnight(day + timedelta(days=1)),
            closed=True,
            actor=desk.actor.name,
            reason=reason,
            now=request.now,
        )
    return see_other(
        request, f"{desk.base}/horaires", notice=Notice("ok", t("console.closure_saved", n=closed))
    )


@post("/magasins/{slug:str}/horaires/fermetures/{day:date}/retrait", include_in_schema=False)
async def reopen(request: ShopRequest, slug: FromPath[str], day: FromPath[date]) -> Response[str]:
    t = request.site.catalogues[request.language]
    async with request.transaction() as tx:
        desk = await store_desk(request, tx, slug, Permission.MANAGE_STORE)
        was_closed = await managing.reopen_day(
            tx, store_id=desk.store_id, day=day, actor=desk.actor.name, now=request.now
        )
        if was_closed:
            await slots.set_day_closed(
                tx,
                store_id=desk.store_id,
                start=paris_midnight(day),
                end=paris_midnight(day + timedelta(days=1)),
                closed=False,
                actor=desk.actor.name,
                reason="",
                now=request.now,
            )
    return see_other(request, f"{desk.base}/horaires", notice=Notice("ok", t("console.reopened")))


def _spans(form: Form, name: str) -> list[list[str]]:
    text = form.text(name, required=False, length_max=HOURS_LENGTH_MAX)
    try:
        return managing.read_spans(text)
    except BadHours:
        form.fail(name, "console.bad_hours")
        return []


def _day(form: Form, request: ShopRequest) -> date | None:
    text = form.text("day", length_max=10)
    if not text:
        return None
    today = paris_day(request.now)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = today - timedelta(days=1)
    if not today <= day <= today + timedelta(days=DAYS_AHEAD_MAX):
        form.fail("day", "console.bad_day")
        return None
    return day


async def _shown(request: ShopRequest, slug: str, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        desk = await store_desk(request, reader, slug, Permission.MANAGE_STORE)
        hours = await managing.opening_hours(reader, store_id=desk.store_id)
        closures = await managing.closures(reader, store_id=desk.store_id, since=paris_day(request.now))
    t = request.site.catalogues[request.language]
    values, errors = (form.values, form.errors) if form else ({}, {})
    return page(
        request,
        desk,
        "console/hours.html",
        Frame(title=t("console.nav_hours"), nav="hours"),
        status=422 if form else 200,
        action=f"{desk.base}/horaires",
        days=[
            {
                "name": f"day-{day}",
                "label": t(f"console.weekday_{day}"),
                "value": values.get(f"day-{day}", managing.write_spans(hours.get(str(day), ()))),
                "error": errors.get(f"day-{day}", ""),
            }
            for day in range(1, 8)
        ],
        closures=[
            {
                "day": long_day(paris_midnight(closure.day), request.language),
                "value": closure.day.isoformat(),
                "reason": closure.reason,
                "who": closure.closed_by,
            }
            for closure in closures
        ],
        values=values,
        errors=errors,
        error_list=[{"field": name, "text": text} for name, text in errors.items()],
    )
