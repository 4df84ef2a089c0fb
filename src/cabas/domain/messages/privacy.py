"""A person's rights over what they were told: to see the log, and to be forgotten in it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.messages import records
from cabas.kit.db import Connection, Transaction

EXPORTED_MAX = 10_000


async def messages_held(reader: Connection, customer_id: UUID) -> list[dict[str, Any]]:
    """What they were told, newest first: when, about which order, by which channel, with which end."""
    rows = await reader.fetch(
        """
        select m.template as message, m.order_id as "order", m.email, m.values as about, m.created_at,
               d.channel, d.sent_at, d.failed_at
          from message m
          join message_delivery d using (store_id, message_id)
         where m.customer_id = $1
         order by m.created_at desc, d.channel
         limit $2""",
        customer_id,
        EXPORTED_MAX,
    )
    return [dict(row.items()) for row in rows]


async def notified_browsers_held(reader: Connection, customer_id: UUID) -> list[dict[str, Any]]:
    """The browsers that notifications go to."""
    rows = await reader.fetch(
        """
        select endpoint, created_at
          from push_subscription
         where person_id = $1
         order by created_at""",
        customer_id,
    )
    return [dict(row.items()) for row in rows]


async def forget_in_messages(tx: Transaction, customer_id: UUID, now: datetime) -> int:
    """Take the person out of what they were told; what waits is not sent. Returns how many messages."""
    await records.delete_subscriptions_of(tx, person_id=customer_id)
    return await records.blank_messages(tx, customer_id=customer_id, now=now)
