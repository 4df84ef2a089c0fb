"""
The waiting room as one web process sees it: a state read once a second behind everybody's back,
counters of its own, and the two guards before checkout. Nothing here asks the database for a visitor.

When the controller has been silent for ten seconds, or the database is gone, nothing is guarded and
the limiter alone decides: the room may slow people down, never shut the shop.
"""

import asyncio
import logging
import os
import secrets
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.waiting_room import operations, queries
from cabas.domain.waiting_room.door import Door
from cabas.domain.waiting_room.line import Estimate, estimate, group_of
from cabas.domain.waiting_room.model import Event, Place, Rank, bucket_at
from cabas.domain.waiting_room.operations import RoomPolicy
from cabas.domain.waiting_room.queries import RoomState
from cabas.domain.waiting_room.serving import Serving, as_file, line_at
from cabas.domain.waiting_room.tokens import ADMISSION_LIFETIME, Admission, AdmissionTokens, PlaceTokens
from cabas.kit.clock import Clock
from cabas.kit.db import Database

REFRESH_SECONDS = 1.0
_log = logging.getLogger("cabas.web.room")


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a place stands now."""

    place: Place
    rank: Rank
    called: bool


class Room:
    def __init__(
        self, database: Database, clock: Clock, keys: tuple[bytes, ...], *, policy: RoomPolicy
    ) -> None:
        self._database = database
        self._clock = clock
        self._state: RoomState | None = None
        self._door = Door()
        self._event_id = 0
        self._joined: dict[int, int] = {}
        self._exchanged = self._refused = self._finished = 0
        self._process_id = f"{os.uname().nodename}:{os.getpid()}:{secrets.token_hex(4)}"
        self.policy = policy
        self.places = PlaceTokens(keys)
        self.admissions = AdmissionTokens(keys)

    @property
    def event(self) -> Event | None:
        return self._state.event if self._state else None

    @property
    def serving(self) -> bytes:
        """``serving.json`` as this process knows it."""
        if self._state is None:
            return as_file(Serving(on=False, now=self._clock.now()))
        return as_file(self._state.serving)

    def age_seconds(self, now: datetime) -> int:
        """How long ago the controller moved, or, with the room off, this process last looked."""
        if self._state is None:
            return 0
        sign = self._state.event.ticked_at if self._state.event else self._state.serving.now
        return max(int((now - sign).total_seconds()), 0)

    async def keep_fresh(self) -> None:
        """Runs for the life of the process; a failed refresh keeps what was known, which soon is stale."""
        while True:
            try:
                await self.refresh()
            except Exception as problem:  # a silent room is an open one; the next second tries again
                _log.warning("waiting room not refreshed: %s", type(problem).__name__)
            await asyncio.sleep(REFRESH_SECONDS)

    async def refresh(self) -> None:
        """Tell this process's counts while the room is on, and read how it stands."""
        await self.follow_through(self._database, self._clock.now())

    async def follow_through(self, database: Database, now: datetime) -> None:
        """The same by another pool, at a given moment."""
        if self._event_id:
            async with database.transaction() as tx:
                await operations.count(
                    tx,
                    process_id=self._process_id,
                    event_id=self._event_id,
                    joined=dict(self._joined),
                    exchanged=self._exchanged,
                    refused=self._refused,
                    finished=self._finished,
                    now=now,
                )
        async with database.read() as reader:
            self._state = await queries.state(reader, now=now)
        self._follow(self._state.event)

    def join(self, event: Event, shopper_id: UUID, now: datetime) -> Place:
        """A place in the line: a statement to be signed, and one more in this process's count."""
        bucket = bucket_at(now, opens_at=event.opens_at)
        self._follow(event)
        self._joined[group_of(bucket)] = self._joined.get(group_of(bucket), 0) + 1
        return Place(event.event_id, shopper_id, bucket)

    def standing(self, event: Event, place: Place, now: datetime) -> Standing:
        """A turn that went by five minutes ago is moved right behind the threshold."""
        rank = event.draw.rank(place)
        if event.went_by(rank, now) and not self._door.knows(place.shopper_id, now):
            place = event.resume(place)
            rank = event.draw.rank(place)
        return Standing(place=place, rank=rank, called=event.is_called(rank, now))

    def let_in(self, event: Event, place: Place, session: bytes, now: datetime) -> Admission | None:
        """An admission for who was called; None: in a moment, the pace is used up."""
        already = self._door.knows(place.shopper_id, now)
        until = self._door.enter(
            place.shopper_id,
            until=now + ADMISSION_LIFETIME,
            per_second=event.per_second,
            processes=self._state.processes if self._state else 1,
            now=now,
        )
        if until is None:
            self._refused += 1
            return None
        self._exchanged += not already
        return Admission(
            event_id=event.event_id, shopper_id=place.shopper_id, session=session, expires_at=until
        )

    def note_order(self) -> None:
        """Somebody who was let in has ordered: a place inside is free."""
        self._finished += 1

    def estimate(self, event: Event, rank: Rank, now: datetime) -> Estimate:
        joined = self._state.joined if self._state else {}
        return estimate(
            line_at(event, joined, now),
            threshold=event.threshold,
            rank=rank,
            per_second=self._state.serving.pace if self._state else 0.0,
        )

    def _follow(self, event: Event | None) -> None:
        """A new event begins with empty counts and a new door."""
        event_id = event.event_id if event else 0
        if event_id and event_id != self._event_id:
            self._joined, self._exchanged, self._refused, self._finished = {}, 0, 0, 0
            self._door = Door()
        self._event_id = event_id
