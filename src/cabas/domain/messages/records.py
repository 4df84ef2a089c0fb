"""Private writes of messages."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from cabas.domain.messages.model import NewMessage
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id


async def insert_messages(tx: Transaction, messages: Sequence[NewMessage], *, now: datetime) -> int:
    """All of them and their deliveries in one statement; known keys are passed over. Returns how many were new."""
    count: int = await tx.fetchval(
        """
        with written as (
            insert into message (store_id, message_id, key, template, language, customer_id, order_id,
                                 name, email, values, created_at)
            select n.store_id, n.message_id, n.key, n.template, n.language, n.customer_id, n.order_id,
                   n.name, n.email, n.values::jsonb, $1
              from unnest($2::int[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::uuid[],
                          $9::text[], $10::text[], $11::text[])
                   as n (store_id, message_id, key, template, language, customer_id, order_id, name, email, values)
            on conflict (store_id, key) do nothing
            returning store_id, message_id, customer_id, email
        ), delivered as (
            insert into message_delivery (store_id, message_id, channel, next_at)
            select store_id, message_id, 'mail', $1 from written where email <> ''
            union all
            select w.store_id, w.message_id, 'push', $1
              from written w
             where exists (select from push_subscription s where s.person_id = w.customer_id)
        )
        select count(*) from written""",
        now,
        [message.store_id for message in messages],
        [new_id(now, message.store_id) for message in messages],
        [message.key for message in messages],
        [message.template for message in messages],
        [message.recipient.language for message in messages],
        [message.recipient.customer_id for message in messages],
        [message.order_id for message in messages],
        [message.recipient.name for message in messages],
        [message.recipient.email for message in messages],
        [msgspec.json.encode(message.values).decode() for message in messages],
    )
    return count
