"""The one page of a rehearsal, and its file."""

from typing import Any

from bench import measure
from bench.measure import Figure
from bench.rush.advance import Opening
from bench.rush.stroke import Stroke
from bench.rush.sustained import Sustained

STROKE_SECONDS, ADVANCE_SECONDS, SUSTAINED = 10, 60, 300
NAMES = (
    "stroke_orders", "stroke_seconds", "stroke_p99_ms", "advance_orders", "advance_seconds",
    "sustained_orders_per_s", "sustained_seconds", "probe_ok", "lost", "doubled", "oversold", "limit_per_s",
)  # fmt: skip
"""What every whole rehearsal tells; a phase that was left out tells none of its own."""


def show(told: dict[str, Any]) -> None:
    """Print it, and write ``bench/results/rush.json``."""
    figures = flat(told)
    measure.keep("rush", figures)
    rows: list[Figure] = []
    if stroke := _stroke(told):
        rows += _stroke_rows(figures, stroke)
    if "advance_orders" in figures:
        rows += _advance_rows(figures)
    if "sustained_orders_per_s" in figures:
        rows += _sustained_rows(figures)
    rows += [
        *(
            Figure(name=f"probe answered within 2 s, {name}", value=100 * share, unit="%", wanted="100 %")
            for name, share in figures["probe_ok_by_phase"].items()
        ),
        *(
            Figure(name=name, value=figures[name], unit="", wanted="0")
            for name in ("lost", "doubled", "oversold")
        ),
    ]
    measure.show(f"Midnight rehearsed at scale {figures['scale']}", rows, notes=_notes(figures, told))


def sound(told: dict[str, Any]) -> bool:
    """Whether nothing was lost, doubled or oversold, and `cabas check` agrees."""
    figures = flat(told)
    return not any(figures[name] for name in ("lost", "doubled", "oversold", "check_breaches"))


def flat(told: dict[str, Any]) -> dict[str, Any]:
    """All figures by name, the agreed twelve first."""
    parts = list(_named(told).values())
    found: dict[str, Any] = {"scale": told["scale"]}
    for part in parts:
        found |= part.figures()
    judged = [part.verdict for part in parts if not isinstance(part, Opening)]
    opening = _opening(told)
    asked, ok = sum(part.probed.asked for part in parts), sum(part.probed.ok for part in parts)
    found |= {
        "probe_ok": round(ok / asked, 5) if asked else 0.0,
        "probe_ok_by_phase": {name: round(part.probed.share, 5) for name, part in _named(told).items()},
        "probe_asked": asked,
        "probe_slowest_ms": max((part.probed.slowest_ms for part in parts), default=0),
        "probe_failed": {k: v for part in parts for k, v in part.probed.failed.items()},
        "lost": sum(one.lost for one in judged) + (opening.lost if opening else 0),
        "doubled": sum(one.doubled for one in judged),
        "oversold": sum(one.oversold for one in judged),
        "unheard": sum(one.unheard for one in judged),
        "check_breaches": [b for one in judged for b in one.breaches] + (opening.breaches if opening else []),
    }
    first = {name: found[name] for name in NAMES if name in found}
    return {**first, **{name: value for name, value in found.items() if name not in first}}


def _stroke_rows(figures: dict[str, Any], stroke: Stroke) -> list[Figure]:
    rows = [
        Figure(
            name="orders at the stroke",
            value=figures["stroke_orders"],
            unit="",
            limit=stroke.asked.orders,
            ratio=figures["stroke_orders"] / max(stroke.asked.orders, 1),
            wanted="all",
        ),
        Figure(
            name="last of them answered after",
            value=figures["stroke_seconds"],
            unit="s",
            wanted=f"≤ {STROKE_SECONDS} s",
        ),
        *(
            Figure(name=f"  {percent}th percentile", value=figures[f"stroke_p{percent}_ms"], unit="ms")
            for percent in (50, 95, 99)
        ),
        Figure(
            name="places sold of the day that opened",
            value=figures["slots_sold"],
            unit="",
            limit=figures["slots_capacity"],
            ratio=figures["slots_sold"] / max(figures["slots_capacity"], 1),
            wanted="≤ 1",
        ),
    ]
    for kind, one in figures["answers"].items():
        if kind != "order":
            share = one["good"] / max(one["asked"], 1)
            name = f"{kind}: good of {one['asked']:,}, 99 % in {one['p99_ms']:,.0f} ms"
            rows.append(Figure(name=name, value=100 * share, unit="%"))
    if stroke.advanced is not None:
        rows.append(
            Figure(
                name=f"{stroke.asked.advance:,} in advance, the same night",
                value=stroke.advanced.dispatched,
                unit="s",
            )
        )
    return rows


def _advance_rows(figures: dict[str, Any]) -> list[Figure]:
    return [
        Figure(
            name=f"orders in advance, {figures['advance_stores']:,} stores",
            value=figures["advance_orders"],
            unit="",
            limit=figures["advance_asked"],
        ),
        Figure(
            name="  drawn, written, at their stores",
            value=figures["advance_seconds"],
            unit="s",
            wanted=f"≤ {ADVANCE_SECONDS} s",
        ),
        Figure(name="  drawn", value=figures["advance_decided_seconds"], unit="s"),
    ]


def _sustained_rows(figures: dict[str, Any]) -> list[Figure]:
    rate, limit = figures["sustained_orders_per_s"], figures["limit_per_s"]
    return [
        Figure(
            name=f"orders for {figures['sustained_seconds']:,} s",
            value=rate,
            unit="/s",
            limit=limit,
            ratio=rate / limit if limit else None,
            wanted=f"≥ {SUSTAINED} /s",
        ),
        *(
            Figure(name=f"  {percent}th percentile", value=figures[f"sustained_p{percent}_ms"], unit="ms")
            for percent in (50, 95, 99)
        ),
    ]


def _notes(figures: dict[str, Any], told: dict[str, Any]) -> list[str]:
    notes = ["Product, database, load and probe share this machine; times are from the intended send time."]
    if "stroke_statuses" in figures:
        notes.append(
            f"Orders by answer: {figures['stroke_statuses']}, {figures['stroke_tries']} sendings;"
            f" fault: {figures['stroke_fault']}; generator {figures['generator_cpu_share']:.0%} of a core"
        )
        for kind, one in figures["answers"].items():
            if one["good"] < one["asked"]:
                notes.append(f"{kind} by answer: {one['statuses']}")
    if "sustained_statuses" in figures:
        notes.append(
            f"Sustained by answer: {figures['sustained_statuses']}, not sent {figures['sustained_not_sent']};"
            f" generator {figures['sustained_generator_cpu_share']:.0%} of a core; limit: pgbench, the same call"
        )
    complaints = [
        line for part in (_stroke(told), _sustained(told)) if part for line in part.report.complaints
    ]
    notes += [f"k6: {line}" for line in complaints[:5]]
    if figures["probe_failed"]:
        notes.append(f"Probe without answer: {figures['probe_failed']}")
    broken = figures["check_breaches"]
    notes.append(
        "cabas check: every invariant holds." if not broken else f"cabas check: {'; '.join(broken[:3])}"
    )
    return notes


def _named(told: dict[str, Any]) -> dict[str, Stroke | Opening | Sustained]:
    parts = {"stroke": _stroke(told), "advance": _opening(told), "sustained": _sustained(told)}
    return {name: part for name, part in parts.items() if part is not None}


def _stroke(told: dict[str, Any]) -> Stroke | None:
    return told.get("the_stroke")


def _opening(told: dict[str, Any]) -> Opening | None:
    return told.get("the_advance")


def _sustained(told: dict[str, Any]) -> Sustained | None:
    return told.get("the_sustained")
