import hashlib
import json

import pytest

from cabas.domain.carts.privacy import carts_held, forget_in_carts
from cabas.domain.orders.dispatch import dispatch_batch
from cabas.domain.orders.privacy import OrdersUnderWay, forget_in_orders, orders_held
from factories.carts import make_cart
from factories.customers import make_customer
from factories.orders import hand_over, make_order
from factories.shop import make_shop

WORDS = ("Camille", "Dubois", "camille@exemple.fr", "0612345678")


@pytest.fixture
async def ordered(tx, now):
    """A customer's order, sent to its store, and a stranger's."""
    shop = await make_shop(tx, now=now)
    camille = await make_customer(tx, now=now)
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2}, shopper_id=camille, customer_id=camille)
    await make_order(tx, now=now, lines={shop.pasta[0]: 1})
    await dispatch_batch(tx, now=now)
    return camille, placed, shop


async def _kept(tx) -> str:
    rows = await tx.fetch(
        """
        select o::text || (select string_agg(d.body, '') from dispatch d where d.order_id = o.order_id) as line
          from orders o
         where o.customer_id = (select customer_id from customer where email_key is not null)"""
    )
    return "".join(row["line"] for row in rows)


async def test_the_orders_told_are_ones_own_with_their_lines(tx, ordered):
    camille, placed, _ = ordered

    [told] = await orders_held(tx, camille)

    assert told["order"] == placed.order_id
    assert told["contact"]["email"] == "camille@exemple.fr"
    assert [line["quantity"] for line in told["lines"]] == [2]


async def test_an_order_under_way_keeps_its_owner(tx, now, ordered):
    camille, _, _ = ordered

    with pytest.raises(OrdersUnderWay):
        await forget_in_orders(tx, camille, now)

    kept = await _kept(tx)
    assert all(word in kept for word in WORDS)


async def test_forgetting_takes_the_person_out_and_leaves_the_accounts(tx, now, ordered):
    camille, placed, _ = ordered
    await hand_over(tx, placed, at=now)
    total = await tx.fetchval("select total_cents from orders where order_id = $1", placed.order_id)

    assert await forget_in_orders(tx, camille, now) == 1

    kept = await _kept(tx)
    assert kept
    assert not any(word in kept for word in WORDS)
    [told] = await orders_held(tx, camille)
    assert (told["total_cents"], len(told["lines"])) == (total, 1)
    strangers = await tx.fetchval("select count(*) from orders where contact ->> 'name' = 'Camille Dubois'")
    assert strangers == 1


async def test_what_was_sent_to_the_store_still_has_the_digest_of_its_bytes(tx, now, ordered):
    camille, placed, _ = ordered
    await hand_over(tx, placed, at=now)

    await forget_in_orders(tx, camille, now)

    for row in await tx.fetch("select body, sha256 from dispatch"):
        assert hashlib.sha256(row["body"].encode()).digest() == row["sha256"]
        assert json.loads(row["body"])["code"]


async def test_open_baskets_are_told_and_go(tx, now, ordered):
    camille, _, shop = ordered
    await make_cart(tx, now=now, lines={shop.pasta[1]: 3}, shopper_id=camille, customer_id=camille)
    await make_cart(tx, now=now, lines={shop.pasta[1]: 3})

    [told] = await carts_held(tx, camille)
    assert told["lines"][str(shop.pasta[1])]["q"] == 3
    assert await forget_in_carts(tx, camille, now) == 1

    assert await carts_held(tx, camille) == []
    assert await tx.fetchval("select count(*) from cart where ordered_at is null") == 1
