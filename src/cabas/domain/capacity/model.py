"""
More places at once: what may be asked for, what it takes to prepare them, and what demand suggests. Pure.

A percentage is of what a slot has: 130 makes 13 places of 10.
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from cabas.domain.slots.managing import CAPACITY_MAX
from cabas.domain.slots.model import Channel
from cabas.kit.clock import PARIS, paris_day
from cabas.kit.errors import Conflict, Invalid, NotFound, TooMany

PERCENT_STEP = 5
REASON_LENGTH_MAX = 200


class CapacityPolicy(msgspec.Struct, frozen=True, kw_only=True):
    percent_max: int = 200
    alone_percent_max: int = 110
    """More than this needs a second person of head office."""
    approve_within: timedelta = timedelta(hours=1)
    days_max: int = 14
    freeze_from: time = time(23, 45)
    freeze_until: time = time(0, 30)
    """On the clock of Paris: nobody changes capacity while everybody orders, but by the runbook."""
    raises_an_hour: int = 6
    undo_within: timedelta = timedelta(minutes=10)
    processes_max: int = 16
    """Web processes of one machine: each has a pool of database connections of its own."""
    lines_per_order: int = 38
    lines_per_picker_hour: int = 110
    """Of a store that tells no rate of its own."""
    picker_hour_cents: int = 1_900
    """An assumption to say the cost with: wage and charges."""
    suggest_above_percent: int = 85
    suggest_target_percent: int = 80
    suggest_percent_max: int = 130


class BadRaise(Invalid):
    """What is asked for can't be: ``field`` and ``reason`` say why."""

    code = "bad_capacity_raise"


class Frozen(Conflict):
    """Around midnight capacity isn't changed, but by the runbook."""

    code = "capacity_frozen"


class RaisesLimited(TooMany):
    """Enough was changed within the last hour."""

    code = "too_many_capacity_raises"


class RaiseUnknown(NotFound):
    """No such raise was asked for."""

    code = "capacity_raise_unknown"


class NeedsAnother(Conflict):
    """Who asks for that much can't also agree to it."""

    code = "second_person_needed"


class ApprovalPassed(Conflict):
    """Nobody agreed in time: ask again, so that the figures are of today."""

    code = "approval_passed"


class UndoPassed(Conflict):
    """The ten minutes are over: change the slots instead."""

    code = "undo_passed"


class Stage(StrEnum):
    WAITING = "waiting"
    EXPIRED = "expired"
    APPLYING = "applying"
    APPLIED = "applied"
    UNDOING = "undoing"
    UNDONE = "undone"


class Scope(msgspec.Struct, frozen=True, kw_only=True):
    """Which slots: those that start on days ``[first_day, last_day]`` and still take orders."""

    region: str = ""
    """Empty: every region."""
    store_ids: tuple[int, ...] = ()
    """Empty: every store of the region."""
    channels: tuple[Channel, ...] = (Channel.DRIVE, Channel.DELIVERY)
    first_day: date
    last_day: date
    percent: int

    @property
    def day_after(self) -> date:
        return self.last_day + timedelta(days=1)


class Raise(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for and how far it is. ``stores_*`` count stores, ``places`` what was added."""

    raise_id: UUID
    scope: Scope
    reason: str
    asked_by: str
    asked_name: str
    asked_at: datetime
    approved_name: str | None
    approved_at: datetime | None
    applied_at: datetime | None
    undo_asked_at: datetime | None
    undone_at: datetime | None
    stores: int
    stores_applied: int
    stores_undone: int
    slots: int
    places: int
    places_kept: int
    slots_kept: int

    def stage(self, policy: CapacityPolicy, now: datetime) -> Stage:
        if self.undone_at is not None:
            return Stage.UNDONE
        if self.undo_asked_at is not None:
            return Stage.UNDOING
        if self.applied_at is not None:
            return Stage.APPLIED
        if self.approved_at is not None:
            return Stage.APPLYING
        return Stage.WAITING if now < self.asked_at + policy.approve_within else Stage.EXPIRED

    def undo_until(self, policy: CapacityPolicy, now: datetime) -> datetime | None:
        """Until when it can be taken back; None: not, or no more."""
        if self.approved_at is None or self.undo_asked_at is not None:
            return None
        until = (self.applied_at or now) + policy.undo_within
        return until if now < until else None


class StorePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a raise would do in one store. ``people_*``: pickers that its busiest slots take."""

    store_id: int
    slug: str
    name: str
    region: str
    slots: int
    capacity: int
    taken: int
    places: int
    """That would be added."""
    capped: int
    """Slots that can't have all they would get: `CAPACITY_MAX`."""
    pickers: int
    people_before: int
    people_after: int
    hours: float
    """Of preparation more, if all is booked."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The preview: by store, and the rest summed."""

    scope: Scope
    stores: tuple[StorePlan, ...]
    picker_hour_cents: int

    @property
    def slots(self) -> int:
        return sum(one.slots for one in self.stores)

    @property
    def capacity(self) -> int:
        return sum(one.capacity for one in self.stores)

    @property
    def taken(self) -> int:
        return sum(one.taken for one in self.stores)

    @property
    def places(self) -> int:
        return sum(one.places for one in self.stores)

    @property
    def capped(self) -> int:
        return sum(one.capped for one in self.stores)

    @property
    def hours(self) -> float:
        return sum(one.hours for one in self.stores)

    @property
    def people(self) -> int:
        """More, all stores' busiest slots together."""
        return sum(one.people_after - one.people_before for one in self.stores)

    @property
    def cost_cents(self) -> int:
        return round(self.hours * self.picker_hour_cents)


class Fill(msgspec.Struct, frozen=True, kw_only=True):
    """What a region's slots of the last days had, and what was booked of it."""

    region: str
    stores: int
    capacity: int
    taken: int

    @property
    def percent(self) -> int:
        return 100 * self.taken // self.capacity if self.capacity else 0


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    fill: Fill
    percent: int


def raised(capacity: int, percent: int) -> int:
    """
    What a slot has after a raise: rounded up, `CAPACITY_MAX` at most, never less than it had.

    A slot of no places stays so: somebody wanted it.
    """
    return max(capacity, min(CAPACITY_MAX, -(-capacity * percent // 100)))


def restored(before: int, taken: int) -> int:
    """What a slot has when a raise is taken back: as before, but never fewer places than are booked."""
    return max(before, taken)


def check(scope: Scope, policy: CapacityPolicy, now: datetime) -> None:
    """:raises BadRaise: days that have passed or are too many, no way of shopping, or a factor out of bounds."""
    if not 100 < scope.percent <= policy.percent_max:
        raise BadRaise(field="percent", reason="bounds", least=101, most=policy.percent_max)
    if scope.first_day < paris_day(now):
        raise BadRaise(field="first_day", reason="past")
    if scope.last_day < scope.first_day:
        raise BadRaise(field="last_day", reason="before_first")
    if (scope.last_day - scope.first_day).days >= policy.days_max:
        raise BadRaise(field="last_day", reason="too_many_days", most=policy.days_max)
    if not scope.channels:
        raise BadRaise(field="channels", reason="none")


def frozen(policy: CapacityPolicy, now: datetime) -> bool:
    """Whether it is the time around midnight in which only the runbook changes anything."""
    clock = now.astimezone(PARIS).time()
    return clock >= policy.freeze_from or clock < policy.freeze_until


def alone(scope: Scope, policy: CapacityPolicy) -> bool:
    """Whether one person may do it."""
    return scope.percent <= policy.alone_percent_max


def suggestions(fills: Sequence[Fill], policy: CapacityPolicy) -> list[Suggestion]:
    """
    The regions whose slots were nearly all booked, the fullest first, with what would have left the target.

    92 % booked and a target of 80 %: 92 / 80 = 1.15, so 115 %; steps of 5, upwards.
    """
    found = [
        Suggestion(fill=one, percent=_wanted(one, policy))
        for one in fills
        if one.percent >= policy.suggest_above_percent
    ]
    return sorted(found, key=lambda one: (-one.fill.percent, one.fill.region))


def _wanted(fill: Fill, policy: CapacityPolicy) -> int:
    exact = -(-100 * fill.percent // policy.suggest_target_percent)
    return min(policy.suggest_percent_max, -(-exact // PERCENT_STEP) * PERCENT_STEP)
