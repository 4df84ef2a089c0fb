"""
A guard around one service that is not ours: whatever it does, whoever asks has an answer or a no within the deadline.

Deadline, bulkhead, breaker, and a ramp once the service is back; local to its process. Nothing waits for a place and
nothing is tried twice here. Our own, because of what the libraries give (looked at in November 2026: pyresilience
0.4.1, purgatory 3.0.1, pybreaker 1.4.1, aiobreaker 1.2.0, hyx 0.0.2) none has the ramp, none opens on failures in a row
*and* on a share of a window in time, and none takes its clock from outside.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from secrets import SystemRandom
from typing import TypeVar

import msgspec

from cabas.kit.clock import Clock

T = TypeVar("T")
FULL_RETRY_SECONDS = 1.0


class Standing(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    """Only one probe passes each cool-down."""
    RECOVERING = "recovering"
    """It answers again: a share passes, which grows."""


class Reason(StrEnum):
    """Why somebody was told `Unavailable`."""

    LATE = "late"
    FULL = "full"
    OPEN = "open"
    RECOVERING = "recovering"
    FAILED = "failed"


class Unavailable(Exception):
    """
    The service can't be had now; after late and failed, what was asked may have happened nevertheless.

    :param retry_after: seconds before which asking again is in vain.
    """

    def __init__(self, name: str, reason: Reason, retry_after: float) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason
        self.retry_after = retry_after


class GuardPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Times in seconds. ``concurrency``: calls in flight at once, less than half of the process's places."""

    deadline_seconds: float
    concurrency: int
    failures: int = 5
    """So many in a row open the breaker."""
    window_seconds: float = 10.0
    window_calls: int = 20
    """Of at least so many in the window…"""
    window_share: float = 0.5
    """…this share failing opens it too."""
    cool_down_seconds: float = 5.0
    jitter_share: float = 0.2
    """Each cool-down is up to so much shorter or longer: processes don't probe together."""
    ramp_share: float = 0.1
    """Let in at first when the service is back, and added…"""
    ramp_seconds: float = 10.0
    """…each so often."""


class GuardState(msgspec.Struct, frozen=True, kw_only=True):
    """``share``: of those who ask, let through. ``problem``: of the last failure, "" when there was none."""

    name: str
    standing: Standing
    since: datetime
    share: float
    problem: str


class Guard:
    """
    :param refusals: exceptions of ``ask`` that are answers, a plain no: they pass, and the service is well.
    :param chance: 0…1, for the jitter.
    """

    def __init__(
        self,
        name: str,
        policy: GuardPolicy,
        clock: Clock,
        *,
        refusals: tuple[type[Exception], ...] = (),
        chance: Callable[[], float] = SystemRandom().random,
    ) -> None:
        self.name = name
        self._policy, self._clock, self._refusals, self._chance = policy, clock, refusals, chance
        self._in_flight, self._epoch, self._problem = 0, 0, ""
        self._probe_at = clock.now()
        self._row, self._credit = 0, 0.0
        self._window: deque[tuple[datetime, bool]] = deque()
        self._standing, self._since = Standing.CLOSED, clock.now()

    async def call(self, ask: Callable[[], Awaitable[T]]) -> T:
        """
        :raises Unavailable: too late, too many, failed, or not even asked.
        :raises Exception: one of ``refusals``.
        """
        epoch = self._enter(self._clock.now())
        self._in_flight += 1
        try:
            async with asyncio.timeout(self._policy.deadline_seconds):
                answer = await ask()
        except self._refusals:
            self._note(epoch, failed=False)
            raise
        except Exception as problem:
            reason = Reason.LATE if isinstance(problem, TimeoutError) else Reason.FAILED
            self._problem = str(problem)[:200] or type(problem).__name__
            self._note(epoch, failed=True)
            said = getattr(problem, "retry_after", None) or self._policy.cool_down_seconds
            raise Unavailable(self.name, reason, said) from problem
        finally:
            self._in_flight -= 1
        self._note(epoch, failed=False)
        return answer

    def state(self) -> GuardState:
        now = self._clock.now()
        self._settle(now)
        share = self._share(now)
        return GuardState(
            name=self.name, standing=self._standing, since=self._since, share=share, problem=self._problem
        )

    def _enter(self, now: datetime) -> int:
        """Let in or refuse; returns the epoch: an answer tells nothing about a later one."""
        self._settle(now)
        if self._in_flight >= self._policy.concurrency:
            raise Unavailable(self.name, Reason.FULL, FULL_RETRY_SECONDS)
        if self._standing is Standing.OPEN:
            wait = (self._probe_at - now).total_seconds()
            if wait > 0:
                raise Unavailable(self.name, Reason.OPEN, wait)
            self._probe_at = self._cooled(now)
        elif self._standing is Standing.RECOVERING:
            self._credit += self._share(now)
            if self._credit < 1:
                raise Unavailable(self.name, Reason.RECOVERING, self._policy.ramp_seconds)
            self._credit -= 1
        return self._epoch

    def _settle(self, now: datetime) -> None:
        """The ramp ends by time alone."""
        if self._standing is Standing.RECOVERING and self._share(now) >= 1:
            self._move(Standing.CLOSED, now)

    def _share(self, now: datetime) -> float:
        if self._standing is not Standing.RECOVERING:
            return float(self._standing is Standing.CLOSED)
        steps = (now - self._since).total_seconds() // self._policy.ramp_seconds
        return min(1.0, round(self._policy.ramp_share * (1 + steps), 6))

    def _note(self, epoch: int, *, failed: bool) -> None:
        now = self._clock.now()
        if epoch != self._epoch:
            return
        if self._standing is Standing.OPEN:
            if not failed:
                self._move(Standing.RECOVERING, now)
            return
        self._row = self._row + 1 if failed else 0
        self._window.append((now, failed))
        while now - self._window[0][0] > timedelta(seconds=self._policy.window_seconds):
            self._window.popleft()
        if self._row >= self._policy.failures or self._too_many_fail():
            self._probe_at = self._cooled(now)
            self._move(Standing.OPEN, now)

    def _too_many_fail(self) -> bool:
        calls, failed = len(self._window), sum(one for _, one in self._window)
        return calls >= self._policy.window_calls and failed >= calls * self._policy.window_share

    def _cooled(self, now: datetime) -> datetime:
        spread = self._policy.jitter_share * (2 * self._chance() - 1)
        return now + timedelta(seconds=self._policy.cool_down_seconds * (1 + spread))

    def _move(self, standing: Standing, now: datetime) -> None:
        self._standing, self._since = standing, now
        self._epoch += 1
        self._row, self._credit = 0, 0.0
        self._window.clear()
