"""Public reads of the waiting room."""

from datetime import datetime, timedelta

import msgspec

from cabas.domain.waiting_room import records
from cabas.domain.waiting_room.model import Event, Switch
from cabas.domain.waiting_room.serving import FEW_PLACES, Serving, Stock, serving_of
from cabas.domain.waiting_room.steering import Counts, Pressure
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.db import Connection

PROCESS_FRESH = timedelta(seconds=10)
DAYS_LOOKED_AT = 8


class RoomState(msgspec.Struct, frozen=True, kw_only=True):
    """All that a process, the console or the command line wants to know, at one instant."""

    event: Event | None
    switch: Switch
    pressure: Pressure
    joined: dict[int, int]
    counts: Counts
    processes: int
    serving: Serving


async def state(reader: Connection, *, now: datetime) -> RoomState:
    event = await records.select_open(reader)
    pressure = await records.select_pressure(reader, since=now - PROCESS_FRESH)
    joined: dict[int, int] = {}
    counts, stock, processes = Counts(), Stock(), 0
    if event is not None:
        joined, counts = await records.select_counts(reader, event_id=event.event_id)
        stock = msgspec.convert(await records.select_stock(reader, event_id=event.event_id), Stock)
        processes = await records.count_processes(reader, since=now - PROCESS_FRESH)
    return RoomState(
        event=event,
        switch=await records.select_switch(reader),
        pressure=pressure,
        joined=joined,
        counts=counts,
        processes=max(processes, 1),
        serving=serving_of(event, joined=joined, stock=stock, level=pressure.level, now=now),
    )


async def event_of(reader: Connection, *, event_id: int) -> Event | None:
    """An event, open or over: its digest, and the secret that proves its draw."""
    return await records.select_event(reader, event_id=event_id)


async def stock_of(reader: Connection, *, event: Event, now: datetime) -> Stock:
    """What is left in each store on the wished day, and whether anything is on any other."""
    today = paris_day(now)
    ahead = await records.select_places_left(
        reader, start=now, end=paris_midnight(today + timedelta(days=DAYS_LOOKED_AT)), now=now
    )
    wished = ahead
    if event.day is not None:
        start = paris_midnight(event.day)
        wished = await records.select_places_left(
            reader, start=start, end=paris_midnight(event.day + timedelta(days=1)), now=now
        )
    return Stock(
        at=now,
        day=event.day,
        few=tuple(sorted(store for store, free in wished if 0 < free <= FEW_PLACES)),
        none=tuple(sorted(store for store, free in wished if free == 0)),
        nothing=tuple(sorted(store for store, free in ahead if free == 0)),
    )
