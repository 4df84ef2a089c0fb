"""Placing an order: once for its key, at the prices that were shown, in a slot that has a place."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from cabas.domain.carts.model import CartNotFound, CartOrdered
from cabas.domain.checkout.model import (
    ORDER_BUTTONS,
    CartEmpty,
    KeyMissing,
    KeyReused,
    PaymentUnknown,
    PricesChanged,
)
from cabas.domain.orders import queries
from cabas.domain.slots import operations as slots
from cabas.domain.slots.model import SlotClosed, SlotFull, SlotNotOpen, SlotUnknown
from factories.carts import make_cart, set_line
from factories.orders import first_slot, place, request_for
from factories.shop import make_shop
from factories.slots import make_slot, taken


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


async def test_an_order_takes_a_place_and_freezes_what_was_agreed(tx, now, cart, slot_id):
    placed = await place(tx, request_for(cart, slot_id, language="en"), now=now)

    order = await queries.order_of_store(tx, store_id=1, order_id=placed.order_id)
    lines = await queries.lines(tx, store_id=1, order_id=placed.order_id, revision=1)
    assert placed.created
    assert (order.total_cents, order.agreed["button"]) == (200, ORDER_BUTTONS["en"])
    assert [(line.product.name, line.total_cents) for line in lines] == [("Spaghettis n° 0", 200)]
    assert await tx.fetchval("select taken from slot where store_id = 1 and slot_id = $1", slot_id) == 1
    assert await count(tx, "outbox") == 1


async def test_the_same_request_again_is_the_same_order(tx, now, cart, slot_id):
    request = request_for(cart, slot_id)
    first = await place(tx, request, now=now)

    again = await place(tx, request, now=now + timedelta(minutes=5))

    assert (again.order_id, again.created) == (first.order_id, False)
    assert again.receipt == first.receipt
    assert await count(tx, "orders") == 1


async def test_a_key_used_for_something_else_is_refused(tx, now, cart, slot_id):
    request = request_for(cart, slot_id)
    await place(tx, request, now=now)

    with pytest.raises(KeyReused):
        await place(tx, msgspec.structs.replace(request, payment_method="at_store", adult=True), now=now)


async def test_a_basket_ordered_under_another_key_is_not_ordered_twice(tx, now, cart, slot_id):
    await place(tx, request_for(cart, slot_id), now=now)

    with pytest.raises(CartOrdered):
        await place(tx, request_for(cart, slot_id), now=now)


@pytest.mark.parametrize("key", ["", "k" * 129])
async def test_a_key_is_needed(tx, now, cart, slot_id, key):
    with pytest.raises(KeyMissing):
        await place(tx, request_for(cart, slot_id, key=key), now=now)


async def test_a_price_that_moved_since_it_was_shown_stops_the_order(tx, now, cart, slot_id, shop):
    shown = {str(shop.pasta[0]): 200}
    await tx.execute("update offer set price_cents = 130 where store_id = 1 and gtin = $1", shop.pasta[0])

    with pytest.raises(PricesChanged) as refused:
        await place(tx, request_for(cart, slot_id, shown=shown), now=now)

    told = refused.value.differences[0]
    assert (told.shown_cents, told.now_cents) == (200, 260)
    assert await count(tx, "orders") == 0


async def test_a_fee_that_moved_stops_the_order_too(tx, now, cart, slot_id, shop):
    await tx.execute("update slot set fee_cents = 100 where store_id = 1 and slot_id = $1", slot_id)

    with pytest.raises(PricesChanged):
        await place(
            tx,
            request_for(cart, slot_id, shown={str(shop.pasta[0]): 200}, shown_total_cents=200),
            now=now,
        )


async def test_a_line_added_elsewhere_since_it_was_shown_stops_the_order(tx, now, cart, slot_id, shop):
    await set_line(tx, cart.cart_id, cart.shopper_id, shop.pasta[1], 1, now)

    with pytest.raises(PricesChanged):
        await place(tx, request_for(cart, slot_id, shown={str(shop.pasta[0]): 200}), now=now)


async def test_nothing_that_can_be_had_is_nothing_to_order(tx, now, cart, slot_id):
    await tx.execute("update offer set status = 2 where store_id = 1")

    with pytest.raises(CartEmpty):
        await place(tx, request_for(cart, slot_id), now=now)


async def test_somebody_elses_basket_cannot_be_ordered(tx, now, cart, slot_id):
    with pytest.raises(CartNotFound):
        await place(tx, request_for(cart, slot_id, shopper_id=uuid4()), now=now)


async def test_an_unknown_way_of_paying_is_refused(tx, now, cart, slot_id):
    with pytest.raises(PaymentUnknown):
        await place(tx, request_for(cart, slot_id, payment_method="barter"), now=now)


async def test_a_slot_of_another_store_is_unknown(tx, now, cart):
    elsewhere = await make_slot(tx, now=now, store_id=2, slot_id=26112599991)

    with pytest.raises(SlotUnknown):
        await place(tx, request_for(cart, elsewhere.slot_id), now=now)


async def test_a_full_slot_leaves_no_trace(tx, now, cart):
    slot = await make_slot(tx, now=now, slot_id=26112599991, capacity=1, taken=1)

    savepoint = await tx.execute("savepoint before_order")
    with pytest.raises(SlotFull):
        await place(tx, request_for(cart, slot.slot_id), now=now)
    await tx.execute("rollback to savepoint before_order")

    assert savepoint == 0
    assert await count(tx, "orders") == await count(tx, "outbox") == 0


async def test_a_slot_past_its_cut_off_is_closed(tx, now, cart):
    slot = await make_slot(tx, now=now, slot_id=26112599991, starts_in=timedelta(hours=1))

    with pytest.raises(SlotClosed):
        await place(tx, request_for(cart, slot.slot_id), now=now)


async def test_a_slot_before_its_midnight_is_not_open(tx, now, cart):
    slot = await make_slot(tx, now=now, slot_id=26112599991, opens_at=now + timedelta(hours=1))

    with pytest.raises(SlotNotOpen):
        await place(tx, request_for(cart, slot.slot_id), now=now)


@pytest.mark.parametrize("minutes", [5, 11])
async def test_a_held_place_becomes_the_orders_even_when_the_hold_has_just_run_out(tx, now, cart, minutes):
    slot = await make_slot(tx, now=now, slot_id=26112599991, capacity=1)
    await slots.hold_slot(
        tx,
        store_id=1,
        slot_id=slot.slot_id,
        shopper_id=cart.shopper_id,
        cart_id=cart.cart_id,
        now=now,
        duration=timedelta(minutes=10),
    )

    await place(tx, request_for(cart, slot.slot_id), now=now + timedelta(minutes=minutes))

    assert await taken(tx, slot) == 1
    assert await count(tx, "slot_hold") == 0


async def test_a_place_whose_hold_ran_out_goes_to_whoever_orders_first(tx, now, cart, shop):
    slot = await make_slot(tx, now=now, slot_id=26112599991, capacity=1)
    await slots.hold_slot(
        tx,
        store_id=1,
        slot_id=slot.slot_id,
        shopper_id=uuid4(),
        cart_id=uuid4(),
        now=now,
        duration=timedelta(minutes=10),
    )

    await place(tx, request_for(cart, slot.slot_id), now=now + timedelta(minutes=11))

    assert await taken(tx, slot) == 1


async def test_ordering_in_another_slot_lets_go_of_the_one_held(tx, now, cart, slot_id):
    held = await make_slot(tx, now=now, slot_id=26112599991)
    await slots.hold_slot(
        tx,
        store_id=1,
        slot_id=held.slot_id,
        shopper_id=cart.shopper_id,
        cart_id=cart.cart_id,
        now=now,
        duration=timedelta(minutes=10),
    )

    await place(tx, request_for(cart, slot_id), now=now)

    assert await taken(tx, held) == 0
