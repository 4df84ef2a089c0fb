"""Many clients on few places: ten times the capacity is asked for, exactly the capacity is sold."""

import asyncio
import random
from datetime import datetime

import msgspec

from cabas.domain.slots.model import SlotFull
from cabas.kit.db import Database
from factories.orders_direct import place
from factories.slots import make_slot

CLIENTS, SLOTS, TIMES = 64, 50, 10
FIRST_SLOT = 26112418001


class Sold(msgspec.Struct):
    """``short`` and ``over``: places that should and should not have been sold."""

    attempts: int = 0
    capacity: int = 0
    acknowledged: int = 0
    short: int = 0
    over: int = 0


async def contend(database: Database, *, now: datetime, store_id: int, capacity: int, seed: int) -> Sold:
    """``capacity`` places in each of 50 slots of a store of their own, and ten orders for each place."""
    async with database.transaction() as tx:
        for number in range(SLOTS):
            await make_slot(
                tx, now=now, store_id=store_id, slot_id=FIRST_SLOT + 10 * number, capacity=capacity
            )
    wanted = [FIRST_SLOT + 10 * number for number in range(SLOTS)] * (capacity * TIMES)
    random.Random(seed).shuffle(wanted)  # noqa: S311 - to be repeatable
    attempts, acknowledged = len(wanted), []

    async def client() -> None:
        while wanted:
            slot_id = wanted.pop()
            try:
                async with database.transaction() as tx:
                    _, order_id = await place(tx, store_id=store_id, slot_id=slot_id, now=now, lines=1)
            except SlotFull:
                continue
            acknowledged.append((slot_id, order_id))

    await asyncio.gather(*(client() for _ in range(CLIENTS)))
    async with database.read() as reader:
        orders = dict(
            await reader.fetch(
                "select slot_id, count(*) from orders where store_id = $1 group by slot_id", store_id
            )
        )
    differences = [orders.get(FIRST_SLOT + 10 * number, 0) - capacity for number in range(SLOTS)]
    return Sold(
        attempts=attempts,
        capacity=SLOTS * capacity,
        acknowledged=len(acknowledged),
        short=-sum(min(one, 0) for one in differences),
        over=sum(max(one, 0) for one in differences),
    )
