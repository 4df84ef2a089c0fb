"""
What the wall shows, read once a second at most in each web process however many screens look at it; what needs to
read many rows, every ten seconds. Each part keeps the moment at which it was read.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

import msgspec

from cabas.domain.capacity import live
from cabas.domain.capacity.live import Pace, RegionPlaces
from cabas.domain.ladder import queries as ladder
from cabas.domain.ladder.model import Pressure
from cabas.domain.orders import figures
from cabas.domain.orders.figures import Backlog
from cabas.domain.waiting_room import queries as room
from cabas.domain.waiting_room.queries import RoomState
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.db import Connection, Database
from cabas.policies import DEFAULTS

SECOND = timedelta(seconds=1)
SLOW = timedelta(seconds=10)
T = TypeVar("T")


class Now(msgspec.Struct, frozen=True, kw_only=True):
    """What is read each second."""

    pace: Pace
    room: RoomState
    processes: tuple[Pressure, ...]
    backlog: Backlog


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """What is read every ten seconds."""

    regions: tuple[RegionPlaces, ...]
    orders_today: int


class Kept(Generic[T]):
    """One value and when it was read; many who ask at once are one question."""

    def __init__(self, read: Callable[[Connection, datetime], Awaitable[T]], lasts: timedelta) -> None:
        self._read, self._lasts = read, lasts
        self._lock = asyncio.Lock()
        self._value: tuple[datetime, T] | None = None

    async def get(self, database: Database, now: datetime) -> tuple[datetime, T]:
        """``(when it was read, the value)``."""
        async with self._lock:
            if self._value is None or not now - self._lasts < self._value[0] <= now:
                async with database.read() as reader:
                    self._value = (now, await self._read(reader, now))
            return self._value


class Wall:
    """One for a process."""

    def __init__(self) -> None:
        self.now: Kept[Now] = Kept(_now, SECOND)
        self.sold: Kept[Sold] = Kept(_sold, SLOW)


async def _now(reader: Connection, now: datetime) -> Now:
    return Now(
        pace=await live.pace(reader, now=now),
        room=await room.state(reader, now=now),
        processes=tuple(await ladder.processes(reader, now=now)),
        backlog=await figures.backlog(reader, late_after=DEFAULTS.receipt_amber_after, now=now),
    )


async def _sold(reader: Connection, now: datetime) -> Sold:
    return Sold(
        regions=tuple(await live.places(reader, now=now)),
        orders_today=await live.orders_since(reader, since=paris_midnight(paris_day(now))),
    )
