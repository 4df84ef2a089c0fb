"""Asking for a place before slots open."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
import pytest_asyncio

from cabas.domain.advance import operations, queries
from cabas.domain.advance.model import (
    AdvanceState,
    BadWishes,
    OpeningPassed,
    SlotAlreadyOpen,
    WishClosed,
)
from cabas.domain.carts.model import CartNotFound, CartOrdered
from cabas.domain.checkout.model import (
    AgeUnconfirmed,
    BelowMinimum,
    CartEmpty,
    KeyMissing,
    KeyReused,
    NotDelivered,
    PricesChanged,
)
from cabas.kit.db import Transaction
from factories.advance import ONE_LINE, POLICY, ask, coming_slots, draw, request_for
from factories.carts import make_cart, set_line
from factories.orders import first_slot, make_order
from factories.shop import SHOP, make_shop

OPENS_AT = datetime(2026, 11, 24, 23, tzinfo=UTC)


async def test_what_is_asked_waits_for_its_opening(tx: Transaction, now: datetime) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)

    order = await ask(tx, six, seven, now=now)

    assert order.state is AdvanceState.WAITING
    assert (order.opens_at, order.wishes) == (OPENS_AT, (six, seven))
    assert order.maximum_cents == 200
    assert await queries.of_cart(tx, cart_id=order.cart_id, shopper_id=order.shopper_id) == order
    assert await queries.of_cart(tx, cart_id=order.cart_id, shopper_id=uuid4()) is None


async def test_the_told_maximum_holds_the_dearest_wish_and_the_heaviest_weight(
    tx: Transaction, now: datetime
) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)
    await tx.execute("update slot set fee_cents = 150 where store_id = 1 and slot_id = $1", seven)
    cart = await make_cart(tx, now=now, lines={SHOP.weighed: 1000})

    order = await operations.ask(tx, request=request_for(cart, six, seven), policy=POLICY, now=now)

    assert order.maximum_cents == 374 + 150, "340 cents a kilogram, 10 % heavier, and the dearer fee"


async def test_the_draws_digest_is_published_with_the_first_request_at_the_latest(
    tx: Transaction, now: datetime
) -> None:
    order = await ask(tx, *await coming_slots(tx, now=now), now=now)

    event = await queries.draw_event(tx, opens_at=order.opens_at)

    assert event is not None
    assert event.secret is None, "kept until the draw"
    assert event.groups == POLICY.groups
    kept = await tx.fetchval("select secret from draw_event")
    assert sha256(kept).digest() == event.commitment


async def test_who_asks_is_told_once_with_the_digest_of_the_draw(tx: Transaction, now: datetime) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)
    cart = await make_cart(tx, now=now, lines=ONE_LINE)
    await operations.ask(tx, request=request_for(cart, six), policy=POLICY, now=now)
    await operations.ask(tx, request=request_for(cart, seven), policy=POLICY, now=now)

    (told,) = await tx.fetch("select template, email, values from message")

    assert (told["template"], told["email"]) == ("advance_taken", "camille@exemple.fr")
    assert told["values"]["commitment"] == (await tx.fetchval("select commitment from draw_event")).hex()


async def test_the_same_key_answers_the_same_request(tx: Transaction, now: datetime) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)
    cart = await make_cart(tx, now=now, lines=ONE_LINE)
    wanted = request_for(cart, six, key="one")
    first = await operations.ask(tx, request=wanted, policy=POLICY, now=now)

    again = await operations.ask(tx, request=wanted, policy=POLICY, now=now + timedelta(minutes=1))

    assert again == first
    with pytest.raises(KeyReused):
        await operations.ask(tx, request=request_for(cart, seven, key="one"), policy=POLICY, now=now)


async def test_a_new_key_replaces_what_was_asked(tx: Transaction, now: datetime) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)
    cart = await make_cart(tx, now=now, lines=ONE_LINE)
    await operations.ask(tx, request=request_for(cart, six), policy=POLICY, now=now)

    changed = await operations.ask(
        tx, request=request_for(cart, seven, any_slot=True), policy=POLICY, now=now + timedelta(minutes=1)
    )

    assert (changed.wishes, changed.any_slot) == ((seven,), True)
    assert await tx.fetchval("select count(*) from advance_order") == 1


async def test_the_same_key_after_a_change_of_the_basket_confirms_it(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    cart = await make_cart(tx, now=now, lines=ONE_LINE)
    wanted = request_for(cart, six, key="one")
    before = await operations.ask(tx, request=wanted, policy=POLICY, now=now)
    await set_line(tx, cart.cart_id, cart.shopper_id, SHOP.pasta[1], 1, now)

    after = await operations.ask(tx, request=wanted, policy=POLICY, now=now)

    assert after.cart_version > before.cart_version
    assert after.maximum_cents == before.maximum_cents + 110


async def test_a_shopper_waits_with_one_basket_in_the_whole_network(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    shopper = uuid4()
    in_tours = await ask(tx, six, now=now, shopper_id=shopper)

    in_rennes = await ask(tx, six, now=now, store_id=2, shopper_id=shopper)

    rows = await tx.fetch("select cart_id, state from advance_order")
    assert {row["cart_id"]: row["state"] for row in rows} == {
        in_tours.cart_id: "withdrawn",
        in_rennes.cart_id: "waiting",
    }
    assert (await queries.waiting_of(tx, shopper_id=shopper)) == in_rennes


async def test_a_request_is_taken_back_until_the_opening(tx: Transaction, now: datetime) -> None:
    order = await ask(tx, *await coming_slots(tx, now=now), now=now)
    known = {"store_id": 1, "shopper_id": order.shopper_id, "cart_id": order.cart_id}

    with pytest.raises(OpeningPassed):
        await operations.withdraw(tx, **known, now=OPENS_AT)
    assert not await operations.withdraw(tx, **(known | {"shopper_id": uuid4()}), now=now)
    assert await operations.withdraw(tx, **known, now=OPENS_AT - timedelta(seconds=1))
    assert not await operations.withdraw(tx, **known, now=OPENS_AT - timedelta(seconds=1))

    assert await draw(tx, now=OPENS_AT) == 1
    assert await tx.fetchval("select state from advance_order") == "withdrawn"


async def test_what_was_taken_back_may_be_asked_again(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    cart = await make_cart(tx, now=now, lines=ONE_LINE)
    await operations.ask(tx, request=request_for(cart, six), policy=POLICY, now=now)
    await operations.withdraw(tx, store_id=1, shopper_id=cart.shopper_id, cart_id=cart.cart_id, now=now)

    again = await operations.ask(tx, request=request_for(cart, six), policy=POLICY, now=now)

    assert again.state is AdvanceState.WAITING
    assert again.decided_at is None


@pytest.mark.parametrize(
    ("pick", "any_slot", "reason"),
    [
        ((), False, "none"),
        ((0, 0), False, "twice"),
        ((0, 1, 2, 3, 4, 5), False, "too_many"),
        ((99,), False, "slot_unknown"),
        ((0, 4), False, "several_openings"),
    ],
)
async def test_wishes_are_one_to_five_slots_of_one_opening(
    tx: Transaction, now: datetime, pick: tuple[int, ...], any_slot: bool, reason: str
) -> None:
    slots = await coming_slots(tx, now=now)
    rows = await tx.fetch(
        "select slot_id from slot where store_id = 1 and opens_at > $1 order by starts_at", OPENS_AT
    )
    slots += [row["slot_id"] for row in rows] or [await _later_slot(tx)]
    wishes = [slots[n] if n < len(slots) else 26_010_100_001 + 10 * n for n in pick]

    with pytest.raises(BadWishes) as refused:
        await ask(tx, *wishes, any_slot=any_slot, now=now)

    assert refused.value.detail["reason"] == reason


async def test_slots_that_are_open_are_ordered_not_asked_for(tx: Transaction, now: datetime) -> None:
    with pytest.raises(SlotAlreadyOpen):
        await ask(tx, await first_slot(tx, now=now), now=now)


async def test_closed_slots_are_not_wished(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    await tx.execute("update slot set closed = true where slot_id = $1", six)

    with pytest.raises(WishClosed):
        await ask(tx, six, now=now)


async def test_nobody_asks_once_the_draw_is_held(tx: Transaction, now: datetime) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)
    await ask(tx, six, now=now)
    await draw(tx, now=OPENS_AT)

    with pytest.raises(OpeningPassed):
        await ask(tx, seven, now=now)


async def test_any_slot_alone_waits_for_the_stores_next_opening(tx: Transaction, now: datetime) -> None:
    order = await ask(tx, any_slot=True, now=now)

    assert (order.wishes, order.any_slot, order.opens_at) == ((), True, OPENS_AT)


async def test_the_basket_must_be_theirs_and_open_and_hold_something(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    cart = await make_cart(tx, now=now, lines=ONE_LINE)
    empty = await make_cart(tx, now=now, lines={})
    placed = await make_order(tx, now=now, lines=ONE_LINE)
    ordered_id = await tx.fetchval("select cart_id from orders where order_id = $1", placed.order_id)
    owner = await tx.fetchval("select shopper_id from orders where order_id = $1", placed.order_id)

    for refusal, wanted in (
        (CartNotFound, request_for(cart, six, shopper_id=uuid4())),
        (CartEmpty, request_for(empty, six)),
        (CartOrdered, request_for(cart, six, cart_id=ordered_id, shopper_id=owner)),
        (KeyMissing, request_for(cart, six, key="")),
        (PricesChanged, request_for(cart, six, shown={str(SHOP.pasta[0]): 199})),
        (PricesChanged, request_for(cart, six, shown_total_cents=1, shown={str(SHOP.pasta[0]): 200})),
    ):
        with pytest.raises(refusal):
            await operations.ask(tx, request=wanted, policy=POLICY, now=now)


async def test_the_stores_terms_are_those_of_checkout(tx: Transaction, now: datetime) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)
    wine = await make_cart(tx, now=now, lines={SHOP.wine: 1})
    small = await make_cart(tx, now=now, lines=ONE_LINE)
    await tx.execute("update slot set channel = 'delivery' where store_id = 1 and slot_id = $1", seven)

    with pytest.raises(AgeUnconfirmed):
        await operations.ask(tx, request=request_for(wine, six), policy=POLICY, now=now)
    with pytest.raises(NotDelivered):
        await operations.ask(tx, request=request_for(small, six, seven), policy=POLICY, now=now)
    await tx.execute("update store set drive_minimum_cents = 500 where store_id = 1")
    with pytest.raises(BelowMinimum):
        await operations.ask(tx, request=request_for(small, six), policy=POLICY, now=now)


async def _later_slot(tx: Transaction) -> int:
    """One more slot of store 1, of an opening a day later."""
    row = await tx.fetchrow("select * from slot where store_id = 1 order by slot_id desc limit 1")
    assert row is not None
    slot_id: int = row["slot_id"] + 10_000_0
    await tx.execute(
        """
        insert into slot (store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents, capacity)
             values (1, $1, 'drive', $2, $3, $4, $2, 0, 5)""",
        slot_id,
        row["starts_at"] + timedelta(days=1),
        row["ends_at"] + timedelta(days=1),
        row["opens_at"] + timedelta(days=1),
    )
    return slot_id


@pytest_asyncio.fixture(autouse=True)
async def shop(tx: Transaction, now: datetime) -> None:
    await make_shop(tx, now=now)
