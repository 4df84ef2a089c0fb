"""
One adaptive concurrency limiter for one process, partitioned by class of work (docs/algorithms/limiter.md).

Pure: time is given (seconds, monotonic), nothing is awaited. Who waits is any object with ``settle(admitted)``, called
once. Additive increase, multiplicative decrease, on the share of answers later than their class's target.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

LIMIT_FIRST: Final = 32.0
LIMIT_MIN: Final = 12.0
LIMIT_MAX: Final = 128.0

WINDOW_SECONDS: Final = 0.2
WINDOW_SAMPLES_MIN: Final = 8
LATE_SHARE: Final = 0.1
"""More late answers than this in a window, and the limit goes down."""
DECREASE: Final = 0.9
INCREASE: Final = 2.0
USED_SHARE: Final = 0.8
"""A limit that nobody came near says nothing: it stays."""

CODEL_TARGET_SECONDS: Final = 0.005
CODEL_INTERVAL_SECONDS: Final = 0.1
"""A queue that was empty within the interval may hold somebody that long; a standing one the target only."""

STANDING_MAX: Final = 8
"""A standing queue serves its newest and sheds the rest within moments: once this many stand in it, nobody joins."""


class Class(msgspec.Struct, frozen=True, kw_only=True):
    """A class of work, most important first. Shares are of the limit."""

    name: str
    share: float
    """It enters while fewer than this are in flight: the rest is for the classes above."""
    reserved: float = 0.0
    """It always gets this much, whatever the classes above take: nobody starves."""
    target_seconds: float
    """A later answer is late."""
    queue_max: int
    patience_seconds: float | None = None
    """First come, first served, for this long. None: CoDel, and the newest first once the queue stands."""


class Waiter(Protocol):
    def settle(self, admitted: bool) -> None:  # noqa: FBT001 - the one thing it is told
        """Told once: it has a place, or it is shed."""
        ...


class _Queue:
    """Who waits of one class, with the moment each came."""

    __slots__ = ("_kind", "_last_empty", "waiting")

    def __init__(self, kind: Class, now: float) -> None:
        self._kind = kind
        self._last_empty = now
        self.waiting: deque[tuple[float, Waiter]] = deque()

    def add(self, waiter: Waiter, now: float) -> Waiter | None:
        """Returns who has to go for it: the oldest where the newest is served first, else itself."""
        if not self.waiting:
            self._last_empty = now
        gone = None
        if len(self.waiting) >= self._kind.queue_max:
            if self._kind.patience_seconds is not None or not self.waiting:
                return waiter
            gone = self.waiting.popleft()[1]
        self.waiting.append((now, waiter))
        return gone

    def crowded(self, now: float) -> bool:
        return self._kind.patience_seconds is None and len(self.waiting) >= STANDING_MAX and self._stands(now)

    def take(self, now: float) -> Waiter | None:
        if not self.waiting:
            return None
        newest = self._kind.patience_seconds is None and self._stands(now)
        waiter = (self.waiting.pop() if newest else self.waiting.popleft())[1]
        if not self.waiting:
            self._last_empty = now
        return waiter

    def overdue(self, now: float) -> list[Waiter]:
        """Who has waited too long, taken out."""
        if not self.waiting:
            return []
        oldest_kept = now - self._patience(now)
        gone = []
        while self.waiting and self.waiting[0][0] < oldest_kept:
            gone.append(self.waiting.popleft()[1])
        if not self.waiting:
            self._last_empty = now
        return gone

    def remove(self, waiter: Waiter) -> bool:
        for entry in self.waiting:
            if entry[1] is waiter:
                self.waiting.remove(entry)
                return True
        return False

    def _patience(self, now: float) -> float:
        if self._kind.patience_seconds is not None:
            return self._kind.patience_seconds
        return CODEL_TARGET_SECONDS if self._stands(now) else CODEL_INTERVAL_SECONDS

    def _stands(self, now: float) -> bool:
        return now - self._last_empty > CODEL_INTERVAL_SECONDS


class Limiter:
    """
    Who may run now, who waits, who is shed. One for a process, one thread.

    :param classes: most important first; a class is told by its index.
    """

    def __init__(
        self,
        classes: Sequence[Class],
        *,
        now: float,
        limit_first: float = LIMIT_FIRST,
        limit_min: float = LIMIT_MIN,
        limit_max: float = LIMIT_MAX,
    ) -> None:
        self.classes = tuple(classes)
        self.limit = limit_first
        self.in_flight = 0
        self.queued = 0
        self.full_since: float | None = None
        self.answered = [0] * len(self.classes)
        self.late = [0] * len(self.classes)
        self.shed = [0] * len(self.classes)
        self.peak = 0
        """The most in flight since `take_peak`."""
        self._limit_min, self._limit_max = limit_min, limit_max
        self._of = [0] * len(self.classes)
        self._queues = [_Queue(kind, now) for kind in self.classes]
        self._bounds: list[float] = []
        self._ordinary = 0.0
        self._floors: list[int] = []
        self._window_start, self._window_samples, self._window_late, self._window_peak = now, 0, 0, 0
        self._set_bounds()

    def enter(self, kind: int, now: float) -> bool:
        """Take a place, if there is one and nobody as important waits for it."""
        if self.queued and any(self._queues[other].waiting for other in range(kind + 1)):
            return False
        if not self._has_place(kind):
            if self.full_since is None and self.classes[kind].reserved:
                self.full_since = now  # a class without reserve meets its own bound, not the limit
            return False
        self._admit(kind)
        return True

    def crowded(self, kind: int, now: float) -> bool:
        """Whether to `refuse` at once instead of `wait`: cheaper, with the same chance of an answer."""
        return self._queues[kind].crowded(now)

    def wait(self, kind: int, waiter: Waiter, now: float) -> None:
        """Queue for a place; ``waiter`` is settled now or later."""
        gone = self._queues[kind].add(waiter, now)
        if gone is not waiter:
            self.queued += 1
        if gone is not None:
            self._shed(kind, gone, queued=gone is not waiter)

    def leave(self, kind: int, seconds: float, now: float, *, ok: bool = True) -> None:
        """Give the place back, tell how long it was held, and let in who waits."""
        self.in_flight -= 1
        self._of[kind] -= 1
        late = not ok or seconds > self.classes[kind].target_seconds
        self.answered[kind] += 1
        self.late[kind] += late
        self._window_samples += 1
        self._window_late += late
        if now - self._window_start >= WINDOW_SECONDS:
            self._adapt(now)
        if self.queued:
            self._let_in(now)
        if self.full_since is not None and self.in_flight < self._ordinary:
            self.full_since = None

    def sweep(self, now: float) -> None:
        """Shed who has waited too long, let in who may; to be called every few milliseconds while any waits."""
        for kind, queue in enumerate(self._queues):
            for waiter in queue.overdue(now):
                self._shed(kind, waiter, queued=True)
        if self.queued:
            self._let_in(now)

    def forget(self, kind: int, waiter: Waiter) -> None:
        """Its client has gone, or its deadline has passed: it no longer waits."""
        if self._queues[kind].remove(waiter):
            self.queued -= 1

    def waiting(self, kind: int) -> int:
        """How many of the class wait for a place."""
        return len(self._queues[kind].waiting)

    def refuse(self, kind: int) -> None:
        """Count one that was shed without asking for a place."""
        self.shed[kind] += 1

    def take_peak(self) -> int:
        """The most in flight since the last call."""
        peak, self.peak = self.peak, self.in_flight
        return peak

    def _has_place(self, kind: int) -> bool:
        return self.in_flight < self._bounds[kind] or self._of[kind] < self._floors[kind]

    def _admit(self, kind: int) -> None:
        self._of[kind] += 1
        self.in_flight += 1
        if self.in_flight > self.peak:
            self.peak = self.in_flight
        if self.in_flight > self._window_peak:
            self._window_peak = self.in_flight

    def _let_in(self, now: float) -> None:
        """First those whose reserve is unused, then by importance."""
        for reserved_only in (True, False):
            for kind, queue in enumerate(self._queues):
                while queue.waiting and (
                    self._of[kind] < self._floors[kind] if reserved_only else self._has_place(kind)
                ):
                    waiter = queue.take(now)
                    if waiter is None:
                        break
                    self.queued -= 1
                    self._admit(kind)
                    waiter.settle(admitted=True)

    def _shed(self, kind: int, waiter: Waiter, *, queued: bool) -> None:
        self.queued -= queued
        self.shed[kind] += 1
        waiter.settle(admitted=False)

    def _adapt(self, now: float) -> None:
        """Down at once when answers are late, up a little when the limit was used and they aren't."""
        if self._window_samples < WINDOW_SAMPLES_MIN and now - self._window_start < 5 * WINDOW_SECONDS:
            return
        if self._window_late > LATE_SHARE * self._window_samples:
            self.limit = max(self._limit_min, self.limit * DECREASE)
        elif self._window_peak >= USED_SHARE * self._ordinary:
            self.limit = min(self._limit_max, self.limit + INCREASE)
        self._window_start, self._window_samples, self._window_late = now, 0, 0
        self._window_peak = self.in_flight
        self._set_bounds()

    def _set_bounds(self) -> None:
        self._bounds = [max(1.0, kind.share * self.limit) for kind in self.classes]
        self._floors = [
            max(1, int(kind.reserved * self.limit)) if kind.reserved else 0 for kind in self.classes
        ]
        # What most requests may fill. Above it nobody ordinary gets in.
        self._ordinary = min((kind.share for kind in self.classes if kind.reserved), default=1.0) * self.limit
