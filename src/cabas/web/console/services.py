"""Head office's page of services that are not ours: how each answers, since when, and what is served instead."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from litestar import Response, get

from cabas.connectors.bridge_outbox import records as outbox
from cabas.connectors.bridge_outbox.records import Backlog
from cabas.domain.staff.model import NETWORK, Permission, require
from cabas.kit import board
from cabas.kit.board import Told
from cabas.kit.guard import Standing
from cabas.kit.messages import Catalogue
from cabas.web.console.access import network_desk, page
from cabas.web.dates import full, short_slot
from cabas.web.pages import Frame
from cabas.web.request import ShopRequest

KNOWN = ("loyalty", "registry", "payments")
"""With words of their own."""

_WORST_FIRST = (Standing.OPEN, Standing.RECOVERING, Standing.CLOSED)
_KINDS = {Standing.OPEN: "ko", Standing.RECOVERING: "warn", Standing.CLOSED: "ok"}


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """``standing``: of the process that finds it worst, None when none has asked; ``share``: of all of them."""

    name: str
    standing: Standing | None
    since: datetime | None
    share: float
    problem: str
    processes: int
    agreeing: int
    """So many processes find it so."""
    backlog: Backlog


@get("/services", include_in_schema=False)
async def shown(request: ShopRequest) -> Response[str]:
    now, language = request.now, request.language
    async with request.read() as reader:
        desk = await network_desk(request, reader)
        require(desk.actor, Permission.SEE_NETWORK, NETWORK)
        told = await board.told(reader, now=now)
        backlogs = await outbox.select_backlogs(reader)
    configured = {name for peer in request.site.settings.bridges for name in peer.services}
    if request.site.bank is not None:
        configured.add("payments")
    services = services_of(told, backlogs, configured & set(KNOWN))
    t = request.site.catalogues[language]
    return page(
        request,
        desk,
        "console/services.html",
        Frame(title=t("services.title"), nav="services"),
        stats=_stats(services, t),
        services=[_card(one, now, language, t) for one in services],
        columns=[
            {"label": t(f"services.column_{key}")}
            for key in ("process", "service", "state", "since", "problem")
        ],
        rows=[_row(one, now, language, t) for one in told],
    )


def services_of(told: Sequence[Told], backlogs: dict[str, Backlog], configured: set[str]) -> list[Service]:
    """One a name that is configured, guarded somewhere or owed something; the worst first."""
    names = sorted(configured | {one.state.name for one in told} | set(backlogs))
    found = [
        _service(name, [one for one in told if one.state.name == name], backlogs.get(name)) for name in names
    ]
    return sorted(found, key=lambda one: _WORST_FIRST.index(one.standing or Standing.CLOSED))


def _service(name: str, told: Sequence[Told], backlog: Backlog | None) -> Service:
    standings = {one.state.standing for one in told}
    standing = next((one for one in _WORST_FIRST if one in standings), None)
    such = [one.state for one in told if one.state.standing is standing]
    return Service(
        name=name,
        standing=standing,
        since=min((one.since for one in such), default=None),
        share=sum(one.state.share for one in told) / len(told) if told else 1.0,
        problem=next((one.problem for one in such if one.problem), ""),
        processes=len(told),
        agreeing=len(such),
        backlog=backlog or Backlog(waiting=0, oldest_at=None, refused=0),
    )


def _stats(services: Sequence[Service], t: Catalogue) -> list[dict[str, str]]:
    away = sum(one.standing is Standing.OPEN for one in services)
    waiting = sum(one.backlog.waiting for one in services)
    refused = sum(one.backlog.refused for one in services)
    figures = (
        ("services", len(services), ""),
        ("away", away, "warn" if away else ""),
        ("waiting", waiting, ""),
        ("refused", refused, "warn" if refused else ""),
    )
    return [
        {"label": t(f"services.stat_{key}"), "value": t("console.count", n=n), "note": "", "kind": kind}
        for key, n, kind in figures
    ]


def _card(one: Service, now: datetime, language: str, t: Catalogue) -> dict[str, str]:
    name = one.name if one.name in KNOWN else "other"
    degraded = one.standing in (Standing.OPEN, Standing.RECOVERING)
    return {
        "name": _name(one.name, t),
        "state": _state(one.standing, one.share, t),
        "kind": _KINDS[one.standing] if one.standing else "",
        "since": t("services.since", when=full(one.since, language)) if one.since else "",
        "agreeing": t("services.agreeing", n=one.agreeing, of=one.processes) if one.processes > 1 else "",
        "served": t(f"services.instead_{name}" if degraded else f"services.normal_{name}"),
        "degraded": "1" if degraded else "",
        "waiting": _waiting(one.backlog, now, language, t),
        "refused": t("services.refused", n=one.backlog.refused) if one.backlog.refused else "",
        "problem": one.problem if degraded else "",
    }


def _waiting(backlog: Backlog, now: datetime, language: str, t: Catalogue) -> str:
    if not backlog.waiting or backlog.oldest_at is None:
        return ""
    when = short_slot(backlog.oldest_at, now, language)
    return t("services.waiting", n=backlog.waiting, when=when)


def _row(one: Told, now: datetime, language: str, t: Catalogue) -> list[dict[str, str]]:
    state = one.state
    return [
        {"text": one.process_id},
        {"text": _name(state.name, t)},
        {"text": _state(state.standing, state.share, t), "badge": _KINDS[state.standing]},
        {"text": short_slot(state.since, now, language)},
        {"text": state.problem},
    ]


def _name(name: str, t: Catalogue) -> str:
    return t(f"services.name_{name}") if name in KNOWN else name


def _state(standing: Standing | None, share: float, t: Catalogue) -> str:
    if standing is None:
        return t("services.state_unasked")
    return t(f"services.state_{standing.value}", percent=round(share * 100))
