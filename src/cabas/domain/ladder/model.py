"""
When a level is entered and left, as pure rules over one second's signals (docs/algorithms/limiter.md).

A rung is entered by itself when its signal passes the trigger, and left after 30 seconds below 60 % of it, so that
a site at its edge doesn't flap. The level is that of the highest rung stood on.
"""

from datetime import datetime, timedelta
from enum import IntEnum

import msgspec

WAIT_TRIGGER_MS = 50.0
"""L1: p95 of what requests wait for a database connection."""

FULL_FOR = timedelta(seconds=3)
"""L2: the limiter had no place left this long."""

LATE_TRIGGER = 0.3
"""L3: of what a full process let in, this share was answered late or not at all."""

LATE_FOR = timedelta(seconds=3)
CALM_SHARE = 0.6
CALM_FOR = timedelta(seconds=30)
BACK_FOR = timedelta(seconds=3)
"""L4 is left this soon after the primary answers again: an order must not wait for half a minute."""

PROBES_MISSED = 2
"""In a row, before the primary counts as down: one may be a hiccup."""

FRESH = timedelta(seconds=5)
FORGET_AFTER = timedelta(minutes=1)


class Level(IntEnum):
    """L5 is the absence of any application: the edge stands on it (deploy/edge)."""

    NORMAL = 0
    LEAN = 1
    NO_EXTRAS = 2
    LAST_COPIES = 3
    READ_ONLY = 4
    EDGE_ALONE = 5


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """What a process measured over the last second."""

    wait_p95_ms: float = 0.0
    full_for: timedelta | None = None
    """How long no place has been free; None: one is."""
    busy_share: float = 0.0
    """In flight over the limit, at the second's highest."""
    late_share: float = 0.0
    """Of answers let in: late, failed or given up."""
    probes_missed: int = 0
    """Seconds in a row in which the primary didn't answer."""


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """The switch. ``level`` None: the ladder decides."""

    level: Level | None = None
    reason: str = ""
    actor: str = ""
    changed_at: datetime | None = None
    until: datetime | None = None

    def forced_at(self, now: datetime) -> Level | None:
        over = self.until is not None and now >= self.until
        return None if over else self.level


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a process stands. ``reason``: a rung's word, ``forced``, or ``normal``."""

    level: Level
    reason: str
    since: datetime


class Pressure(msgspec.Struct, frozen=True, kw_only=True):
    """What one process tells of itself each second; counts are since it began."""

    process_id: str
    at: datetime
    limit_now: float
    in_flight: int
    queued: int
    goodput_per_s: float
    saturated_since: datetime | None
    level: int
    level_since: datetime | None
    reason: str
    answered: int
    shed: dict[str, int]


class Ladder:
    """One process's ladder. Feed it a second's signals; it says where the process stands."""

    def __init__(self, now: datetime) -> None:
        self._held: dict[Level, datetime | None] = {}
        """The rungs stood on → since when their signal is calm."""
        self._late_since: datetime | None = None
        self.standing = Standing(level=Level.NORMAL, reason="normal", since=now)

    def step(self, signals: Signals, setting: Setting, now: datetime) -> Standing:
        self._note_late(signals, now)
        for level, entered, calm, patience in self._rungs(signals, now):
            self._move(level, entered=entered, calm=calm, patience=patience, now=now)
        forced = setting.forced_at(now)
        level = max(self._held, default=Level.NORMAL) if forced is None else forced
        reason = WORDS[level] if forced is None else "forced"
        if (level, reason) != (self.standing.level, self.standing.reason):
            self.standing = Standing(level=level, reason=reason, since=now)
        return self.standing

    def _rungs(self, signals: Signals, now: datetime) -> tuple[tuple[Level, bool, bool, timedelta], ...]:
        """(level, whether to enter, whether its signal is calm, how long it must be)."""
        full = signals.full_for is not None and signals.full_for >= FULL_FOR
        roomy = signals.full_for is None and signals.busy_share < CALM_SHARE
        late = self._late_since is not None and now - self._late_since >= LATE_FOR
        return (
            (
                Level.LEAN,
                signals.wait_p95_ms > WAIT_TRIGGER_MS,
                signals.wait_p95_ms < CALM_SHARE * WAIT_TRIGGER_MS,
                CALM_FOR,
            ),
            (Level.NO_EXTRAS, full, roomy, CALM_FOR),
            (Level.LAST_COPIES, late, signals.late_share < CALM_SHARE * LATE_TRIGGER, CALM_FOR),
            (
                Level.READ_ONLY,
                signals.probes_missed >= PROBES_MISSED,
                signals.probes_missed == 0,
                BACK_FOR,
            ),
        )

    def _note_late(self, signals: Signals, now: datetime) -> None:
        if signals.full_for is None or signals.late_share <= LATE_TRIGGER:
            self._late_since = None
        elif self._late_since is None:
            self._late_since = now

    def _move(self, level: Level, *, entered: bool, calm: bool, patience: timedelta, now: datetime) -> None:
        if entered or (level in self._held and not calm):
            self._held[level] = None
        elif level in self._held:
            calm_since = self._held[level] or now
            self._held[level] = calm_since
            if now - calm_since >= patience:
                del self._held[level]


WORDS = {
    Level.NORMAL: "normal",
    Level.LEAN: "database_slow",
    Level.NO_EXTRAS: "full",
    Level.LAST_COPIES: "late",
    Level.READ_ONLY: "database_away",
    Level.EDGE_ALONE: "forced",
}
