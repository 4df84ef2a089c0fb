"""
The guards of one process, and what all processes tell of theirs.

A state is written when it has changed, at most once a second (`TELL_SECONDS`), and now and then as a sign of life.
"""

import asyncio
import logging
from datetime import datetime, timedelta

import msgspec

from cabas.kit.clock import Clock
from cabas.kit.db import Connection, Database, Transaction
from cabas.kit.guard import Guard, GuardPolicy, GuardState, Standing

TELL_SECONDS = 1.0
ALIVE_EVERY = timedelta(seconds=20)
ALIVE_WITHIN = timedelta(seconds=60)
_log = logging.getLogger("cabas.guards")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a process told of one service, ``at`` the time it did."""

    process_id: str
    at: datetime
    state: GuardState


class Board:
    def __init__(self, process_id: str, clock: Clock) -> None:
        self._process_id, self._clock = process_id, clock
        self._guards: dict[str, Guard] = {}
        self._told: list[GuardState] = []
        self._told_at = clock.now() - ALIVE_EVERY

    def guard(self, name: str, policy: GuardPolicy, *, refusals: tuple[type[Exception], ...] = ()) -> Guard:
        """The process's guard of this service: one for all who ask, as the first of them wants it."""
        if name not in self._guards:
            self._guards[name] = Guard(name, policy, self._clock, refusals=refusals)
        return self._guards[name]

    def states(self) -> list[GuardState]:
        return [guard.state() for guard in self._guards.values()]

    async def tell(self, database: Database, clock: Clock) -> int:
        """Write what has changed since it was last told; returns how many states. A recurring job of a worker."""
        states, now = self.states(), clock.now()
        if not states or (states == self._told and now - self._told_at < ALIVE_EVERY):
            return 0
        async with database.transaction() as tx:
            await _upsert(tx, self._process_id, states, now)
            await tx.execute("delete from outside_state where at < $1", now - ALIVE_WITHIN)
        self._told, self._told_at = states, now
        return len(states)

    async def keep_told(self, database: Database) -> None:
        """Runs for the life of the process; nothing that it meets ends it."""
        while True:
            try:
                await self.tell(database, self._clock)
            except Exception as problem:  # the database is away: told once it is back
                _log.warning("states of services not told: %s", type(problem).__name__)
            await asyncio.sleep(TELL_SECONDS)


async def told(reader: Connection, *, now: datetime) -> list[Told]:
    """By service and process, of the processes that live."""
    rows = await reader.fetch(
        """
        select process_id, service, standing, since, share, problem, at
          from outside_state
         where at >= $1
         order by service, process_id
         limit 1000""",
        now - ALIVE_WITHIN,
    )
    return [
        Told(
            process_id=row["process_id"],
            at=row["at"],
            state=GuardState(
                name=row["service"],
                standing=Standing(row["standing"]),
                since=row["since"],
                share=round(row["share"], 4),
                problem=row["problem"],
            ),
        )
        for row in rows
    ]


async def _upsert(tx: Transaction, process_id: str, states: list[GuardState], now: datetime) -> None:
    await tx.execute(
        """
        insert into outside_state (process_id, service, standing, since, share, problem, at)
        select $1, n.*, $2
          from unnest($3::text[], $4::text[], $5::timestamptz[], $6::real[], $7::text[]) as n
        on conflict (process_id, service) do update
               set standing = excluded.standing, since = excluded.since, share = excluded.share,
                   problem = excluded.problem, at = excluded.at""",
        process_id,
        now,
        [one.name for one in states],
        [one.standing.value for one in states],
        [one.since for one in states],
        [one.share for one in states],
        [one.problem for one in states],
    )
