"""What is told is recorded once, with a delivery for each channel of the person."""

from datetime import timedelta
from uuid import UUID

from cabas.domain.messages import operations
from factories.messages import PERSON, subscribe, to_tell

DELIVERIES = "from message join message_delivery using (store_id, message_id)"


async def test_a_message_is_due_by_mail_at_once(tx, now):
    await operations.tell(tx, message=to_tell("advance_placed:1"), now=now)

    [row] = await tx.fetch(f"select template, channel, next_at {DELIVERIES}")
    assert dict(row) == {"template": "advance_placed", "channel": "mail", "next_at": now}


async def test_the_same_key_is_told_once(tx, now):
    await operations.tell(tx, message=to_tell("one"), now=now)
    told = await operations.tell_all(tx, messages=[to_tell("one"), to_tell("two"), to_tell("two")], now=now)

    assert told == 1
    assert await tx.fetchval("select count(*) from message_delivery") == 2


async def test_the_same_key_in_two_stores_is_two_messages(tx, now):
    told = await operations.tell_all(
        tx, messages=[to_tell("one", store_id=1), to_tell("one", store_id=2)], now=now
    )

    assert told == 2


async def test_who_asked_for_notifications_gets_both(tx, now):
    await subscribe(tx, now=now)

    await operations.tell_all(tx, messages=[to_tell("one"), to_tell("two", customer_id=UUID(int=9))], now=now)

    rows = await tx.fetch(f"select customer_id, channel {DELIVERIES} order by 1, 2")
    assert [(row["customer_id"], row["channel"]) for row in rows] == [
        (PERSON, "mail"),
        (PERSON, "push"),
        (UUID(int=9), "mail"),
    ]


async def test_sixty_thousand_messages_are_one_statement(tx, now):
    many = [to_tell(str(number), store_id=1 + number % 1437) for number in range(60_000)]

    assert await operations.tell_all(tx, messages=many, now=now + timedelta(hours=1)) == 60_000
