"""Opening, steering and closing the room. One controller at a time: a lock that ends with its transaction."""

import secrets
from datetime import date, datetime, timedelta

import msgspec

from cabas.domain.waiting_room import records
from cabas.domain.waiting_room.model import Event, Forced, Switch, Trigger, draw_of
from cabas.domain.waiting_room.serving import Stock, line_at
from cabas.domain.waiting_room.steering import Pace, Pressure, Tick, step
from cabas.kit import audit
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.db import Transaction
from cabas.kit.errors import Invalid

FRESH = timedelta(seconds=10)
"""Figures of a process older than this are of a dead one."""

TICK_MIN = timedelta(milliseconds=800)
FORGET_AFTER = timedelta(days=1)
NETWORK = 0


class RoomPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What a retailer decides about the room. It is off unless one of its triggers is on."""

    midnight: bool = False
    """On by itself before each night's opening of slots."""

    before: timedelta = timedelta(minutes=30)
    """How long before the opening people may join the draw."""

    saturated_for: timedelta = timedelta(seconds=3)
    """On by itself when the limiter has been full this long. Zero: never."""

    calm_for: timedelta = timedelta(seconds=60)
    """Off by itself when nobody has waited and nothing was full this long."""

    sign_in: bool = False
    """Only accounts get a place: one draw a person. Guests are asked to sign in."""

    pace: Pace = Pace()


class NoReason(Invalid):
    """A switch that is moved by hand needs its reason."""

    code = "reason_missing"


async def tick(tx: Transaction, *, policy: RoomPolicy, booking_days: int, now: datetime) -> Event | None:
    """
    One step of the controller: open or close what is due, move the threshold. Returns the event
    that is open afterwards. Does nothing but look when another worker is steering.
    """
    if not await records.try_lock(tx):
        return await records.select_open(tx)
    switch = await records.select_switch(tx)
    pressure = await records.select_pressure(tx, since=now - FRESH)
    event = await records.select_open(tx)
    if event is not None and _unwanted(event, switch):
        await records.close_event(tx, event_id=event.event_id, now=now)
        event = None
    if event is None:
        event = await _open_if_due(tx, switch, pressure, policy, booking_days=booking_days, now=now)
    if event is None or now - event.ticked_at < TICK_MIN:
        return event
    return await _move(tx, event, switch, pressure, policy, now)


async def force(tx: Transaction, *, switch: Switch, now: datetime) -> None:
    """
    Head office moves the switch; the controller follows within a second.

    :raises NoReason: it says nothing of why.
    """
    if not switch.reason.strip():
        raise NoReason
    before = await records.select_switch(tx)
    await records.upsert_switch(tx, msgspec.structs.replace(switch, changed_at=now))
    await audit.record(
        tx,
        store_id=NETWORK,
        actor=switch.actor,
        action="waiting_room.switched",
        subject="waiting_room",
        detail={
            "before": before.forced.value,
            "after": switch.forced.value,
            "reason": switch.reason,
            "opens_at": switch.opens_at.isoformat() if switch.opens_at else None,
            "per_second_max": switch.per_second_max,
        },
        now=now,
    )


async def count(
    tx: Transaction,
    *,
    process_id: str,
    event_id: int,
    joined: dict[int, int],
    exchanged: int,
    refused: int,
    finished: int,
    now: datetime,
) -> None:
    """What one process has seen since the event began, in its own row."""
    await records.upsert_counts(
        tx,
        process_id=process_id,
        event_id=event_id,
        joined=joined,
        exchanged=exchanged,
        refused=refused,
        finished=finished,
        now=now,
    )


async def note_stock(tx: Transaction, *, event_id: int, stock: Stock) -> None:
    await records.update_stock(tx, event_id=event_id, stock=msgspec.to_builtins(stock))


async def forget_counts(tx: Transaction, *, now: datetime) -> None:
    await records.delete_counts(tx, before=now - FORGET_AFTER)


def _unwanted(event: Event, switch: Switch) -> bool:
    """Closed by hand, or opened by hand and let go of."""
    if switch.forced is Forced.OFF:
        return True
    return event.trigger is Trigger.HAND and switch.forced is not Forced.ON


async def _open_if_due(
    tx: Transaction,
    switch: Switch,
    pressure: Pressure,
    policy: RoomPolicy,
    *,
    booking_days: int,
    now: datetime,
) -> Event | None:
    due = _due(switch, pressure, policy, booking_days=booking_days, now=now)
    if due is None:
        return None
    trigger, opens_at, day = due
    drawn = draw_of(secrets.token_bytes(32))
    return await records.insert_event(tx, draw=drawn, opens_at=opens_at, trigger=trigger, day=day, now=now)


def _due(
    switch: Switch, pressure: Pressure, policy: RoomPolicy, *, booking_days: int, now: datetime
) -> tuple[Trigger, datetime, date | None] | None:
    """(why, from when on it guards, whose slots open then); None: nothing asks for the room."""
    midnight = paris_midnight(paris_day(now) + timedelta(days=1))
    day = paris_day(midnight) + timedelta(days=booking_days)
    if switch.forced is Forced.OFF:
        return None
    if switch.forced is Forced.ON:
        opens_at = max(switch.opens_at or now, now)
        return Trigger.HAND, opens_at, day if opens_at == midnight else None
    if policy.midnight and now >= midnight - policy.before:
        return Trigger.SCHEDULE, midnight, day
    full_since = pressure.saturated_since
    if full_since is not None and policy.saturated_for and now - full_since >= policy.saturated_for:
        return Trigger.SATURATION, now, None
    return None


async def _move(
    tx: Transaction, event: Event, switch: Switch, pressure: Pressure, policy: RoomPolicy, now: datetime
) -> Event | None:
    joined, counts = await records.select_counts(tx, event_id=event.event_id)
    moved = step(
        event,
        line=line_at(event, joined, now),
        counts=counts,
        pressure=pressure,
        pace=policy.pace,
        per_second_max=switch.per_second_max,
        now=now,
    )
    calm_since = _calm_since(event, moved, pressure, now)
    await records.update_tick(tx, event_id=event.event_id, tick=moved, calm_since=calm_since, now=now)
    by_itself = event.trigger is not Trigger.HAND
    if by_itself and calm_since is not None and now - calm_since >= policy.calm_for:
        await records.close_event(tx, event_id=event.event_id, now=now)
        return None
    return await records.select_open(tx)


def _calm_since(event: Event, moved: Tick, pressure: Pressure, now: datetime) -> datetime | None:
    """Since when nobody waits and nothing is full; None: not now."""
    if not moved.drained or pressure.saturated_since is not None:
        return None
    return event.calm_since or now
