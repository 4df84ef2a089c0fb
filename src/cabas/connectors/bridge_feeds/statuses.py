"""Order statuses for the grocer's own systems: numbered in commit order, so that a bridge misses none."""

from cabas.bridge.shapes import OrderStatus
from cabas.connectors.bridge_feeds import records
from cabas.kit.clock import Clock
from cabas.kit.db import Connection, Database

BATCH = 500
AT_ONCE = 100


async def number_pending(database: Database, _: Clock) -> int:
    """A recurring job: up to `BATCH` changes of state get their numbers; returns how many."""
    async with database.transaction() as tx:
        return await records.number_statuses(tx, limit=BATCH)


async def statuses_after(reader: Connection, *, after: int) -> list[OrderStatus]:
    """At most `AT_ONCE`. A store goes by the grocer's own code, else by its address."""
    rows = await records.select_statuses(reader, after=after, limit=AT_ONCE)
    return [
        OrderStatus(
            seq=row["seq"],
            order=row["order_id"],
            store=row["store_code"] or row["slug"],
            code=row["code"],
            state=row["state"],
            at=row["at"],
        )
        for row in rows
    ]
