"""Head office's page of the waiting room: how it stands, and the switch with its reason."""

from datetime import timedelta

from litestar import Response, get, post

from cabas.domain.staff.model import NETWORK, Permission, require
from cabas.domain.waiting_room import operations, queries
from cabas.domain.waiting_room.model import FRACTION_MAX, Forced, Switch
from cabas.domain.waiting_room.queries import RoomState
from cabas.kit import audit
from cabas.web.console.access import Desk, network_desk, page
from cabas.web.dates import full
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

PATH = "/console/salle-attente"
PER_SECOND_MAX = 10_000
MINUTES_MAX = 24 * 60
HISTORY = 20
_CHOICES = frozenset(forced.value for forced in Forced)


@get("/salle-attente", include_in_schema=False)
async def shown(request: ShopRequest) -> Response[str]:
    return await _shown(request)


@post("/salle-attente", include_in_schema=False)
async def switch(request: ShopRequest) -> Response[str]:
    """Move the switch; the controller follows within a second, and the journal keeps who and why."""
    form = await read_form(request)
    forced = form.choice("forced", _CHOICES)
    reason = form.text("reason")
    per_second = form.integer("per_second", low=0, high=PER_SECOND_MAX, required=False)
    minutes = form.integer("minutes", low=0, high=MINUTES_MAX, required=False)
    if not form.ok:
        return await _shown(request, form)
    on = forced == Forced.ON
    async with request.transaction() as tx:
        desk = await network_desk(request, tx)
        require(desk.actor, Permission.MANAGE_NETWORK, NETWORK)
        moved = Switch(
            forced=Forced(forced),
            reason=reason,
            actor=f"staff:{desk.actor.staff_id}",
            opens_at=request.now + timedelta(minutes=minutes) if on and minutes else None,
            per_second_max=per_second if on else None,
        )
        await operations.force(tx, switch=moved, now=request.now)
    t = request.site.catalogues[request.language]
    return see_other(request, PATH, notice=Notice("ok", t(f"room.console_switched_{forced}")))


async def _shown(request: ShopRequest, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        state = await queries.state(reader, now=request.now)
        lines = await audit.lines_about(reader, store_id=NETWORK, subject="waiting_room", limit=HISTORY)
    t = request.site.catalogues[request.language]
    errors = form.errors if form else {}
    return page(
        request,
        desk,
        "console/room.html",
        Frame(title=t("room.console_title"), nav="room"),
        status=422 if errors else 200,
        stats=_stats(request, state),
        opens=full(state.event.opens_at, request.language) if state.event else "",
        digest=state.serving.digest,
        may_switch=_may_switch(desk),
        action=PATH,
        choices=[
            {
                "value": one.value,
                "label": t(f"room.console_{one.value}"),
                "hint": t(f"room.console_{one.value}_hint"),
            }
            for one in (Forced.AUTO, Forced.ON, Forced.OFF)
        ],
        values={"forced": state.switch.forced.value, **(form.values if form else {})},
        errors=errors,
        error_list=[{"field": name, "text": text} for name, text in errors.items()],
        history=[
            {
                "when": full(line.at, request.language),
                "what": t(f"room.console_{line.detail['after']}"),
                "reason": str(line.detail["reason"]),
            }
            for line in lines
        ],
    )


def _may_switch(desk: Desk) -> bool:
    return desk.may(Permission.MANAGE_NETWORK)


def _stats(request: ShopRequest, state: RoomState) -> list[dict[str, str]]:
    t = request.site.catalogues[request.language]
    event = state.event
    guards = event is not None and event.guards(request.now)
    word = "open" if guards else "before" if event else "closed"
    threshold = (
        t(
            "room.console_threshold_value",
            bucket=event.threshold.bucket,
            percent=round(100 * event.threshold.fraction / FRACTION_MAX),
        )
        if event
        else "–"
    )
    waiting = max(sum(state.joined.values()) - round(event.called), 0) if event else 0
    figures = (
        ("state", t(f"room.console_state_{word}"), "warn" if guards else ""),
        ("waiting", t("console.count", n=waiting), ""),
        ("inside", t("console.count", n=state.counts.exchanged), ""),
        ("ordered", t("console.count", n=state.counts.finished), ""),
        ("pace", t("console.count", n=round(event.per_second) if event else 0), ""),
        ("threshold", threshold, ""),
    )
    return [
        {"label": t(f"room.console_stat_{key}"), "value": value, "note": "", "kind": kind}
        for key, value, kind in figures
    ]
