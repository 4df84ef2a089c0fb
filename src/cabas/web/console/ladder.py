"""Head office's page of load: where each process stands and why, and the switch with its reason."""

from datetime import timedelta
from typing import Any

from litestar import Response, get, post

from cabas.domain.ladder import operations, queries
from cabas.domain.ladder.model import Level, Pressure, Setting
from cabas.domain.staff.model import NETWORK, Permission, require
from cabas.kit import audit
from cabas.kit.messages import Catalogue
from cabas.web.console.access import network_desk, page
from cabas.web.dates import clock_time, full
from cabas.web.forms import Form, read_form
from cabas.web.pages import Frame, Notice, see_other
from cabas.web.request import ShopRequest

PATH = "/console/charge"
MINUTES_MAX = 24 * 60
HISTORY = 20
AUTO = "auto"
_LEVELS = [f"l{level}" for level in range(Level.EDGE_ALONE)]
_CHOICES = (AUTO, *_LEVELS)


@get("/charge", include_in_schema=False)
async def shown(request: ShopRequest) -> Response[str]:
    return await _shown(request)


@post("/charge", include_in_schema=False)
async def switch(request: ShopRequest) -> Response[str]:
    """Force a level or let go of it; the processes follow within a second, and the journal keeps who and why."""
    form = await read_form(request)
    chosen = form.choice("level", frozenset(_CHOICES))
    reason = form.text("reason", length_max=operations.REASON_LENGTH_MAX)
    minutes = form.integer("minutes", low=1, high=MINUTES_MAX, required=False)
    if not form.ok:
        return await _shown(request, form)
    async with request.transaction() as tx:
        desk = await network_desk(request, tx)
        require(desk.actor, Permission.MANAGE_NETWORK, NETWORK)
        forced = chosen != AUTO
        setting = Setting(
            level=Level(_LEVELS.index(chosen)) if forced else None,
            reason=reason,
            actor=f"staff:{desk.actor.staff_id}",
            until=request.now + timedelta(minutes=minutes) if forced and minutes else None,
        )
        await operations.force(tx, setting=setting, now=request.now)
    t = request.site.catalogues[request.language]
    return see_other(request, PATH, notice=Notice("ok", t("overload.console_done")))


async def _shown(request: ShopRequest, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        setting = await queries.setting(reader)
        processes = await queries.processes(reader, now=request.now)
        lines = await audit.lines_about(reader, store_id=NETWORK, subject=operations.SUBJECT, limit=HISTORY)
    t, language = request.site.catalogues[request.language], request.language
    errors = form.errors if form else {}
    forced = setting.forced_at(request.now)
    current = AUTO if forced is None else f"l{int(forced)}"
    return page(
        request,
        desk,
        "console/ladder.html",
        Frame(title=t("overload.console_title"), nav="ladder"),
        status=422 if errors else 200,
        stats=_stats(processes, t),
        forced=_forced(setting, current, language, t) if forced is not None else "",
        processes=[_process(one, language, t) for one in processes],
        may_switch=desk.may(Permission.MANAGE_NETWORK),
        action=PATH,
        choices=[
            {
                "value": one,
                "label": t(f"overload.console_{one}"),
                "hint": t(f"overload.console_{one}_hint"),
            }
            for one in _CHOICES
        ],
        values={"level": current, **(form.values if form else {})},
        errors=errors,
        error_list=[{"field": name, "text": text} for name, text in errors.items()],
        history=[
            {
                "when": full(line.at, language),
                "what": _level_words(line.detail["after"], t),
                "reason": str(line.detail["reason"]),
            }
            for line in lines
        ],
    )


def _stats(processes: list[Pressure], t: Catalogue) -> list[dict[str, str]]:
    level = max((one.level for one in processes), default=0)
    figures = (
        ("now", f"L{level}", "warn" if level else ""),
        ("processes", t("console.count", n=len(processes)), ""),
        ("in_flight", t("console.count", n=sum(one.in_flight for one in processes)), ""),
        ("goodput", t("console.count", n=round(sum(one.goodput_per_s for one in processes))), ""),
    )
    return [
        {"label": t(f"overload.console_{key}"), "value": value, "note": "", "kind": kind}
        for key, value, kind in figures
    ]


def _forced(setting: Setting, current: str, language: str, t: Catalogue) -> str:
    until = t("overload.console_until", when=full(setting.until, language)) if setting.until else ""
    words = [t("overload.console_forced"), t(f"overload.console_{current}"), until, setting.reason]
    return " · ".join(word for word in words if word)


def _process(one: Pressure, language: str, t: Catalogue) -> dict[str, Any]:
    return {
        "name": ":".join(one.process_id.split(":")[:2]),
        "level": f"L{one.level}",
        "why": t(f"overload.console_word_{one.reason}"),
        "since": clock_time(one.level_since, language) if one.level_since else "",
        "limit": f"{one.in_flight} / {one.limit_now:.0f}",
        "queued": str(one.queued),
        "shed": " · ".join(str(one.shed.get(f"P{number}", 0)) for number in range(6)),
    }


def _level_words(level: object, t: Catalogue) -> str:
    return t("overload.console_auto") if level is None else t(f"overload.console_l{level}")
