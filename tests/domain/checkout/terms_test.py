"""What the store asks for before it takes an order, and what holds against a race."""

import asyncio
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from cabas.domain.carts.model import Substitution
from cabas.domain.checkout.model import (
    Address,
    AgeUnconfirmed,
    BelowMinimum,
    NotDelivered,
    TooManyOrders,
)
from cabas.domain.orders import operations as orders
from cabas.domain.orders import queries
from cabas.domain.slots.model import Channel, SlotFull
from factories.carts import make_cart
from factories.orders import CONTACT, first_slot, make_order, place, request_for
from factories.shop import make_shop
from factories.slots import make_slot


@pytest_asyncio.fixture
async def shop(tx, now):
    return await make_shop(tx, now=now)


@pytest_asyncio.fixture
async def cart(tx, now, shop):
    """Two spaghetti n° 0: 2,00 €."""
    return await make_cart(tx, now=now, lines={shop.pasta[0]: 2})


@pytest_asyncio.fixture
async def slot_id(tx, now, shop):
    return await first_slot(tx, now=now)


async def count(tx, table):
    return await tx.fetchval(f"select count(*) from {table}")


async def test_wine_asks_for_a_declaration_that_stays_with_the_order(tx, now, shop, slot_id):
    cart = await make_cart(tx, now=now, lines={shop.wine: 1})

    with pytest.raises(AgeUnconfirmed):
        await place(tx, request_for(cart, slot_id), now=now)
    placed = await place(tx, request_for(cart, slot_id, adult=True), now=now)

    order = await queries.order_of_store(tx, store_id=1, order_id=placed.order_id)
    assert order.agreed["adult"] is True


async def test_the_choice_made_at_checkout_wins_over_the_baskets(tx, now, cart, slot_id):
    placed = await place(tx, request_for(cart, slot_id, substitution=Substitution.NEVER), now=now)

    lines = await queries.lines(tx, store_id=1, order_id=placed.order_id, revision=1)
    assert {line.substitution for line in lines} == {"never"}


async def delivery_to(tx, cart, now, postcode):
    slot = await make_slot(tx, now=now, slot_id=26112599992, channel=Channel.DELIVERY)
    address = Address(street="2 rue du Port", postcode=postcode, city="Tours")
    contact = msgspec.structs.replace(CONTACT, address=address)
    return await place(tx, request_for(cart, slot.slot_id, contact=contact), now=now)


async def test_a_delivery_costs_its_areas_fee(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 30})

    placed = await delivery_to(tx, cart, now, "37100")

    assert placed.receipt.totals.fee_cents == 590


async def test_a_delivery_below_the_areas_minimum_says_how_much_is_missing(tx, now, cart):
    with pytest.raises(BelowMinimum) as refused:
        await delivery_to(tx, cart, now, "37100")

    assert refused.value.detail["missing_cents"] == 2800


async def test_nobody_delivers_everywhere(tx, now, cart):
    with pytest.raises(NotDelivered):
        await delivery_to(tx, cart, now, "75001")


async def test_orders_under_way_are_bounded_until_one_ends(tx, now, shop):
    shopper = uuid4()
    line = {shop.pasta[0]: 1}
    first = await make_order(tx, now=now, lines=line, shopper_id=shopper)
    for skip in (1, 2):
        slot = await first_slot(tx, now=now, skip=skip)
        await make_order(tx, now=now, lines=line, shopper_id=shopper, slot_id=slot)
    cart = await make_cart(tx, now=now, lines=line, shopper_id=shopper)
    request = request_for(cart, await first_slot(tx, now=now, skip=3))

    await tx.execute("savepoint before_order")
    with pytest.raises(TooManyOrders):
        await place(tx, request, now=now, open_orders_max=3)
    await tx.execute("rollback to savepoint before_order")
    await orders.cancel(tx, order_id=first.order_id, shopper_id=shopper, reason="", now=now)

    assert (await place(tx, request, now=now, open_orders_max=3)).created


async def test_the_bound_of_orders_holds_against_a_race(database, now):
    shopper = uuid4()
    async with database.transaction() as tx:
        shop = await make_shop(tx, now=now)
        slot = await make_slot(tx, now=now, slot_id=26112599991, capacity=50)
        baskets = [
            await make_cart(tx, now=now, lines={shop.pasta[0]: 1}, shopper_id=shopper) for _ in range(8)
        ]

    async def order(cart):
        async with database.one_statement() as tx:
            return await place(tx, request_for(cart, slot.slot_id), now=now, open_orders_max=3)

    outcomes = await asyncio.gather(*(order(cart) for cart in baskets), return_exceptions=True)

    assert sum(isinstance(outcome, TooManyOrders) for outcome in outcomes) == 5
    async with database.read() as reader:
        assert await count(reader, "orders") == 3
        assert await reader.fetchval("select taken from slot where slot_id = $1", slot.slot_id) == 3


async def test_a_double_click_is_one_order(database, now):
    async with database.transaction() as tx:
        shop = await make_shop(tx, now=now)
        cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 1})
        request = request_for(cart, await first_slot(tx, now=now))

    async def order():
        async with database.one_statement() as tx:
            return await place(tx, request, now=now)

    placed = await asyncio.gather(*(order() for _ in range(4)))

    assert len({one.order_id for one in placed}) == 1
    assert sorted(one.created for one in placed) == [False, False, False, True]


async def test_the_last_place_goes_to_one_of_two(database, now):
    async with database.transaction() as tx:
        shop = await make_shop(tx, now=now)
        slot = await make_slot(tx, now=now, slot_id=26112599991, capacity=1)
        baskets = [await make_cart(tx, now=now, lines={shop.pasta[0]: 1}) for _ in range(6)]

    async def order(cart):
        async with database.one_statement() as tx:
            return await place(tx, request_for(cart, slot.slot_id), now=now)

    outcomes = await asyncio.gather(*(order(cart) for cart in baskets), return_exceptions=True)

    assert sum(isinstance(outcome, SlotFull) for outcome in outcomes) == 5
    async with database.read() as reader:
        assert await count(reader, "orders") == await count(reader, "checkout_key") == 1
