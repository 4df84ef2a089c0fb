"""Recurring work of the waiting room: the controller, and what is left of the day that everybody wants."""

import os
from datetime import timedelta
from pathlib import Path

from cabas.domain.waiting_room import operations, queries
from cabas.domain.waiting_room.operations import RoomPolicy
from cabas.domain.waiting_room.serving import as_file
from cabas.kit.clock import Clock
from cabas.kit.db import Database

STOCK_EVERY = timedelta(seconds=5)
SERVING_FILE = "serving.json"


async def steer(
    database: Database, clock: Clock, *, policy: RoomPolicy, booking_days: int, folder: Path
) -> int:
    """
    Each second: one worker moves the threshold, every worker writes the file that its own edge serves.
    The lock ends with the transaction, so the next worker to come takes over from one that died.
    """
    now = clock.now()
    async with database.transaction() as tx:
        event = await operations.tick(tx, policy=policy, booking_days=booking_days, now=now)
    if event is not None and now >= event.opens_at:
        await _look_at_stock(database, clock)
    async with database.read() as reader:
        state = await queries.state(reader, now=now)
    replace_file(folder / SERVING_FILE, as_file(state.serving))
    return 0


async def forget(database: Database, clock: Clock) -> int:
    async with database.transaction() as tx:
        await operations.forget_counts(tx, now=clock.now())
    return 0


async def _look_at_stock(database: Database, clock: Clock) -> None:
    now = clock.now()
    async with database.read() as reader:
        state = await queries.state(reader, now=now)
        known = state.serving.stock.at
        if state.event is None or (known is not None and now - known < STOCK_EVERY):
            return
        stock = await queries.stock_of(reader, event=state.event, now=now)
    async with database.transaction() as tx:
        await operations.note_stock(tx, event_id=state.event.event_id, stock=stock)


def replace_file(path: Path, content: bytes) -> None:
    """Atomically: whoever reads it meanwhile gets the old or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_bytes(content)
    fresh.chmod(0o644)
    fresh.replace(path)
