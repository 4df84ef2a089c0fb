"""Intentions of preparation: all are events of the journal, recorded in batches (docs/algorithms/picking-events.md)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.preparation import records
from cabas.domain.preparation.bench import Bench, Rules
from cabas.domain.preparation.events import EVENTS_MAX, PickingEvent, kind_of, payload_of
from cabas.domain.preparation.model import EventOutcome, SetAside
from cabas.domain.staff.model import Permission, StaffActor, require
from cabas.kit.db import Transaction
from cabas.kit.errors import Invalid

__all__ = ["BatchTooLarge", "Rules", "record_events"]

APPLIED, DUPLICATE, REFUSED = "applied", "duplicate", "refused"


class BatchTooLarge(Invalid):
    """A batch has at most `EVENTS_MAX` events: send the rest in the next one."""

    code = "batch_too_large"


async def record_events(
    tx: Transaction,
    *,
    store_id: int,
    actor: StaffActor,
    device_id: str,
    events: Sequence[PickingEvent],
    rules: Rules,
    now: datetime,
) -> list[EventOutcome]:
    """
    Add a device's events to the journal and give them their effect, once each.

    Events take effect by ``device_seq``; outcomes come back as the events were given. What is
    refused is kept in the journal with its reason and changes nothing; sent again it is a duplicate.
    Events of an order this store doesn't have are refused and not kept.

    :raises BatchTooLarge: too many.
    :raises cabas.domain.staff.model.NotAllowed: the actor doesn't prepare orders in this store.
    """
    require(actor, Permission.PREPARE_ORDERS, store_id)
    if len(events) > EVENTS_MAX:
        raise BatchTooLarge(limit=EVENTS_MAX)
    held = await records.lock_preparations(
        tx, store_id=store_id, order_ids={event.order_id for event in events}
    )
    known = await records.select_outcomes(
        tx, store_id=store_id, event_ids=[event.event_id for event in events]
    )
    outcomes = {event_id: _duplicate(event_id, said) for event_id, said in known.items()}
    benches: dict[UUID, Bench] = {}
    journal: list[tuple[Any, ...]] = []
    first: dict[UUID, EventOutcome] = {}
    for event in sorted(events, key=lambda one: one.device_seq):
        if event.event_id in outcomes or event.event_id in first:
            continue
        if event.order_id not in held:
            first[event.event_id] = _refused(event, SetAside("order_not_found"))
            continue
        bench = benches.get(event.order_id)
        if bench is None:
            bench = benches[event.order_id] = Bench(
                tx, preparation=held[event.order_id], actor=actor, rules=rules, now=now
            )
            await bench.read()
        outcome = await _apply(bench, event)
        first[event.event_id] = outcome
        journal.append(_row(store_id, event, device_id, actor, outcome, now))
    await records.insert_events(tx, journal)
    return [_told(event.event_id, outcomes, first) for event in events]


async def _apply(bench: Bench, event: PickingEvent) -> EventOutcome:
    try:
        await bench.apply(event)
    except SetAside as refused:
        return _refused(event, refused)
    return EventOutcome(event_id=event.event_id, outcome=APPLIED)


def _told(event_id: UUID, known: dict[UUID, EventOutcome], first: dict[UUID, EventOutcome]) -> EventOutcome:
    """The first telling in a batch is the event's own; from then on it is a duplicate."""
    if event_id in known:
        return known[event_id]
    told = first[event_id]
    known[event_id] = _duplicate(event_id, told.reason or APPLIED)
    return told


def _duplicate(event_id: UUID, said: str) -> EventOutcome:
    return EventOutcome(event_id=event_id, outcome=DUPLICATE, reason="" if said == APPLIED else said)


def _refused(event: PickingEvent, refused: SetAside) -> EventOutcome:
    detail = {key: value for key, value in refused.detail.items() if key != "reason"}
    return EventOutcome(event_id=event.event_id, outcome=REFUSED, reason=refused.reason, detail=detail)


def _row(
    store_id: int,
    event: PickingEvent,
    device_id: str,
    actor: StaffActor,
    outcome: EventOutcome,
    now: datetime,
) -> tuple[Any, ...]:
    return (
        store_id,
        event.event_id,
        event.order_id,
        device_id,
        event.device_seq,
        kind_of(event),
        actor.label,
        event.occurred_at,
        now,
        payload_of(event),
        outcome.reason or APPLIED,
    )
