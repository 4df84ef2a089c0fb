"""The room opened and steered by hand: what the worker does each second, at the test's own pace."""

from datetime import datetime, timedelta
from typing import Any

from cabas.domain.waiting_room import operations
from cabas.domain.waiting_room.model import Event, Forced, Switch
from cabas.domain.waiting_room.operations import RoomPolicy
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database

BOOKING_DAYS = 7
BY_HAND = RoomPolicy()


class RoomByHand:
    """``app``: the application whose process follows the room; its clock is the test's."""

    def __init__(self, database: Database, clock: FixedClock, app: Any = None) -> None:
        self.database, self.clock, self.app = database, clock, app
        self.policy = BY_HAND

    async def force(
        self,
        forced: Forced = Forced.ON,
        *,
        opens_at: datetime | None = None,
        per_second_max: float | None = None,
    ) -> None:
        switch = Switch(
            forced=forced,
            reason="répétition",
            actor="test",
            opens_at=opens_at,
            per_second_max=per_second_max,
        )
        async with self.database.transaction() as tx:
            await operations.force(tx, switch=switch, now=self.clock.at)

    async def seconds(self, count: int = 1) -> Event | None:
        """Let so many seconds pass: each time the controller moves, and the process looks."""
        event = None
        for _ in range(count):
            self.clock.at += timedelta(seconds=1)
            event = await self.tick()
        return event

    async def tick(self) -> Event | None:
        if self.app is not None:
            await self.app.state.site.room.follow_through(self.database, self.clock.at)
        async with self.database.transaction() as tx:
            event = await operations.tick(
                tx, policy=self.policy, booking_days=BOOKING_DAYS, now=self.clock.at
            )
        if self.app is not None:
            await self.app.state.site.room.follow_through(self.database, self.clock.at)
        return event

    async def tell(
        self, event_id: int, *, joined: dict[int, int], exchanged: int = 0, process: str = "p", **more: int
    ) -> None:
        """What a web process would have counted."""
        async with self.database.transaction() as tx:
            await operations.count(
                tx,
                process_id=process,
                event_id=event_id,
                joined=joined,
                exchanged=exchanged,
                refused=more.get("refused", 0),
                finished=more.get("finished", 0),
                now=self.clock.at,
            )
