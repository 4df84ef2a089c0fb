"""The ledger on a real database: each cause once, the balance always the sum."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from cabas.domain.loyalty import operations as loyalty
from cabas.domain.loyalty import queries
from cabas.domain.loyalty.model import BalanceTooSmall, Card, CardNotFound, EntryKind
from cabas.domain.loyalty.privacy import forget_in_loyalty, loyalty_held
from cabas.invariants import INVARIANTS
from cabas.kit.db import Connection, Database, Transaction
from factories.loyalty import earning_of, make_card

SUMS = next(one for one in INVARIANTS if one.name == "cagnottes_add_up")


async def test_a_customer_has_one_card(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)

    again = await loyalty.open_card(tx, customer_id=card.customer_id, now=now + timedelta(days=1))

    assert again == card
    assert card.balance_cents == 0


async def test_an_order_is_credited_once_whatever_is_repeated(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    earning = earning_of(card.customer_id, 120, now=now)

    counts = [await loyalty.earn_all(tx, earnings=[earning], now=now) for _ in range(3)]

    assert counts == [1, 0, 0]
    [entry] = await queries.ledger(tx, customer_id=card.customer_id)
    assert (entry.kind, entry.cents, entry.left_cents) == (EntryKind.EARN, 120, 120)
    await _adds_up(tx, card, 120)


async def test_an_order_that_earned_nothing_leaves_no_entry(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)

    await loyalty.earn_all(tx, earnings=[earning_of(card.customer_id, 0, now=now)], now=now)

    assert await queries.ledger(tx, customer_id=card.customer_id) == []


async def test_spending_takes_what_expires_first_and_once(tx: Transaction, now: datetime) -> None:
    card, order_id = await make_card(tx, now=now), uuid4()
    late = earning_of(card.customer_id, 500, now=now)
    soon = earning_of(card.customer_id, 200, now=now, good_for=timedelta(days=20))
    await loyalty.earn_all(tx, earnings=[late, soon], now=now)

    for _ in range(2):
        await loyalty.spend(
            tx, customer_id=card.customer_id, cents=350, store_id=1, order_id=order_id, now=now
        )

    left = {
        entry.order_id: entry.left_cents for entry in await queries.ledger(tx, customer_id=card.customer_id)
    }
    assert left == {late.order_id: 350, soon.order_id: 0, order_id: 0}
    await _adds_up(tx, card, 350)


async def test_more_than_the_balance_is_refused_and_nothing_moves(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    await loyalty.earn_all(tx, earnings=[earning_of(card.customer_id, 100, now=now)], now=now)
    spending = {"store_id": 1, "order_id": uuid4(), "now": now}

    with pytest.raises(BalanceTooSmall):
        await loyalty.spend(tx, customer_id=card.customer_id, cents=101, **spending)
    with pytest.raises(CardNotFound):
        await loyalty.spend(tx, customer_id=uuid4(), cents=1, **spending)

    await _adds_up(tx, card, 100)


async def test_goods_that_came_back_take_back_no_more_than_there_is(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    earning = earning_of(card.customer_id, 100, now=now)
    await loyalty.earn_all(tx, earnings=[earning], now=now)
    await loyalty.spend(tx, customer_id=card.customer_id, cents=70, store_id=1, order_id=uuid4(), now=now)

    taken = [
        await loyalty.reverse(
            tx,
            customer_id=card.customer_id,
            cents=50,
            store_id=1,
            order_id=earning.order_id,
            cause="withdrawal:1",
            now=now,
        )
        for _ in range(2)
    ]

    assert taken == [30, 0]
    await _adds_up(tx, card, 0)


async def test_what_is_left_expires_at_its_end_and_not_before(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    soon = earning_of(card.customer_id, 200, now=now, good_for=timedelta(days=20))
    await loyalty.earn_all(tx, earnings=[soon, earning_of(card.customer_id, 500, now=now)], now=now)
    await loyalty.spend(tx, customer_id=card.customer_id, cents=50, store_id=1, order_id=uuid4(), now=now)

    early = await loyalty.expire_due(tx, now=soon.expires_at - timedelta(seconds=1), limit=10)
    done = [await loyalty.expire_due(tx, now=soon.expires_at, limit=10) for _ in range(2)]

    assert (early, done) == (0, [1, 0])
    newest = (await queries.ledger(tx, customer_id=card.customer_id))[0]
    assert (newest.kind, newest.cents) == (EntryKind.EXPIRE, -150)
    await _adds_up(tx, card, 500)


async def test_of_many_spendings_at_once_none_goes_below_zero(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        card = await make_card(tx, now=now)
        await loyalty.earn_all(tx, earnings=[earning_of(card.customer_id, 500, now=now)], now=now)

    async def spend() -> bool:
        try:
            async with database.transaction() as tx:
                await loyalty.spend(
                    tx, customer_id=card.customer_id, cents=200, store_id=1, order_id=uuid4(), now=now
                )
        except BalanceTooSmall:
            return False
        return True

    spent = await asyncio.gather(*(spend() for _ in range(6)))

    assert sum(spent) == 2
    async with database.read() as reader:
        await _adds_up(reader, card, 100)


async def test_it_is_told_and_forgotten_with_the_person(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    await loyalty.earn_all(tx, earnings=[earning_of(card.customer_id, 120, now=now)], now=now)

    [held] = await loyalty_held(tx, card.customer_id)
    await forget_in_loyalty(tx, card.customer_id, now)

    assert (held["card"], held["amount_cents"]) == (card.number, 120)
    assert await queries.card_of(tx, customer_id=card.customer_id) is None
    assert await loyalty_held(tx, card.customer_id) == []


async def _adds_up(reader: Connection, card: Card, cents: int) -> None:
    now_held = await queries.card_of(reader, customer_id=card.customer_id)
    assert now_held is not None
    assert now_held.balance_cents == cents
    assert await reader.fetch(SUMS.breach) == []
