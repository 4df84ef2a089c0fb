"""The opening: places are given out by the draw, then orders are written; nothing twice, nothing lost."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from cabas.check import audit
from cabas.domain.advance import jobs, opening, operations, queries
from cabas.domain.advance.draw import rank_of
from cabas.domain.advance.model import AdvanceOrder
from cabas.domain.advance.opening import StoreFailed
from cabas.domain.slots import operations as slots
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database, Transaction
from factories.advance import ONE_LINE, POLICY, ask, coming_slots, draw, request_for, states, write
from factories.carts import make_cart, set_line
from factories.orders import first_slot, make_order, place
from factories.orders import request_for as order_request_for
from factories.shop import SHOP, make_shop

OPENS_AT = datetime(2026, 11, 24, 23, tzinfo=UTC)
AT = OPENS_AT + timedelta(milliseconds=250)


async def test_a_wish_becomes_an_order_in_its_slot(tx: Transaction, now: datetime) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)
    asked = await ask(tx, seven, six, now=now)

    assert await draw(tx, now=AT) == 1
    assert await states(tx, [asked]) == ["waiting"], "drawn, its order not yet written"
    assert await taken(tx, seven) == 1
    await write(tx, now=AT)

    assert await states(tx, [asked]) == ["placed"]
    order = await tx.fetchrow("select * from orders")
    assert order is not None
    assert (order["slot_id"], order["cart_id"], order["state"]) == (seven, asked.cart_id, "placed")
    assert (order["placed_at"], order["total_cents"], order["contact"]["name"]) == (AT, 200, "Camille Dubois")
    assert await taken(tx, seven) == 1, "the hold's own place became the order's"
    assert await tx.fetchval("select count(*) from slot_hold") == 0
    assert await tx.fetchval("select count(*) from outbox where order_id = $1", order["order_id"]) == 1


async def test_the_wording_is_that_of_the_moment_of_asking(tx: Transaction, now: datetime) -> None:
    asked = await ask(tx, *await coming_slots(tx, now=now), now=now)

    await draw(tx, now=AT)
    await write(tx, now=AT)

    agreed = await tx.fetchval("select agreed from orders")
    assert agreed["button"] == "Commander avec obligation de paiement"
    assert agreed["at"] == asked.created_at.isoformat()


async def test_places_go_in_the_order_of_the_draw_and_the_rest_are_offered_the_nearest(
    tx: Transaction, now: datetime
) -> None:
    six, seven, eight, nine = await coming_slots(tx, now=now)
    asked = [await ask(tx, six, now=now) for _ in range(8)]

    await draw(tx, now=AT)
    await write(tx, now=AT)

    secret = await tx.fetchval("select secret from draw_event")
    by_rank = sorted(
        asked,
        key=lambda one: rank_of(secret, opens_at=OPENS_AT, store_id=1, shopper_id=one.shopper_id),
    )
    assert await states(tx, by_rank) == ["placed"] * 5 + ["unplaced full"] * 3
    lost = await queries.of_cart(tx, cart_id=by_rank[-1].cart_id, shopper_id=by_rank[-1].shopper_id)
    assert lost is not None
    assert lost.nearest == (seven, eight, nine)
    assert lost.decided_at == AT


async def test_everyone_is_told_once_what_became_of_it(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    asked = [await ask(tx, six, now=now) for _ in range(7)]

    await draw(tx, now=AT)
    await write(tx, now=AT)

    rows = await tx.fetch(
        "select template, customer_id, order_id, values from message where template <> 'advance_taken'"
    )
    told = {row["customer_id"]: row["template"] for row in rows}
    assert sorted(told.values()) == ["advance_placed"] * 5 + ["advance_unplaced"] * 2
    assert set(told) == {one.shopper_id for one in asked}
    placed = next(row for row in rows if row["template"] == "advance_placed")
    assert placed["order_id"] is not None
    assert placed["values"] == {"slot_id": six, "wish": 1, "missing": 0}
    unplaced = next(row for row in rows if row["template"] == "advance_unplaced")
    assert unplaced["values"]["reason"] == "full"
    assert len(unplaced["values"]["nearest"]) == 3


async def test_the_secret_is_revealed_once_every_store_is_drawn(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    await ask(tx, six, now=now)
    await ask(tx, six, now=now, store_id=2)

    await opening.draw_next(tx, policy=POLICY, now=AT)
    await opening.reveal(tx, now=AT)
    halfway = await queries.draw_event(tx, opens_at=OPENS_AT)
    await draw(tx, now=AT)
    event = await queries.draw_event(tx, opens_at=OPENS_AT)

    assert halfway is not None
    assert halfway.secret is None
    assert event is not None
    assert event.secret is not None
    assert sha256(event.secret).digest() == event.commitment
    parts = await queries.store_draws(tx, opens_at=OPENS_AT)
    assert [(part.store_id, part.participants, part.winners) for part in parts] == [(1, 1, 1), (2, 1, 1)]


async def test_nothing_is_drawn_before_the_opening(tx: Transaction, now: datetime) -> None:
    asked = await ask(tx, *await coming_slots(tx, now=now), now=now)

    assert await draw(tx, now=OPENS_AT - timedelta(microseconds=1)) == 0
    assert await states(tx, [asked]) == ["waiting"]


async def test_the_priority_group_is_drawn_first_within_its_share(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    nurses = [uuid4() for _ in range(3)]
    for nurse in nurses[:2]:
        await grant(tx, nurse, until=OPENS_AT + timedelta(days=30), now=now)
    await grant(tx, nurses[2], until=OPENS_AT, now=now)
    others = [await ask(tx, six, now=now) for _ in range(30)]
    asked = [await ask(tx, six, now=now, shopper_id=nurse, customer_id=nurse) for nurse in nurses]

    await draw(tx, now=AT)

    rows = await tx.fetch("select customer_id, priority_group, slot_id, rank from advance_order")
    by_customer = {row["customer_id"]: row for row in rows if row["customer_id"]}
    assert [by_customer[nurse]["priority_group"] for nurse in nurses] == ["health", "health", None]
    first = min(nurses[:2], key=lambda nurse: by_customer[nurse]["rank"])
    assert by_customer[first]["slot_id"] == six, (
        "20 % of 5 places: one of them is theirs, whatever the rest drew"
    )
    assert sum(row["slot_id"] is not None for row in rows) == 5 < len(asked) + len(others)


async def test_a_changed_basket_takes_no_part(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    asked = await ask(tx, six, now=now)
    await set_line(tx, asked.cart_id, asked.shopper_id, SHOP.pasta[3], 1, now)

    await draw(tx, now=AT)
    await write(tx, now=AT)

    assert await states(tx, [asked]) == ["unplaced cart_changed"]
    assert await tx.fetchval("select rank from advance_order") is None
    assert await taken(tx, six) == 0


async def test_a_basket_changed_between_draw_and_order_gives_its_place_back(
    tx: Transaction, now: datetime
) -> None:
    six, *_ = await coming_slots(tx, now=now)
    changed, kept = await ask(tx, six, now=now), await ask(tx, six, now=now)
    await draw(tx, now=AT)
    await set_line(tx, changed.cart_id, changed.shopper_id, SHOP.pasta[3], 1, AT)

    await write(tx, now=AT)

    assert await states(tx, [changed, kept]) == ["unplaced cart_changed", "placed"]
    assert await taken(tx, six) == 1


async def test_no_order_costs_more_than_the_told_maximum(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    asked = await ask(tx, six, now=now)
    await tx.execute("update offer set price_cents = price_cents + 1 where gtin = $1", SHOP.pasta[0])

    await draw(tx, now=AT)
    await write(tx, now=AT)

    assert await states(tx, [asked]) == ["unplaced dearer"]
    assert await taken(tx, six) == 0
    assert await tx.fetchval("select count(*) from orders") == 0


async def test_it_may_cost_less_and_goods_that_ran_out_are_told(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    cart = await make_cart(tx, now=now, lines={SHOP.pasta[0]: 1, SHOP.pasta[1]: 1})
    await operations.ask(tx, request=request_for(cart, six), policy=POLICY, now=now)
    await tx.execute("update offer set status = 2 where gtin = $1", SHOP.pasta[1])

    await draw(tx, now=AT)
    await write(tx, now=AT)

    assert await tx.fetchval("select total_cents from orders") == 100
    told = await tx.fetchval("select values from message where template = 'advance_placed'")
    assert told == {"slot_id": six, "wish": 1, "missing": 1}


async def test_a_winner_lets_go_of_any_other_place(tx: Transaction, now: datetime) -> None:
    """One hold a shopper over the network: here, and in another store."""
    six, *_ = await coming_slots(tx, now=now)
    shopper, stranger = uuid4(), uuid4()
    here = await first_slot(tx, now=now, skip=9)
    for person, store_id in ((shopper, 1), (stranger, 2)):
        cart = await make_cart(tx, now=now, lines=ONE_LINE, store_id=store_id, shopper_id=person)
        await slots.hold_slot(
            tx,
            store_id=store_id,
            slot_id=here,
            shopper_id=person,
            cart_id=cart.cart_id,
            now=now,
            duration=timedelta(days=1),
        )
    asked = [await ask(tx, six, now=now, shopper_id=one) for one in (shopper, stranger)]

    await draw(tx, now=AT)

    held = await tx.fetch("select store_id, shopper_id, slot_id from slot_hold")
    assert {(row["store_id"], row["shopper_id"], row["slot_id"]) for row in held} == {
        (1, one.shopper_id, six) for one in asked
    }
    assert await tx.fetchval("select sum(taken) from slot where slot_id = $1", here) == 0
    assert {r["store_id"] for r in await tx.fetch("select store_id from shopper_hold")} == {1}


async def test_a_loser_keeps_the_place_they_hold(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    await tx.execute("update slot set capacity = 0 where slot_id = $1", six)
    here = await first_slot(tx, now=now, skip=9)
    asked = await ask(tx, six, now=now)
    await slots.hold_slot(
        tx,
        store_id=1,
        slot_id=here,
        shopper_id=asked.shopper_id,
        cart_id=asked.cart_id,
        now=now,
        duration=timedelta(days=1),
    )

    await draw(tx, now=AT)

    assert await states(tx, [asked]) == ["unplaced full"]
    assert await tx.fetchval("select slot_id from slot_hold") == here


async def test_a_basket_ordered_some_other_way_takes_no_part(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    cart = await make_cart(tx, now=now, lines=ONE_LINE)
    asked = await operations.ask(tx, request=request_for(cart, six), policy=POLICY, now=now)
    await place(tx, order_request_for(cart, await first_slot(tx, now=now, skip=9)), now=now)

    await draw(tx, now=AT)
    await write(tx, now=AT)

    assert await states(tx, [asked]) == ["unplaced cart_ordered"]
    assert await tx.fetchval("select count(*) from orders") == 1


async def test_a_person_with_too_many_orders_gets_no_more(tx: Transaction, now: datetime) -> None:
    six, seven, *_ = await coming_slots(tx, now=now)
    person = uuid4()
    for number in range(5):
        slot = await first_slot(tx, now=now, skip=9 + number)
        await make_order(tx, now=now, lines=ONE_LINE, shopper_id=person, customer_id=person, slot_id=slot)
    asked = [
        await ask(tx, six, now=now, shopper_id=person, customer_id=person),
        await ask(tx, seven, now=now),
    ]

    await draw(tx, now=AT)
    await write(tx, now=AT)

    assert await states(tx, asked) == ["unplaced too_many_orders", "placed"]
    assert await taken(tx, six) == 0


async def test_what_moves_while_orders_are_written_spoils_one_order_only(
    tx: Transaction, now: datetime
) -> None:
    """The database refuses one of the batch that looked well: the others are written all the same."""
    six, seven, *_ = await coming_slots(tx, now=now)
    asked = [await ask(tx, six, now=now), await ask(tx, seven, now=now)]
    await draw(tx, now=AT)
    await slots.release_hold(tx, store_id=1, shopper_id=asked[0].shopper_id)
    await tx.execute("update slot set capacity = 0 where store_id = 1 and slot_id = $1", six)

    await write(tx, now=AT)

    assert await states(tx, asked) == ["unplaced full", "placed"]
    assert await taken(tx, seven) == 1


async def test_a_worker_that_was_down_at_midnight_catches_up(tx: Transaction, now: datetime) -> None:
    six, *_ = await coming_slots(tx, now=now)
    asked = [await ask(tx, six, now=now) for _ in range(3)]
    late = OPENS_AT + timedelta(hours=7)
    for _ in range(4):
        await make_order(tx, now=OPENS_AT, lines=ONE_LINE, slot_id=six)

    await draw(tx, now=late)
    await write(tx, now=late)

    assert sorted(await states(tx, asked)) == ["placed", "unplaced full", "unplaced full"]
    assert await tx.fetchval("select snapshot from draw_store") == {
        str(slot): 1 if slot == six else 5 for slot in await coming_slots(tx, now=now)
    }


async def test_a_crash_between_draw_and_orders_resumes_with_none_doubled(
    database: Database, database_url: str, now: datetime
) -> None:
    asked = await _crowd(database, now, 40)
    clock = FixedClock(AT)
    await jobs.draw_openings(database, clock, policy=POLICY)

    async def crash() -> None:
        async with database.transaction() as tx:
            await opening.write_next(tx, policy=POLICY, now=AT)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await crash()
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from orders") == 0
    await jobs.draw_openings(database, clock, policy=POLICY)
    await jobs.write_orders(database, clock, policy=POLICY)
    await jobs.write_orders(database, clock, policy=POLICY)

    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from orders") == len(asked)
        assert await reader.fetchval("select count(*) from advance_order where state = 'placed'") == len(
            asked
        )
    assert await audit(database_url) == []


async def test_workers_that_come_together_share_the_stores(
    database: Database, database_url: str, now: datetime
) -> None:
    asked = await _crowd(database, now, 60)
    clock = FixedClock(AT)

    async def worker() -> tuple[int, int]:
        return (
            await jobs.draw_openings(database, clock, policy=POLICY),
            await jobs.write_orders(database, clock, policy=POLICY),
        )

    await asyncio.gather(*(worker() for _ in range(3)))
    await worker()

    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from orders") == 40, "two stores, four slots of five"
        assert await reader.fetchval("select count(distinct cart_id) from orders") == 40
        assert await reader.fetchval("select count(*) from advance_order where state = 'unplaced'") == 20
        assert await reader.fetchval("select bool_and(placed_at is not null) from draw_store")
        assert await reader.fetchval("select count(*) from message") == 2 * len(asked), "taken, and decided"
    assert await audit(database_url) == []


async def test_shoppers_who_order_at_the_stroke_and_the_draw_never_oversell(
    database: Database, database_url: str, now: datetime
) -> None:
    await _crowd(database, now, 30)
    async with database.transaction() as tx:
        six, *_ = await coming_slots(tx, now=now)
        rivals = [await make_cart(tx, now=now, lines=ONE_LINE) for _ in range(20)]

    async def order(cart: Any) -> None:
        try:
            async with database.transaction() as tx:
                await slots.hold_slot(
                    tx,
                    store_id=1,
                    slot_id=six,
                    shopper_id=cart.shopper_id,
                    cart_id=cart.cart_id,
                    now=AT,
                    duration=timedelta(minutes=10),
                )
            async with database.transaction() as tx:
                await place(tx, order_request_for(cart, six), now=AT)
        except slots.SlotFull:
            return

    await asyncio.gather(
        jobs.draw_openings(database, FixedClock(AT), policy=POLICY), *(order(cart) for cart in rivals)
    )
    await jobs.write_orders(database, FixedClock(AT), policy=POLICY)

    async with database.read() as reader:
        assert (
            await reader.fetchval("select count(*) from orders where slot_id = $1 and store_id = 1", six) == 5
        )
    assert await audit(database_url) == []


async def test_a_store_that_fails_stops_no_other(
    database: Database, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _crowd(database, now, 4)
    allocate = opening.allocate

    def broken(participants: Sequence[Any], left: Any, groups: Any) -> Any:
        if participants[0].cart_id in of_store_1:
            raise RuntimeError("a store's data is spoilt")
        return allocate(participants, left, groups)

    async with database.read() as reader:
        rows = await reader.fetch("select cart_id from advance_order where store_id = 1")
    of_store_1 = {row["cart_id"] for row in rows}
    monkeypatch.setattr(opening, "allocate", broken)

    with pytest.raises(ExceptionGroup) as failed:
        await jobs.draw_openings(database, FixedClock(AT), policy=POLICY)

    assert [
        problem.due.store_id for problem in failed.value.exceptions if isinstance(problem, StoreFailed)
    ] == [1]
    async with database.read() as reader:
        drawn = await reader.fetch("select store_id from draw_store where drawn_at is not null")
        assert [row["store_id"] for row in drawn] == [2]
        assert await reader.fetchval("select revealed_at from draw_event") is None, (
            "a store is still to be drawn"
        )


async def test_the_digests_of_the_coming_midnights_are_published_once(
    database: Database, now: datetime
) -> None:
    clock = FixedClock(now)
    await jobs.publish_draws(database, clock, policy=POLICY)
    async with database.read() as reader:
        first = await queries.draw_events(reader, start=now, end=now + timedelta(days=9))

    await jobs.publish_draws(database, clock, policy=POLICY)

    async with database.read() as reader:
        assert await queries.draw_events(reader, start=now, end=now + timedelta(days=9)) == first
    assert [event.opens_at for event in first] == [OPENS_AT + timedelta(days=ahead) for ahead in range(3)]


async def _crowd(database: Database, now: datetime, count: int) -> list[AdvanceOrder]:
    """Half in each store, for any slot of the opening."""
    async with database.transaction() as tx:
        await make_shop(tx, now=now)
        return [await ask(tx, any_slot=True, store_id=1 + number % 2, now=now) for number in range(count)]


async def grant(tx: Transaction, customer_id: UUID, *, until: datetime, now: datetime) -> None:
    await tx.execute(
        """
        insert into customer_priority (customer_id, group_name, granted_by, granted_at, until)
             values ($1, 'health', 'staff:Karim', $2, $3)""",
        customer_id,
        now,
        until,
    )


async def taken(tx: Transaction, slot_id: int) -> int:
    count: int = await tx.fetchval("select taken from slot where store_id = 1 and slot_id = $1", slot_id)
    return count


@pytest_asyncio.fixture
async def tx(tx: Transaction, now: datetime) -> Transaction:
    """With the shop in it."""
    await make_shop(tx, now=now)
    return tx
