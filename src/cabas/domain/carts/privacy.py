"""A person's rights over their baskets: to be told what is kept, and to be forgotten."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.kit.db import Connection, Transaction

EXPORTED_MAX = 1_000


async def carts_held(reader: Connection, customer_id: UUID) -> list[dict[str, Any]]:
    """Open baskets and what is wished for in them, latest first. Ordered ones are in the orders."""
    rows = await reader.fetch(
        """
        select cart_id as basket, store_id as store, lines, wishes, substitution, created_at, updated_at
          from cart
         where shopper_id = $1 and ordered_at is null and store_id in (select store_id from store)
         order by updated_at desc
         limit $2""",
        customer_id,
        EXPORTED_MAX,
    )
    return [dict(row.items()) for row in rows]


async def forget_in_carts(tx: Transaction, customer_id: UUID, _now: datetime) -> int:
    """Open baskets go; returns how many. Those that became orders are forgotten with the orders."""
    return await tx.execute(
        """
        delete from cart
         where shopper_id = $1 and ordered_at is null and store_id in (select store_id from store)""",
        customer_id,
    )
