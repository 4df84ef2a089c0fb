"""An order once it is placed: changed and cancelled until its cut-off, and not after."""

from datetime import timedelta
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio

from cabas.domain.carts.model import BadQuantity, CartFull
from cabas.domain.orders import operations as orders
from cabas.domain.orders import queries
from cabas.domain.orders.model import (
    AgeUnconfirmed,
    EmptyOrder,
    OrderClosed,
    OrderNotFound,
    OrderState,
    TotalMoved,
    WrongState,
)
from cabas.domain.orders.pricing import CannotAdd
from cabas.policies import ORDER_BOUNDS
from factories.orders import make_order
from factories.shop import make_shop


@pytest_asyncio.fixture
async def shop(tx, now):
    return await make_shop(tx, now=now)


@pytest.fixture
def shopper():
    return uuid4()


@pytest_asyncio.fixture
async def placed(tx, now, shop, shopper):
    """Two spaghetti n° 0 and one n° 1: 2,00 € and 1,10 €."""
    lines = {shop.pasta[0]: 2, shop.pasta[1]: 1}
    return await make_order(tx, now=now, lines=lines, shopper_id=shopper)


async def change(tx, placed, shopper, quantities, now, **more):
    return await orders.change_lines(
        tx,
        order_id=placed.order_id,
        shopper_id=shopper,
        quantities=quantities,
        bounds=more.pop("bounds", ORDER_BOUNDS),
        now=now,
        **more,
    )


async def lines_of(tx, placed, revision):
    found = await queries.lines(tx, store_id=1, order_id=placed.order_id, revision=revision)
    return {line.gtin: line for line in found}


async def taken_in(tx, placed):
    return await tx.fetchval(
        "select taken from slot where store_id = 1 and slot_id = $1", placed.receipt.slot_id
    )


async def test_a_change_is_a_new_revision_and_the_old_one_stays(tx, now, shop, shopper, placed):
    order = await change(tx, placed, shopper, {shop.pasta[0]: 3, shop.pasta[1]: 0, shop.pasta[2]: 1}, now)

    assert (order.revision, order.total_cents) == (2, 300 + 120)
    assert set(await lines_of(tx, placed, 1)) == {shop.pasta[0], shop.pasta[1]}
    assert set(await lines_of(tx, placed, 2)) == {shop.pasta[0], shop.pasta[2]}


async def test_lines_that_stay_keep_their_agreed_price_and_number(tx, now, shop, shopper, placed):
    await tx.execute("update offer set price_cents = 500 where store_id = 1")

    order = await change(tx, placed, shopper, {shop.pasta[0]: 3, shop.pasta[2]: 1}, now)

    lines = await lines_of(tx, placed, 2)
    assert lines[shop.pasta[0]].unit_price_cents == 100
    assert lines[shop.pasta[2]].unit_price_cents == 500
    assert [line.line_no for line in lines.values()] == [1, 2, 3]
    assert order.total_cents == 300 + 110 + 500


async def test_a_change_keeps_the_place_and_tells_the_store(tx, now, shop, shopper, placed):
    await change(tx, placed, shopper, {shop.pasta[0]: 1}, now)

    kinds = await tx.fetch("select kind, revision from outbox order by revision")
    assert [(row["kind"], row["revision"]) for row in kinds] == [("order_placed", 1), ("order_changed", 2)]
    assert await taken_in(tx, placed) == 1


async def test_somebody_else_can_neither_change_nor_cancel(tx, now, shop, placed):
    with pytest.raises(OrderNotFound):
        await change(tx, placed, uuid4(), {shop.pasta[0]: 1}, now)
    with pytest.raises(OrderNotFound):
        await orders.cancel(tx, order_id=placed.order_id, shopper_id=uuid4(), reason="", now=now)


async def test_after_the_cut_off_nothing_changes(tx, shop, shopper, placed):
    late = placed.receipt.cutoff_at

    with pytest.raises(OrderClosed):
        await change(tx, placed, shopper, {shop.pasta[0]: 1}, late)
    with pytest.raises(OrderClosed):
        await orders.cancel(tx, order_id=placed.order_id, shopper_id=shopper, reason="", now=late)


async def test_once_the_store_has_begun_nothing_changes(tx, now, shop, shopper, placed):
    await orders.move_to(
        tx, store_id=1, order_id=placed.order_id, state=OrderState.PREPARING, actor="store:Karim", now=now
    )

    with pytest.raises(OrderClosed):
        await change(tx, placed, shopper, {shop.pasta[0]: 1}, now)


async def test_an_order_keeps_at_least_one_line(tx, now, shop, shopper, placed):
    with pytest.raises(EmptyOrder):
        await change(tx, placed, shopper, {shop.pasta[0]: 0, shop.pasta[1]: 0}, now)


@pytest.mark.parametrize("quantity", [-1, 100, 10**9])
async def test_quantities_are_bounded_like_a_baskets(tx, now, shop, shopper, placed, quantity):
    with pytest.raises(BadQuantity):
        await change(tx, placed, shopper, {shop.pasta[0]: quantity}, now)


async def test_lines_are_bounded_like_a_baskets(tx, now, shop, shopper, placed):
    bounds = msgspec.structs.replace(ORDER_BOUNDS, lines_max=2)

    with pytest.raises(CartFull):
        await change(tx, placed, shopper, {shop.pasta[2]: 1}, now, bounds=bounds)


async def test_what_is_not_on_sale_cannot_come_in(tx, now, shop, shopper, placed):
    with pytest.raises(CannotAdd):
        await change(tx, placed, shopper, {shop.out_of_stock: 1}, now)


async def test_wine_cannot_slip_in_without_a_declaration(tx, now, shop, shopper, placed):
    with pytest.raises(AgeUnconfirmed):
        await change(tx, placed, shopper, {shop.wine: 1}, now)

    order = await change(tx, placed, shopper, {shop.wine: 1}, now, adult=True)

    assert order.agreed["adult"] is True
    assert (await change(tx, placed, shopper, {shop.wine: 2}, now)).revision == 3  # declared once


async def test_a_total_that_moved_since_it_was_shown_stops_the_change(tx, now, shop, shopper, placed):
    with pytest.raises(TotalMoved):
        await change(tx, placed, shopper, {shop.pasta[2]: 1}, now, shown_total_cents=429)

    assert (await change(tx, placed, shopper, {shop.pasta[2]: 1}, now, shown_total_cents=430)).revision == 2


async def test_looking_at_a_change_writes_nothing(tx, now, shop, placed):
    order = await queries.order_of_store(tx, store_id=1, order_id=placed.order_id)

    lines = await orders.preview_change(
        tx, order=order, quantities={shop.pasta[0]: 9}, bounds=ORDER_BOUNDS, now=now
    )

    assert lines[0].total_cents == 900
    assert (await queries.order_of_store(tx, store_id=1, order_id=placed.order_id)) == order


async def test_cancelling_gives_the_place_back_once(tx, now, shopper, placed):
    for _ in range(2):
        await orders.cancel(tx, order_id=placed.order_id, shopper_id=shopper, reason="mind", now=now)

    order = await queries.order_of_store(tx, store_id=1, order_id=placed.order_id)
    found = await queries.cancellation(tx, store_id=1, order_id=placed.order_id)
    assert order.state is OrderState.CANCELLED
    assert (found.cancelled_by, found.reason) == ("shopper", "mind")
    assert await taken_in(tx, placed) == 0
    assert await tx.fetchval("select count(*) from outbox where kind = 'order_cancelled'") == 1


async def test_arriving_twice_changes_only_the_bay(tx, now, shopper, placed):
    for minutes, bay in ((0, ""), (3, "4")):
        await orders.announce_arrival(
            tx,
            order_id=placed.order_id,
            shopper_id=shopper,
            bay=bay,
            now=now + timedelta(minutes=minutes),
        )

    arrival = await queries.arrival(tx, store_id=1, order_id=placed.order_id)
    assert (arrival.arrived_at, arrival.bay) == (now, "4")


async def test_nobody_arrives_for_a_cancelled_order(tx, now, shopper, placed):
    await orders.cancel(tx, order_id=placed.order_id, shopper_id=shopper, reason="", now=now)

    with pytest.raises(WrongState):
        await orders.announce_arrival(tx, order_id=placed.order_id, shopper_id=shopper, bay="", now=now)
