"""Public reads of messages: the log of an order, the browsers of a person."""

from uuid import UUID

from cabas.domain.messages.model import Channel, Subscription, Told
from cabas.kit.db import Connection

LOGGED_MAX = 100


async def told_of_order(reader: Connection, *, store_id: int, order_id: UUID) -> list[Told]:
    """What the shopper was told about an order of this store, oldest first."""
    rows = await reader.fetch(
        """
        select m.message_id, m.template, d.channel, m.created_at, d.attempts, d.sent_at, d.failed_at, d.problem
          from message m
          join message_delivery d using (store_id, message_id)
         where m.store_id = $1 and m.order_id = $2
         order by m.created_at, d.channel
         limit $3""",
        store_id,
        order_id,
        LOGGED_MAX,
    )
    return [Told(**{**row, "channel": Channel(row["channel"])}) for row in rows]


async def subscriptions_of(reader: Connection, *, person_id: UUID) -> list[Subscription]:
    """The browsers that asked to be told, newest first."""
    rows = await reader.fetch(
        """
        select endpoint, p256dh, auth
          from push_subscription
         where person_id = $1
         order by created_at desc""",
        person_id,
    )
    return [Subscription(**dict(row.items())) for row in rows]
