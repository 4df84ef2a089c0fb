"""A person's rights over what they asked for in advance: to be told what is kept, and to be forgotten."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.kit.db import Connection, Transaction

EXPORTED_MAX = 1_000


async def requests_held(reader: Connection, customer_id: UUID) -> list[dict[str, Any]]:
    """What was asked for and became of it, latest first."""
    rows = await reader.fetch(
        """
        select cart_id as basket, store_id as store, opens_at, wishes, any_slot, request, maximum_cents, state,
               priority_group, rank, slot_id as slot, order_id as order, reason, created_at, decided_at
          from advance_order
         where shopper_id = $1
         order by created_at desc
         limit $2""",
        customer_id,
        EXPORTED_MAX,
    )
    return [dict(row.items()) for row in rows]


async def priority_held(reader: Connection, customer_id: UUID) -> list[dict[str, Any]]:
    """The priority in draws that was granted, if any."""
    rows = await reader.fetch(
        "select group_name, granted_by, granted_at, until from customer_priority where customer_id = $1",
        customer_id,
    )
    return [dict(row.items()) for row in rows]


async def forget_requests(tx: Transaction, customer_id: UUID, now: datetime) -> int:
    """
    What waits is taken back, and who asked is blanked; returns how many. Ranks and places stay under an
    id that leads to nobody: a draw must come out the same when it is held again.
    """
    await tx.execute("delete from customer_priority where customer_id = $1", customer_id)
    await tx.execute("delete from shopper_advance where shopper_id = $1", customer_id)
    await tx.execute(
        """
        update advance_order set state = 'withdrawn', decided_at = $2
         where shopper_id = $1 and state = 'waiting' and rank is null""",
        customer_id,
        now,
    )
    return await tx.execute(
        """
        update advance_order
           set request = request || '{"contact": {"name": "", "email": "", "phone": ""}}'
         where shopper_id = $1""",
        customer_id,
    )
