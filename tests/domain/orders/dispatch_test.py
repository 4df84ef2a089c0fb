"""Straight to its store: numbers without gaps, facts in their order, receipts of the very bytes."""

import asyncio
import hashlib
from datetime import timedelta
from uuid import uuid4

import pytest

from cabas.domain.orders import dispatch, queries
from cabas.domain.orders import operations as orders
from cabas.domain.orders.dispatch import DigestDiffers, NoSuchDispatch
from cabas.domain.orders.model import OrderState
from cabas.policies import ORDER_BOUNDS
from factories import orders_direct
from factories.orders import make_order
from factories.shop import make_shop
from factories.slots import make_slot


async def test_a_placed_order_reaches_its_stores_stream(tx, now):
    shop = await make_shop(tx, now=now)
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2})

    assert await dispatch.dispatch_batch(tx, now=now) == 1

    (sent,) = await dispatch.pull(tx, store_id=1, after=0)
    assert (sent.store_seq, sent.order_id, sent.kind) == (1, placed.order_id, "order_placed")
    assert hashlib.sha256(sent.body.encode()).hexdigest() == sent.sha256
    assert await dispatch.dispatch_batch(tx, now=now) == 0


async def test_a_receipt_needs_the_digest_of_what_was_sent(tx, now):
    shop = await make_shop(tx, now=now)
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2})
    await dispatch.dispatch_batch(tx, now=now)
    (sent,) = await dispatch.pull(tx, store_id=1, after=0)
    receipt = {"store_id": 1, "store_seq": 1, "actor": "store:app", "now": now}

    with pytest.raises(DigestDiffers):
        await dispatch.acknowledge(tx, order_id=placed.order_id, sha256=b"other", **receipt)
    with pytest.raises(NoSuchDispatch):
        await dispatch.acknowledge(tx, order_id=uuid4(), sha256=bytes.fromhex(sent.sha256), **receipt)
    for _ in range(2):
        await dispatch.acknowledge(tx, order_id=placed.order_id, sha256=bytes.fromhex(sent.sha256), **receipt)

    order = await queries.order_of_store(tx, store_id=1, order_id=placed.order_id)
    history = await queries.history(tx, store_id=1, order_id=placed.order_id)
    assert order.state is OrderState.RECEIVED
    assert [change.state for change in history].count(OrderState.RECEIVED) == 1


async def test_several_dispatchers_at_once_leave_no_gap_and_no_double(database, now):
    async with database.transaction() as tx:
        for store_id in (1, 2, 3):
            slot = await make_slot(tx, now=now, store_id=store_id, capacity=40)
            for _ in range(20):
                await orders_direct.place(tx, store_id=store_id, slot_id=slot.slot_id, now=now)

    async def dispatcher():
        sent = 1
        while sent:
            async with database.transaction() as tx:
                sent = await dispatch.dispatch_batch(tx, now=now, limit=7)
                await asyncio.sleep(0)

    await asyncio.gather(*(dispatcher() for _ in range(4)))

    async with database.read() as reader:
        for store_id in (1, 2, 3):
            stream = await dispatch.pull(reader, store_id=store_id, after=0)
            assert [sent.store_seq for sent in stream] == list(range(1, 21))
            assert len({sent.order_id for sent in stream}) == 20


async def test_what_happened_to_an_order_first_is_told_first(database, now):
    async with database.transaction() as tx:
        shop = await make_shop(tx, now=now)
        shopper = uuid4()
        placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2}, shopper_id=shopper)
    async with database.transaction() as tx:
        await orders.change_lines(
            tx,
            order_id=placed.order_id,
            shopper_id=shopper,
            quantities={shop.pasta[0]: 3},
            bounds=ORDER_BOUNDS,
            now=now,
        )

    async with database.transaction() as slow, database.transaction() as quick:
        assert await dispatch.dispatch_batch(slow, now=now) == 1  # has the placing in hand
        assert await dispatch.dispatch_batch(quick, now=now) == 0  # so the change must wait
    async with database.transaction() as tx:
        assert await dispatch.dispatch_batch(tx, now=now) == 1

    async with database.read() as reader:
        stream = await dispatch.pull(reader, store_id=1, after=0)
    assert [(sent.kind, sent.revision) for sent in stream] == [("order_placed", 1), ("order_changed", 2)]


async def test_a_clock_that_is_behind_tells_nothing_before_the_order_itself(tx, now):
    shop = await make_shop(tx, now=now)
    shopper = uuid4()
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2}, shopper_id=shopper)
    behind = now - timedelta(seconds=5)
    await orders.cancel(tx, order_id=placed.order_id, shopper_id=shopper, reason="", now=behind)

    while await dispatch.dispatch_batch(tx, now=now):
        pass

    stream = await dispatch.pull(tx, store_id=1, after=0)
    assert [sent.kind for sent in stream] == ["order_placed", "order_cancelled"]
