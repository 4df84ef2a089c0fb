"""Head office raises capacity: what demand suggests → preview → one confirmation → progress → ten minutes to undo."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.capacity import operations, planning
from cabas.domain.capacity.model import (
    BadRaise,
    Frozen,
    Plan,
    Raise,
    RaisesLimited,
    Scope,
    alone,
    frozen,
    suggestions,
)
from cabas.domain.ladder import queries as ladder
from cabas.domain.slots.model import Channel
from cabas.domain.staff.model import NETWORK, Permission, require
from cabas.kit.clock import paris_day
from cabas.kit.errors import Refusal
from cabas.kit.ids import new_id, parse_id
from cabas.policies import DEFAULTS
from cabas.web import pages
from cabas.web.console import capacity_words as words
from cabas.web.console import processes
from cabas.web.console.access import Desk, network_desk, page
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

PATH = "/console/capacite"
MODES = {
    "tout": (Channel.DRIVE, Channel.DELIVERY),
    "drive": (Channel.DRIVE,),
    "livraison": (Channel.DELIVERY,),
}
WEEK = timedelta(days=6)
POLICY = DEFAULTS.capacity


@get("/capacite", include_in_schema=False)
async def shown(request: ShopRequest) -> Response[str]:
    return await _shown(request)


@get("/capacite/apercu", include_in_schema=False)
async def preview(request: ShopRequest) -> Response[str]:
    """What would change, before anything does: the only way to the button that does it."""
    form = Form(request.query_params, request.site.catalogues[request.language])
    scope = _scope(form)
    if scope is None:
        return await _shown(request, form)
    return await _preview(request, form, scope)


@post("/capacite/hausses", include_in_schema=False)
async def apply(request: ShopRequest) -> Response[str]:
    """The confirmation. The form carries the raise's id, so that sent twice it is done once."""
    form = await read_form(request)
    raise_id = parse_id(form.text("raise_id", length_max=36))
    scope = _scope(form)
    reason = form.text("reason")
    if scope is None or raise_id is None:
        return await _shown(request, form)
    if form.ok:
        async with request.transaction() as tx:
            desk = await network_desk(request, tx)
            try:
                async with tx.savepoint():
                    await operations.ask(
                        tx,
                        raise_id=raise_id,
                        scope=scope,
                        reason=reason,
                        actor=desk.actor,
                        runbook=form.flag("runbook"),
                        policy=POLICY,
                        now=request.now,
                    )
            except (BadRaise, Frozen, RaisesLimited) as refusal:
                words.tell(form, refusal)
    if not form.ok:
        return await _preview(request, form, scope)
    return see_other(request, f"{PATH}/hausses/{raise_id}")


@get("/capacite/hausses/{raise_id:uuid}", include_in_schema=False)
async def followed(request: ShopRequest, raise_id: FromPath[UUID]) -> Response[str]:
    desk, asked = await _raise(request, raise_id)
    t = request.site.catalogues[request.language]
    return page(
        request,
        desk,
        "console/capacity_raise.html",
        Frame(title=t("capacity.raise_title"), nav="capacity"),
        href=f"{PATH}/hausses/{raise_id}",
        back=PATH,
        state=_state(request, desk, asked),
    )


@get("/capacite/hausses/{raise_id:uuid}/etat", include_in_schema=False)
async def state(request: ShopRequest, raise_id: FromPath[UUID]) -> Response[str]:
    """The living part of `followed` alone."""
    desk, asked = await _raise(request, raise_id)
    return pages.fragment(request, "console/capacity_state.html", state=_state(request, desk, asked))


@post("/capacite/hausses/{raise_id:uuid}/accord", include_in_schema=False)
async def approve(request: ShopRequest, raise_id: FromPath[UUID]) -> Response[str]:
    """The second person's yes."""
    return await _decide(request, raise_id, operations.approve)


@post("/capacite/hausses/{raise_id:uuid}/annulation", include_in_schema=False)
async def undo(request: ShopRequest, raise_id: FromPath[UUID]) -> Response[str]:
    return await _decide(request, raise_id, operations.undo)


async def _decide(
    request: ShopRequest, raise_id: UUID, decide: Callable[..., Awaitable[Raise]]
) -> Response[str]:
    notice = None
    async with request.transaction() as tx:
        desk = await network_desk(request, tx)
        try:
            await decide(tx, raise_id=raise_id, actor=desk.actor, policy=POLICY, now=request.now)
        except words.DECISION_REFUSALS as refusal:
            notice = _refused(request, refusal)
    return see_other(request, f"{PATH}/hausses/{raise_id}", notice=notice)


def _refused(request: ShopRequest, refusal: Refusal) -> Notice:
    return Notice("ko", request.site.catalogues[request.language](f"capacity.refused_{refusal.code}"))


async def _shown(request: ShopRequest, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        fills = await planning.fills(reader, now=request.now)
        regions = await planning.regions(reader)
        last = await planning.last_published(reader)
        recent = await planning.recent(reader)
        told = await ladder.processes(reader, now=request.now)
    units = await processes.units(request)
    t = request.site.catalogues[request.language]
    first = paris_day(request.now) + timedelta(days=1)
    until = max(first, min(paris_day(last) if last else first, first + WEEK))
    values = {
        "region": "",
        "mode": "tout",
        "du": first.isoformat(),
        "au": until.isoformat(),
        "plus": "10",
        **(form.values if form else {}),
    }
    return page(
        request,
        desk,
        "console/capacity.html",
        Frame(title=t("capacity.title"), nav="capacity"),
        status=422 if form else 200,
        may_raise=desk.may(Permission.MANAGE_NETWORK),
        frozen=frozen(POLICY, request.now),
        suggestions=[
            words.suggestion(one, t, _href(one.fill.region, first, until, one.percent - 100))
            for one in suggestions(fills, POLICY)
        ],
        fills=words.fills(fills, t),
        region_choices=[{"value": "", "label": t("console.all_regions")}]
        + [{"value": name, "label": name} for name in regions],
        modes=[{"value": mode, "label": t(f"capacity.mode_{mode}"), "hint": ""} for mode in MODES],
        values=values,
        errors=form.errors if form else {},
        error_list=words.errors(form),
        preview=f"{PATH}/apercu",
        recent=[words.listed(one, POLICY, request.now, request.language, t, PATH) for one in recent],
        load=words.load(told, t),
        units=[words.unit(one, t) for one in units],
        scale=processes.PATH,
        alone=POLICY.alone_percent_max - 100,
    )


async def _preview(request: ShopRequest, form: Form, scope: Scope) -> Response[str]:
    plan: Plan | None = None
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        require(desk.actor, Permission.MANAGE_NETWORK, NETWORK)
        try:
            plan = await planning.plan(reader, scope=scope, policy=POLICY, now=request.now)
        except BadRaise as refusal:
            words.tell(form, refusal)
        told = await ladder.processes(reader, now=request.now)
    if plan is None:
        return await _shown(request, form)
    t = request.site.catalogues[request.language]
    return page(
        request,
        desk,
        "console/capacity_preview.html",
        Frame(title=t("capacity.preview_title"), nav="capacity"),
        status=422 if form.errors else 200,
        scope=words.scope(scope, request.language, t),
        stats=words.plan_stats(plan, told, t),
        columns=words.plan_columns(t),
        rows=[words.plan_row(one, t) for one in plan.stores[: words.ROWS_SHOWN]],
        hidden=max(0, len(plan.stores) - words.ROWS_SHOWN),
        nothing=not plan.places,
        capped=plan.capped,
        frozen=frozen(POLICY, request.now),
        second=not alone(scope, POLICY),
        action=f"{PATH}/hausses",
        back=PATH,
        fields={
            "raise_id": form.values.get("raise_id") or str(new_id(request.now)),
            **{name: form.values[name] for name in ("region", "mode", "du", "au", "plus")},
        },
        reason=form.values.get("reason", ""),
        errors=form.errors,
        error_list=words.errors(form),
    )


async def _raise(request: ShopRequest, raise_id: UUID) -> tuple[Desk, Raise]:
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        return desk, await planning.raise_of(reader, raise_id=raise_id)


def _state(request: ShopRequest, desk: Desk, asked: Raise) -> dict[str, object]:
    return words.state(
        asked,
        POLICY,
        request.now,
        request.language,
        request.site.catalogues[request.language],
        mine=asked.asked_by == desk.actor.label,
        may=desk.may(Permission.MANAGE_NETWORK),
        href=f"{PATH}/hausses/{asked.raise_id}",
    )


def _href(region: str, first: date, last: date, more: int) -> str:
    query = {"region": region, "mode": "tout", "du": first.isoformat(), "au": last.isoformat(), "plus": more}
    return f"{PATH}/apercu?{urlencode(query)}"


def _scope(form: Form) -> Scope | None:
    """What the form means; None: it can't be read, and the form says why."""
    region = form.text("region", required=False, length_max=60)
    mode = form.choice("mode", frozenset(MODES), default="tout")
    first, last = _day(form, "du"), _day(form, "au")
    more = form.integer("plus", low=1, high=POLICY.percent_max - 100)
    if first is None or last is None or more is None or form.errors:
        return None
    return Scope(region=region, channels=MODES[mode], first_day=first, last_day=last, percent=100 + more)


def _day(form: Form, name: str) -> date | None:
    value = form.text(name, length_max=10)
    try:
        return date.fromisoformat(value)
    except ValueError:
        form.fail(name, "capacity.bad_day")
        return None
