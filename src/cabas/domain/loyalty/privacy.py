"""A person's rights over their cagnotte: to see it, and to be forgotten in it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.loyalty import records
from cabas.kit.db import Connection, Transaction

EXPORTED_MAX = 10_000


async def loyalty_held(reader: Connection, customer_id: UUID) -> list[dict[str, Any]]:
    """The card and every entry of its ledger, newest first."""
    rows = await reader.fetch(
        """
        select c.number as card, e.kind, e.cents as amount_cents, e.left_cents, e.store_id as store,
               e.order_id as "order", e.at, e.expires_at
          from loyalty_card c
          left join loyalty_entry e using (customer_id)
         where c.customer_id = $1
         order by e.at desc, e.entry_id desc
         limit $2""",
        customer_id,
        EXPORTED_MAX,
    )
    return [dict(row.items()) for row in rows]


async def forget_in_loyalty(tx: Transaction, customer_id: UUID, _now: datetime) -> int:
    """The card and its ledger go, with what was left. Returns how many cards."""
    return await records.delete_card(tx, customer_id=customer_id)
