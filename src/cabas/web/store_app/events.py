"""The journal's two doors: a plain form of one event, and a device's batch of what it did without network."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, post
from litestar.exceptions import ValidationException
from litestar.params import FromPath

from cabas.domain.preparation import operations, queries
from cabas.domain.preparation.events import UnreadableEvent, read_event
from cabas.domain.preparation.model import EventOutcome
from cabas.domain.preparation.operations import Rules
from cabas.domain.preparation.queries import Task
from cabas.kit.db import Transaction
from cabas.policies import DEFAULTS
from cabas.web.forms import Form, read_form
from cabas.web.pages import Notice, see_other
from cabas.web.request import ShopRequest
from cabas.web.store_app import scanning
from cabas.web.store_app.access import HOME, Post, at_work, order_path
from cabas.web.store_app.words import refusal

RULES = Rules(
    lease_duration=DEFAULTS.lease_duration, weight_tolerance_percent=DEFAULTS.weight_tolerance_percent
)
KINDS = frozenset(
    {
        "started", "picked", "weighed", "short", "missing", "substituted", "undone", "crate_added",
        "crate_removed", "crate_staged", "revision_seen", "ready", "released", "scan", "substitute_scan",
    }
)  # fmt: skip
_NUMBERS = {
    "line": 32_767, "quantity": 999, "weight_grams": 99_999, "pieces": 999, "crate_no": 26,
    "revision": 2**31 - 1,
}  # fmt: skip
_CRATE_KINDS = frozenset({"crate_added", "crate_removed", "crate_staged", "ready"})
_WEIGHTS = frozenset({"too_heavy", "too_light"})


@post("/evenements", include_in_schema=False, status_code=200)
async def record_batch(request: ShopRequest) -> dict[str, Any]:
    """``{"events": […]}`` → ``{"outcomes": [{event_id, outcome, reason, text}]}``, in the same order."""
    try:
        body = msgspec.json.decode(await request.body(), type=dict[str, list[dict[str, Any]]])
    except (msgspec.ValidationError, msgspec.DecodeError) as problem:
        raise ValidationException(str(problem)) from problem
    readable, unreadable = [], []
    for raw in body.get("events", []):
        try:
            readable.append(read_event(raw))
        except UnreadableEvent:
            unreadable.append(str(raw.get("event_id", "")))
    async with request.transaction() as tx:
        post_ = await at_work(request, tx)
        outcomes = await operations.record_events(
            tx,
            store_id=post_.store_id,
            actor=post_.actor,
            device_id=post_.device_id,
            events=readable,
            rules=RULES,
            now=request.now,
        )
    return {
        "outcomes": [_shape(request, outcome) for outcome in outcomes]
        + [
            {
                "event_id": one,
                "outcome": "refused",
                "reason": "unreadable",
                "text": refusal(request, "unreadable"),
            }
            for one in unreadable
        ]
    }


@post("/commandes/{order_id:uuid}/evenements", include_in_schema=False)
async def record(request: ShopRequest, order_id: FromPath[UUID]) -> Response[Any]:
    """One event, by a plain form; its hidden id makes a double click one deed."""
    form = await read_form(request)
    kind = form.choice("kind", KINDS)
    async with request.transaction() as tx:
        post_ = await at_work(request, tx)
        task = await queries.task(tx, store_id=post_.store_id, order_id=order_id)
        members = _members(form, kind, task) if form.ok else {}
        if members is None:
            line = form.values["line"]
            return see_other(request, f"{order_path(order_id)}?vue=ligne&n={line}&pese=1")
        outcome = await _record_one(tx, request, post_, order_id, form, members)
    return _answer(request, order_id, task, {"kind": kind, **members}, outcome)


async def _record_one(
    tx: Transaction, request: ShopRequest, post_: Post, order_id: UUID, form: Form, members: dict[str, Any]
) -> EventOutcome:
    event_id = form.text("event_id", length_max=36)
    try:
        event = read_event(
            {
                **members,
                "event_id": event_id,
                "order_id": str(order_id),
                "device_seq": int(request.now.timestamp() * 1000),
                "occurred_at": request.now,
            }
        )
    except UnreadableEvent:
        return EventOutcome(event_id=order_id, outcome="refused", reason="unreadable")
    [outcome] = await operations.record_events(
        tx,
        store_id=post_.store_id,
        actor=post_.actor,
        device_id=post_.device_id,
        events=[event],
        rules=RULES,
        now=request.now,
    )
    return outcome


def _members(form: Form, kind: str, task: Task) -> dict[str, Any] | None:
    """The event's own members from a form; None when a weight must still be typed."""
    values: dict[str, Any] = {}
    for name, high in _NUMBERS.items():
        number = form.integer(name, low=0, high=high, required=False)
        if number is not None:
            values[name] = number
    line = next((one for one in task.lines if one.line_no == values.get("line")), None)
    if kind in ("scan", "substitute_scan"):
        if line is None:
            return {}
        code = form.text("code", length_max=48)
        amount = values.get("quantity") or values.get("weight_grams") or line.quantity
        read = scanning.picked_by_scan if kind == "scan" else None
        found = (
            read(line, code, quantity=amount)
            if read
            else scanning.substituted_by_scan(line, code, amount=amount)
        )
        return None if found is None else {"line": line.line_no, **found}
    values["kind"] = kind
    gtin = scanning.gtin_of(form.text("gtin", required=False, length_max=14))
    if gtin is not None:
        values["gtin"] = gtin
    for name, length in (("zone", 10), ("place", 40), ("label", 40)):
        text = form.text(name, required=False, length_max=length)
        if text:
            values[name] = text
    for name in ("take_over", "confirmed"):
        if form.flag(name):
            values[name] = True
    return values


def _answer(
    request: ShopRequest, order_id: UUID, task: Task, members: dict[str, Any], outcome: EventOutcome
) -> Response[Any]:
    path, kind, line = order_path(order_id), str(members.get("kind", "")), members.get("line")
    if outcome.reason:
        notice = Notice("ko", refusal(request, outcome.reason, outcome.detail))
        if outcome.reason in _WEIGHTS:
            extra = f"&grammes={members['weight_grams']}"
            if kind == "substituted":
                extra += f"&remplacant={members['gtin']}"
            return see_other(request, f"{path}?vue=ligne&n={line}{extra}", notice=notice)
        where = f"?vue=ligne&n={line}" if line else "?vue=bacs" if kind in _CRATE_KINDS else ""
        return see_other(request, path + where, notice=notice)
    if kind == "released":
        return see_other(request, HOME)
    if kind in _CRATE_KINDS:
        return see_other(request, f"{path}?vue=bacs")
    if kind == "revision_seen":
        return see_other(request, f"{path}?vue=liste")
    if kind == "undone":
        return see_other(request, f"{path}?vue=ligne&n={line}")
    return see_other(request, f"{path}?vue=ligne", notice=_done(request, task, members))


def _done(request: ShopRequest, task: Task, members: dict[str, Any]) -> Notice | None:
    line = next((one for one in task.lines if one.line_no == members.get("line")), None)
    if line is None:
        return None
    t = request.site.catalogues[request.language]
    return Notice("ok", t(f"store_app.did_{members['kind']}", name=line.product.name))


def _shape(request: ShopRequest, outcome: EventOutcome) -> dict[str, str]:
    return {
        "event_id": str(outcome.event_id),
        "outcome": outcome.outcome,
        "reason": outcome.reason,
        "text": refusal(request, outcome.reason, outcome.detail) if outcome.reason else "",
    }
