"""What happened to an order is told to its shopper once, after its store was sent it."""

import asyncio
from uuid import uuid4

import pytest_asyncio

from cabas.domain.orders import dispatch, operations, telling
from cabas.domain.orders.model import OrderState
from cabas.domain.orders.privacy import forget_in_orders
from cabas.kit.clock import FixedClock
from cabas.reactions import TOLD_OF_ORDERS, tell_shoppers
from factories.orders import hand_over, make_order
from factories.shop import make_shop


@pytest_asyncio.fixture
async def shop(tx, now):
    return await make_shop(tx, now=now)


async def told(tx):
    return [
        row["template"]
        for row in await tx.fetch("select template from message order by created_at, template")
    ]


async def tell(tx, now, **bounds):
    await dispatch.dispatch_batch(tx, now=now)
    return await telling.tell_dispatched(tx, templates=TOLD_OF_ORDERS, now=now, **bounds)


async def test_placing_an_order_writes_no_message_itself(tx, now, shop):
    await make_order(tx, now=now, lines={shop.pasta[0]: 2})

    assert await told(tx) == []


async def test_an_order_is_confirmed_once_it_is_on_its_way(tx, now, shop):
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2})

    assert await tell(tx, now) == 1
    assert await tell(tx, now) == 0

    [message] = await tx.fetch("select * from message")
    assert message["template"] == "order_confirmed"
    assert message["order_id"] == placed.order_id
    assert (message["name"], message["email"]) == ("Camille Dubois", "camille@exemple.fr")


async def test_a_change_and_a_cancellation_are_told_each(tx, now, shop):
    shopper = uuid4()
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2}, shopper_id=shopper)
    await tell(tx, now)
    await operations.cancel(tx, order_id=placed.order_id, shopper_id=shopper, reason="", now=now)

    await tell(tx, now)

    assert sorted(await told(tx)) == ["order_cancelled", "order_confirmed"]


async def test_ready_is_told_with_the_fact_and_only_the_first_time(tx, now, shop):
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2})
    for state in (OrderState.PREPARING, OrderState.READY, OrderState.PREPARING, OrderState.READY):
        await operations.move_to(
            tx, store_id=1, order_id=placed.order_id, state=state, actor="store:Karim", now=now
        )

    assert await told(tx) == ["order_ready"]


async def test_who_was_forgotten_meanwhile_is_told_nothing(tx, now, shop):
    customer = uuid4()
    placed = await make_order(
        tx, now=now, lines={shop.pasta[0]: 2}, shopper_id=customer, customer_id=customer
    )
    await dispatch.dispatch_batch(tx, now=now)
    await hand_over(tx, placed, at=now)
    await tx.execute("delete from message_delivery")
    await tx.execute("delete from message")
    await forget_in_orders(tx, customer, now)

    assert await tell(tx, now) == 1
    assert await told(tx) == []


async def test_two_workers_at_once_tell_each_order_once(database, now, clock):
    async with database.transaction() as tx:
        shop = await make_shop(tx, now=now)
        for _ in range(12):
            await make_order(tx, now=now, lines={shop.pasta[0]: 1})
        await dispatch.dispatch_batch(tx, now=now)

    done = await asyncio.gather(*(tell_shoppers(database, clock) for _ in range(6)))

    assert sum(done) == 12
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from message") == 12
        assert await reader.fetchval("select count(*) from dispatch where told_at is null") == 0


@pytest_asyncio.fixture
async def clock(now):
    return FixedClock(now)
