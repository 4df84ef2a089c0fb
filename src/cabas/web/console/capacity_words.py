"""Raises of capacity as head office's pages say them: plain values for the templates."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from cabas.domain.capacity.model import (
    ApprovalPassed,
    BadRaise,
    CapacityPolicy,
    Fill,
    NeedsAnother,
    Plan,
    Raise,
    Scope,
    Stage,
    StorePlan,
    Suggestion,
    UndoPassed,
)
from cabas.domain.capacity.scaling import Unit
from cabas.domain.ladder.model import Pressure
from cabas.kit.clock import paris_midnight
from cabas.kit.errors import Refusal
from cabas.kit.messages import Catalogue
from cabas.web.dates import clock_time, full, short_day
from cabas.web.forms import Form

ROWS_SHOWN = 200
DECISION_REFUSALS = (NeedsAnother, ApprovalPassed, UndoPassed)
_FIELDS = {"percent": "plus", "first_day": "du", "last_day": "au", "channels": "mode", "region": "region"}
_KINDS = {
    Stage.WAITING: "warn",
    Stage.EXPIRED: "",
    Stage.APPLYING: "info",
    Stage.APPLIED: "ok",
    Stage.UNDOING: "info",
    Stage.UNDONE: "",
}


def tell(form: Form, refusal: Refusal) -> None:
    """Put a refusal beside its field."""
    if isinstance(refusal, BadRaise):
        name = str(refusal.detail["field"])
        most = refusal.detail.get("most", 0)
        form.fail(_FIELDS.get(name, name), f"capacity.bad_{refusal.detail['reason']}", n=int(str(most)))
    else:
        form.fail("reason", f"capacity.refused_{refusal.code}")


def errors(form: Form | None) -> list[dict[str, str]]:
    return [{"field": name, "text": text} for name, text in form.errors.items()] if form else []


def suggestion(one: Suggestion, t: Catalogue, href: str) -> dict[str, str]:
    more = one.percent - 100
    return {
        "title": t("capacity.suggestion", region=one.fill.region, n=more),
        "why": t(
            "capacity.suggestion_why",
            percent=one.fill.percent,
            taken=one.fill.taken,
            capacity=one.fill.capacity,
            stores=one.fill.stores,
        ),
        "label": t("capacity.suggestion_label", region=one.fill.region, n=more),
        "href": href,
    }


def fills(all_fills: Sequence[Fill], t: Catalogue) -> list[dict[str, str]]:
    return [
        {
            "region": one.region,
            "text": t("capacity.fill", percent=one.percent, taken=one.taken, capacity=one.capacity),
            "percent": str(min(one.percent, 100)),
        }
        for one in sorted(all_fills, key=lambda one: -one.percent)
    ]


def scope(one: Scope, language: str, t: Catalogue) -> str:
    """``Bretagne · drive et livraison · du mer. 25 au jeu. 26 · +30 %``."""
    first, last = (short_day(paris_midnight(day), language) for day in (one.first_day, one.last_day))
    mode = one.channels[0].value if len(one.channels) == 1 else "both"
    stores = t("capacity.chosen_stores", n=len(one.store_ids)) if one.store_ids else ""
    parts = (
        one.region or t("console.all_regions"),
        stores,
        t(f"capacity.channels_{mode}"),
        t("capacity.days", first=first, last=last) if first != last else first,
        t("capacity.more", n=one.percent - 100),
    )
    return " · ".join(part for part in parts if part)


def plan_stats(plan: Plan, processes: Sequence[Pressure], t: Catalogue) -> list[dict[str, str]]:
    limit = sum(one.limit_now for one in processes)
    spare = round(100 - 100 * sum(one.in_flight for one in processes) / limit) if limit else None
    figures = (
        ("stores", t("console.count", n=len(plan.stores)), t("capacity.of_slots", n=plan.slots), ""),
        (
            "places",
            t("capacity.plus", n=plan.places),
            t("capacity.before_after", before=plan.capacity, after=plan.capacity + plan.places),
            "",
        ),
        ("taken", t("console.count", n=plan.taken), t("capacity.never_below"), ""),
        ("hours", t("capacity.hours_value", n=round(plan.hours)), t("capacity.if_all_booked"), ""),
        ("people", t("capacity.plus", n=plan.people), t("capacity.at_the_busiest"), ""),
        ("cost", t("capacity.euros", n=round(plan.cost_cents / 100)), t("capacity.cost_note"), ""),
        (
            "spare",
            "–" if spare is None else t("capacity.percent", n=max(spare, 0)),
            t("capacity.processes", n=len(processes)),
            "warn" if spare is not None and spare < 20 else "",
        ),
    )
    return [
        {"label": t(f"capacity.stat_{key}"), "value": value, "note": note, "kind": kind}
        for key, value, note, kind in figures
    ]


def load(processes: Sequence[Pressure], t: Catalogue) -> str:
    """``12 requêtes en cours sur 400, 35 réponses par seconde``."""
    return t(
        "capacity.load",
        n=sum(one.in_flight for one in processes),
        limit=round(sum(one.limit_now for one in processes)),
        goodput=round(sum(one.goodput_per_s for one in processes)),
    )


def unit(one: Unit, t: Catalogue) -> dict[str, str]:
    draining = t("capacity.unit_draining", n=one.draining) if one.draining else ""
    return {
        "name": one.name,
        "id": re.sub(r"[^a-z0-9]+", "-", one.name.lower()),
        "running": " · ".join(filter(None, (t("capacity.processes", n=one.running), draining))),
        "started": t("capacity.unit_started", n=one.started_with),
        "processes": str(one.wanted or one.started_with),
        "changed": "1" if one.wanted is not None and one.wanted != one.started_with else "",
        "hint": t("capacity.unit_hint", n=one.most),
        "back": t("capacity.unit_back", n=one.started_with),
        "label": t("capacity.unit_label", name=one.name),
    }


def plan_columns(t: Catalogue) -> list[dict[str, object]]:
    return [
        {"label": t(f"capacity.column_{key}"), "number": number, "sort_href": "", "sorted": ""}
        for key, number in (
            ("store", False),
            ("slots", True),
            ("taken", True),
            ("before", True),
            ("after", True),
            ("people", True),
            ("hours", True),
        )
    ]


def plan_row(one: StorePlan, t: Catalogue) -> list[dict[str, str]]:
    short = one.people_after > one.pickers > 0
    people = t("capacity.people", before=one.people_before, after=one.people_after, pickers=one.pickers)
    texts = (
        t("console.count", n=one.slots),
        t("console.count", n=one.taken),
        t("console.count", n=one.capacity),
        t("console.count", n=one.capacity + one.places),
        people,
        t("capacity.hours_value", n=round(one.hours)),
    )
    cells = [{"text": text, "href": "", "badge": ""} for text in texts]
    cells[4]["badge"] = "warn" if short else ""
    return [{"text": one.name, "href": f"/console/magasins/{one.slug}/creneaux", "badge": ""}, *cells]


def listed(
    one: Raise, policy: CapacityPolicy, now: datetime, language: str, t: Catalogue, path: str
) -> dict[str, str]:
    stage = one.stage(policy, now)
    return {
        "what": scope(one.scope, language, t),
        "who": one.asked_name,
        "when": full(one.asked_at, language),
        "reason": one.reason,
        "stage": t(f"capacity.stage_{stage.value}"),
        "kind": _KINDS[stage],
        "href": f"{path}/hausses/{one.raise_id}",
    }


def state(
    one: Raise,
    policy: CapacityPolicy,
    now: datetime,
    language: str,
    t: Catalogue,
    *,
    mine: bool,
    may: bool,
    href: str,
) -> dict[str, Any]:
    """The living part of a raise's page. ``final``: nothing more will happen by itself."""
    stage = one.stage(policy, now)
    done = one.stores_undone if stage in (Stage.UNDOING, Stage.UNDONE) else one.stores_applied
    until = one.undo_until(policy, now)
    kept = [
        t(f"capacity.kept_{key}", n=count)
        for key, count in (("places", one.places_kept), ("slots", one.slots_kept))
        if count
    ]
    return {
        "stage": t(f"capacity.stage_{stage.value}"),
        "kind": _KINDS[stage],
        "what": scope(one.scope, language, t),
        "reason": one.reason,
        "asked": t("capacity.asked", who=one.asked_name, when=full(one.asked_at, language)),
        "approved": t("capacity.approved", who=one.approved_name)
        if one.approved_name and one.approved_name != one.asked_name
        else "",
        "progress": t("capacity.progress", done=done, n=one.stores),
        "done": done,
        "stores": one.stores,
        "result": t("capacity.result", places=one.places, slots=one.slots) if one.slots else "",
        "kept": kept,
        "approve": f"{href}/accord" if stage is Stage.WAITING and may and not mine else "",
        "waits": t("capacity.waits") if stage is Stage.WAITING and mine else "",
        "undo": f"{href}/annulation" if until and may else "",
        "undo_until": t("capacity.undo_until", time=clock_time(until, language)) if until else "",
        "final": stage in (Stage.UNDONE, Stage.EXPIRED) or (stage is Stage.APPLIED and until is None),
    }
