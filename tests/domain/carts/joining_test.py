"""Two baskets in one."""

from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from cabas.domain.carts import joining, queries
from cabas.domain.carts.model import CartNotFound, CartOrdered
from factories.carts import make_cart
from factories.orders import first_slot, place, request_for
from factories.shop import make_shop


@pytest_asyncio.fixture
async def shop(tx, now):
    return await make_shop(tx, now=now)


async def quantities(tx, cart):
    return await queries.quantities(tx, cart_id=cart.cart_id, shopper_id=cart.shopper_id)


async def test_signing_in_joins_the_baskets_by_the_larger_quantity(tx, now, shop):
    customer = uuid4()
    older = {shop.pasta[0]: 5, shop.pasta[1]: 1}
    await make_cart(tx, now=now - timedelta(days=1), lines=older, shopper_id=customer)
    guest = await make_cart(tx, now=now, lines={shop.pasta[0]: 2, shop.pasta[2]: 3})

    cart_id, came = await joining.claim(
        tx, cart_id=guest.cart_id, guest_id=guest.shopper_id, customer_id=customer, now=now, lines_max=150
    )

    held = await queries.quantities(tx, cart_id=cart_id, shopper_id=customer)
    assert held == {shop.pasta[0]: 5, shop.pasta[1]: 1, shop.pasta[2]: 3}
    assert came == 1
    open_carts = await tx.fetchval("select count(*) from cart where shopper_id = $1", customer)
    assert open_carts == 1


async def test_a_basket_of_somebody_else_cannot_be_claimed(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 2})

    with pytest.raises(CartNotFound):
        await joining.claim(
            tx, cart_id=cart.cart_id, guest_id=uuid4(), customer_id=uuid4(), now=now, lines_max=150
        )


async def test_an_ordered_basket_cannot_be_claimed(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 2})
    await place(tx, request_for(cart, await first_slot(tx, now=now)), now=now)

    with pytest.raises(CartOrdered):
        await joining.claim(
            tx, cart_id=cart.cart_id, guest_id=cart.shopper_id, customer_id=uuid4(), now=now, lines_max=150
        )


async def test_a_past_order_put_back_keeps_larger_quantities_and_tells_what_found_no_room(tx, now, shop):
    cart = await make_cart(tx, now=now, lines={shop.pasta[0]: 4, shop.pasta[1]: 1})

    left_out = await joining.put_lines(
        tx,
        cart_id=cart.cart_id,
        shopper_id=cart.shopper_id,
        quantities={shop.pasta[0]: 2, shop.pasta[1]: 3, shop.pasta[2]: 1, shop.pasta[3]: 1},
        lines_max=3,
        now=now,
    )

    assert await quantities(tx, cart) == {shop.pasta[0]: 4, shop.pasta[1]: 3, shop.pasta[2]: 1}
    assert left_out == 1
