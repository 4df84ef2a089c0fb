"""Private writes of messages."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.messages.model import Channel, Delivery, Message, NewMessage, Subscription
from cabas.kit.db import Record, Transaction
from cabas.kit.ids import new_id

PROBLEM_LENGTH_MAX = 300


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


async def take_due(tx: Transaction, *, until: datetime, now: datetime, limit: int) -> list[Delivery]:
    """Up to ``limit`` due deliveries, oldest first, nobody else's before ``until``."""
    rows = await tx.fetch(
        """
        with due as (
            select store_id, message_id, channel
              from message_delivery
             where sent_at is null and failed_at is null and next_at <= $1
             order by next_at
             limit $3
               for update skip locked
        ), taken as (
            update message_delivery d
               set next_at = $2, attempts = d.attempts + 1
              from due
             where d.store_id = due.store_id and d.message_id = due.message_id and d.channel = due.channel
            returning d.store_id, d.message_id, d.channel, d.attempts
        )
        select m.store_id, m.message_id, m.template, m.language, m.customer_id, m.order_id, m.name, m.email,
               m.values, m.created_at, t.channel, t.attempts
          from taken t
          join message m using (store_id, message_id)""",
        now,
        until,
        limit,
    )
    return [_as_delivery(row) for row in rows]


async def update_outcome(
    tx: Transaction,
    delivery: Delivery,
    *,
    sent_at: datetime | None,
    failed_at: datetime | None,
    next_at: datetime,
    problem: str,
) -> int:
    """What became of it; 0 when another worker has taken it since, or it is over."""
    message = delivery.message
    return await tx.execute(
        """
        update message_delivery
           set sent_at = $5, failed_at = $6, next_at = $7, problem = $8
         where store_id = $1 and message_id = $2 and channel = $3 and attempts = $4
           and sent_at is null and failed_at is null""",
        message.store_id,
        message.message_id,
        delivery.channel.value,
        delivery.attempt,
        sent_at,
        failed_at,
        next_at,
        problem[:PROBLEM_LENGTH_MAX],
    )


async def insert_subscription(
    tx: Transaction, *, person_id: UUID, subscription: Subscription, digest: bytes, now: datetime
) -> None:
    """The browser's; who used it before is not told there any more."""
    await tx.execute(
        """
        insert into push_subscription (endpoint_sha256, person_id, endpoint, p256dh, auth, created_at)
             values ($1, $2, $3, $4, $5, $6)
        on conflict (endpoint_sha256) do update
               set person_id = excluded.person_id, p256dh = excluded.p256dh, auth = excluded.auth,
                   created_at = excluded.created_at""",
        digest,
        person_id,
        subscription.endpoint,
        subscription.p256dh,
        subscription.auth,
        now,
    )


async def delete_oldest_subscriptions(tx: Transaction, *, person_id: UUID, kept: int) -> int:
    """All but the ``kept`` newest of this person."""
    return await tx.execute(
        """
        delete from push_subscription
         where endpoint_sha256 in (
               select endpoint_sha256 from push_subscription
                where person_id = $1
                order by created_at desc, endpoint_sha256
               offset $2)""",
        person_id,
        kept,
    )


async def delete_subscription(tx: Transaction, *, digest: bytes, person_id: UUID | None = None) -> int:
    """:param person_id: only theirs; None: whose ever it is."""
    return await tx.execute(
        "delete from push_subscription where endpoint_sha256 = $1 and ($2::uuid is null or person_id = $2)",
        digest,
        person_id,
    )


async def delete_before(tx: Transaction, *, before: datetime, limit: int) -> int:
    """Up to ``limit`` messages told before this instant, with their deliveries."""
    count: int = await tx.fetchval(
        """
        with old as (
            select store_id, message_id from message where created_at < $1 limit $2
        ), deliveries as (
            delete from message_delivery d using old
             where d.store_id = old.store_id and d.message_id = old.message_id
        ), gone as (
            delete from message m using old
             where m.store_id = old.store_id and m.message_id = old.message_id
            returning 1
        )
        select count(*) from gone""",
        before,
        limit,
    )
    return count


async def blank_messages(tx: Transaction, *, customer_id: UUID, now: datetime) -> int:
    """Whom and what goes; that it was told, so that it isn't told again, stays. Nothing waiting is sent."""
    count: int = await tx.fetchval(
        """
        with blank as (
            update message
               set name = '', email = '', values = '{}', customer_id = null, erased_at = $2
             where customer_id = $1
            returning store_id, message_id
        ), stopped as (
            update message_delivery d
               set failed_at = $2, problem = 'erased'
              from blank
             where d.store_id = blank.store_id and d.message_id = blank.message_id
               and d.sent_at is null and d.failed_at is null
        )
        select count(*) from blank""",
        customer_id,
        now,
    )
    return count


async def delete_subscriptions_of(tx: Transaction, *, person_id: UUID) -> int:
    return await tx.execute("delete from push_subscription where person_id = $1", person_id)


def _as_delivery(row: Record) -> Delivery:
    values = dict(row.items())
    channel, attempt = Channel(values.pop("channel")), values.pop("attempts")
    return Delivery(message=Message(**values), channel=channel, attempt=attempt)
