"""
The ladder as one web process sees it: where it stands, told to the database and read from it once a second.

``request.site.ladder.level`` is 0 to 4 (L5 has no application). Nothing here asks the database for a visitor. Without
a database the last known switch holds, and what was read of the other processes goes stale.
"""

import asyncio
import logging
import os
import secrets
from datetime import datetime, timedelta
from functools import lru_cache
from time import monotonic

from cabas.domain.ladder import model, operations, queries
from cabas.domain.ladder.model import Level, Pressure, Setting, Signals, Standing
from cabas.kit.clock import Clock
from cabas.kit.db import Database
from cabas.kit.messages import Catalogue
from cabas.kit.overload import Limiter
from cabas.web.classes import CLASSES, P0

TICK_SECONDS = 1.0
PROBE_SECONDS = 1.0
FORGET_TICKS = 30
ORDERS_PER_S_MIN = 10.0
WAITS_MIN = 20
"""Fewer waits than this in a second say nothing of the database."""

_log = logging.getLogger("cabas.web.ladder")


class SiteLadder:
    """
    :param database: the site's pool, whose waits are measured.
    :param telling: a pool of its own, of one connection, so that a full pool doesn't look like a dead primary.
    """

    def __init__(self, database: Database, telling: Database, clock: Clock) -> None:
        self._database, self._telling, self._clock = database, telling, clock
        self._ladder = model.Ladder(clock.now())
        self._missed = 0
        self._ticks = 0
        self._answered_before = self._late_before = 0
        self._goodput = 0.0
        self._orders_before, self._orders_per_s = 0, 0.0
        self._measured_at = monotonic()
        self.limiter = Limiter(CLASSES, now=monotonic())
        self.setting = Setting()
        self.standing: Standing = self._ladder.standing
        self.others: list[Pressure] = []
        """What the living processes last told, this one among them."""
        self.answers_reads = True
        self.process_id = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"

    @property
    def level(self) -> int:
        return self.standing.level

    @property
    def takes_writes(self) -> bool:
        """Whether a shopper's change may be tried: not on L4, forced or not."""
        return self.standing.level < Level.READ_ONLY

    def banner(self, t: Catalogue) -> dict[str, str] | None:
        """What every page says of it: {kind, text}; None on L0."""
        standing = self.standing
        return _banner(int(standing.level), standing.reason, t) if standing.level else None

    async def keep_fresh(self) -> None:
        """Runs for the life of the process."""
        while True:
            try:
                await self.follow(self._telling, self._clock.now())
            except Exception:  # the ladder must outlive whatever goes wrong around it
                _log.exception("the ladder missed a second")
            await asyncio.sleep(TICK_SECONDS)

    async def follow(self, telling: Database, now: datetime) -> None:
        """A second: read the switch, take a step, tell how it is."""
        await self._probe(telling, now)
        before = self.standing
        self.standing = self._ladder.step(self._signals(), self.setting, now)
        if self.standing is not before:
            _log.warning("level L%d: %s", self.standing.level, self.standing.reason)
        if self.answers_reads and not self._missed:
            await self._tell(telling, now)

    async def _probe(self, telling: Database, now: datetime) -> None:
        """A standby answers reads and takes no writes: it is no primary."""
        try:
            async with asyncio.timeout(PROBE_SECONDS), telling.read() as reader:
                standby: bool = await reader.fetchval("select pg_is_in_recovery()")
                self.setting = await queries.setting(reader)
                self.others = await queries.processes(reader, now=now)
            self._missed = self._missed + 1 if standby else 0
            self.answers_reads = True
        except Exception as problem:  # whatever it is, there was no answer
            self._missed += 1
            self.answers_reads = self._missed < model.PROBES_MISSED
            _log.warning("the database did not answer: %s", type(problem).__name__)

    async def _tell(self, telling: Database, now: datetime) -> None:
        self._ticks += 1
        try:
            async with asyncio.timeout(PROBE_SECONDS), telling.transaction() as tx:
                await operations.tell(tx, pressure=self.pressure(now))
                if self._ticks % FORGET_TICKS == 0:
                    await operations.forget(tx, now=now)
        except Exception as problem:
            _log.warning("pressure not told: %s", type(problem).__name__)

    def orders_wait_seconds(self) -> float:
        """How long those who wait with an order will take at the pace of the last second; 0: nobody waits."""
        return self.limiter.waiting(P0) / max(self._orders_per_s, ORDERS_PER_S_MIN)

    def pressure(self, now: datetime) -> Pressure:
        """What this process tells of itself."""
        limiter = self.limiter
        full = self._full_for()
        return Pressure(
            process_id=self.process_id,
            at=now,
            limit_now=round(limiter.limit, 2),
            in_flight=limiter.in_flight,
            queued=limiter.queued,
            goodput_per_s=round(self._goodput, 2),
            saturated_since=None if full is None else now - full,
            level=int(self.standing.level),
            level_since=self.standing.since,
            reason=self.standing.reason,
            answered=sum(limiter.answered),
            shed={one.name: count for one, count in zip(CLASSES, limiter.shed, strict=True)},
        )

    def _signals(self) -> Signals:
        limiter = self.limiter
        answered, late = sum(limiter.answered), sum(limiter.late)
        done, too_late = answered - self._answered_before, late - self._late_before
        self._answered_before, self._late_before = answered, late
        at = monotonic()
        seconds = max(at - self._measured_at, 0.001)
        self._goodput = (done - too_late) / seconds
        self._orders_per_s = (limiter.answered[P0] - self._orders_before) / seconds
        self._orders_before, self._measured_at = limiter.answered[P0], at
        return Signals(
            wait_p95_ms=_p95_ms(self._database.take_waits()),
            full_for=self._full_for(),
            busy_share=limiter.take_peak() / limiter.limit,
            late_share=too_late / done if done else 0.0,
            probes_missed=self._missed,
        )

    def _full_for(self) -> timedelta | None:
        since = self.limiter.full_since
        return None if since is None else timedelta(seconds=max(monotonic() - since, 0.0))


@lru_cache(maxsize=64)
def _banner(level: int, reason: str, t: Catalogue) -> dict[str, str]:
    why = t(f"overload.why_{reason}")
    return {"kind": "warn", "text": f"{t(f'overload.level_{level}')} {why}".strip()}


def _p95_ms(waits: list[float]) -> float:
    if len(waits) < WAITS_MIN:
        return 0.0
    return sorted(waits)[int(len(waits) * 0.95)] * 1000.0
