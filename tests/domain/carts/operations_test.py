import asyncio
from uuid import uuid4

import pytest
import pytest_asyncio

from cabas.domain.carts import operations as carts
from cabas.domain.carts import queries
from cabas.domain.carts.model import (
    BadQuantity,
    CartFull,
    CartNotFound,
    ProductNotSold,
    ProductUnavailable,
    Substitution,
)
from cabas.kit.ids import place_of
from factories.carts import make_cart, set_line
from factories.shop import make_shop


@pytest_asyncio.fixture
async def shop(tx, now):
    return await make_shop(tx, now=now)


async def quantities(tx, cart):
    return await queries.quantities(tx, cart_id=cart.cart_id, shopper_id=cart.shopper_id)


async def test_setting_a_line_twice_is_setting_it_once(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 2})

    await set_line(tx, cart.cart_id, cart.shopper_id, shop.pasta[0], 2, now)

    assert await quantities(tx, cart) == {shop.pasta[0]: 2}


async def test_zero_takes_the_line_out_and_undo_puts_it_back(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 2, shop.pasta[1]: 1})
    await set_line(tx, cart.cart_id, cart.shopper_id, shop.pasta[0], 0, now)
    assert await quantities(tx, cart) == {shop.pasta[1]: 1}

    await carts.restore_cart(tx, cart_id=cart.cart_id, shopper_id=cart.shopper_id, now=now, lines_max=150)

    assert await quantities(tx, cart) == {shop.pasta[0]: 2, shop.pasta[1]: 1}


@pytest.mark.parametrize("quantity", [-1, 100, 10**9])
async def test_a_quantity_out_of_bounds_is_refused(tx, now, shop, quantity):
    cart = await make_cart(tx, now=now, lines={})

    with pytest.raises(BadQuantity):
        await set_line(tx, cart.cart_id, cart.shopper_id, shop.pasta[0], quantity, now)


async def test_what_the_store_does_not_sell_is_refused(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={})

    with pytest.raises(ProductNotSold):
        await set_line(tx, cart.cart_id, cart.shopper_id, shop.only_elsewhere, 1, now)
    with pytest.raises(ProductUnavailable):
        await set_line(tx, cart.cart_id, cart.shopper_id, shop.out_of_stock, 1, now)


async def test_somebody_elses_basket_is_not_there(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 1})

    with pytest.raises(CartNotFound):
        await set_line(tx, cart.cart_id, uuid4(), shop.pasta[0], 5, now)
    with pytest.raises(CartNotFound):
        await queries.cart(tx, cart_id=cart.cart_id, shopper_id=uuid4())


async def test_a_full_basket_takes_no_more_lines_but_changes_those_it_has(tx, now, shop):
    cart = await make_cart(tx, now=now, lines=dict.fromkeys(shop.pasta[:3], 1))
    line = {"cart_id": cart.cart_id, "shopper_id": cart.shopper_id, "now": now}
    bounds = {"lines_max": 3, "pieces_max": 9, "grams_max": 9}

    await carts.set_line(tx, gtin=shop.pasta[0], quantity=4, **line, **bounds)
    with pytest.raises(CartFull):
        await carts.set_line(tx, gtin=shop.pasta[5], quantity=1, **line, **bounds)

    assert await quantities(tx, cart) == {shop.pasta[0]: 4, shop.pasta[1]: 1, shop.pasta[2]: 1}


async def test_undo_cannot_outgrow_a_basket(tx, now, shop):
    cart = await make_cart(tx, now=now, lines=dict.fromkeys(shop.pasta[:3], 1))
    await carts.empty_cart(tx, cart_id=cart.cart_id, shopper_id=cart.shopper_id, now=now)
    await set_line(tx, cart.cart_id, cart.shopper_id, shop.pasta[4], 1, now)

    with pytest.raises(CartFull):
        await carts.restore_cart(tx, cart_id=cart.cart_id, shopper_id=cart.shopper_id, now=now, lines_max=3)


async def test_lines_set_at_once_from_two_devices_are_both_kept(database, now):
    async with database.transaction() as tx:
        shop = await make_shop(tx, now=now)
        cart = await make_cart(tx, now=now, lines={})

    async def add(gtin):
        async with database.transaction() as tx:
            await set_line(tx, cart.cart_id, cart.shopper_id, gtin, 1, now)

    await asyncio.gather(*(add(gtin) for gtin in shop.pasta[:12]))

    async with database.read() as reader:
        assert await quantities(reader, cart) == dict.fromkeys(shop.pasta[:12], 1)


async def test_a_bound_of_lines_holds_against_a_race(database, now):
    async with database.transaction() as tx:
        shop = await make_shop(tx, now=now)
        cart = await make_cart(tx, now=now, lines={})

    async def add(gtin):
        async with database.transaction() as tx:
            await carts.set_line(
                tx,
                cart_id=cart.cart_id,
                shopper_id=cart.shopper_id,
                gtin=gtin,
                quantity=1,
                now=now,
                lines_max=5,
                pieces_max=9,
                grams_max=9,
            )

    outcomes = await asyncio.gather(*(add(gtin) for gtin in shop.pasta[:12]), return_exceptions=True)

    assert sum(isinstance(outcome, CartFull) for outcome in outcomes) == 7
    async with database.read() as reader:
        assert len(await quantities(reader, cart)) == 5


async def test_a_note_and_a_choice_stay_with_the_line(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 1})
    await carts.note_line(
        tx,
        cart_id=cart.cart_id,
        shopper_id=cart.shopper_id,
        gtin=shop.pasta[0],
        note="bien fins",
        substitution=Substitution.NEVER,
        now=now,
    )

    await set_line(tx, cart.cart_id, cart.shopper_id, shop.pasta[0], 3, now)

    line = (await queries.cart(tx, cart_id=cart.cart_id, shopper_id=cart.shopper_id)).lines[0]
    assert (line.quantity, line.note, line.substitution) == (3, "bien fins", Substitution.NEVER)


async def test_moving_to_another_store_loses_no_line(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 2, shop.weighed: 500})

    moved = await carts.move_to_store(tx, cart=cart, store_id=shop.other_store_id, now=now)

    there = await queries.cart(tx, cart_id=moved, shopper_id=cart.shopper_id)
    assert place_of(moved) == there.store_id == shop.other_store_id
    assert there.quantities() == cart.quantities()
    with pytest.raises(CartNotFound):
        await queries.cart(tx, cart_id=cart.cart_id, shopper_id=cart.shopper_id)
