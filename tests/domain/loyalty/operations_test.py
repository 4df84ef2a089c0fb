"""The ledger on a real database: each cause once, the balance always the sum."""

from datetime import datetime, timedelta

from cabas.domain.loyalty import holding, queries
from cabas.domain.loyalty import operations as loyalty
from cabas.domain.loyalty.model import EntryKind
from cabas.domain.loyalty.privacy import forget_in_loyalty, loyalty_held
from cabas.kit.db import Transaction
from factories.loyalty import adds_up, earning_of, held_for, make_card, spend


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
    await adds_up(tx, card, 120)


async def test_an_order_that_earned_nothing_leaves_no_entry(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)

    await loyalty.earn_all(tx, earnings=[earning_of(card.customer_id, 0, now=now)], now=now)

    assert await queries.ledger(tx, customer_id=card.customer_id) == []


async def test_goods_that_came_back_take_back_no_more_than_there_is(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    earning = earning_of(card.customer_id, 100, now=now)
    await loyalty.earn_all(tx, earnings=[earning], now=now)
    await spend(tx, card, 70, now=now)

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
    await adds_up(tx, card, 0)


async def test_what_is_left_expires_at_its_end_and_not_before(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    soon = earning_of(card.customer_id, 200, now=now, good_for=timedelta(days=20))
    await loyalty.earn_all(tx, earnings=[soon, earning_of(card.customer_id, 500, now=now)], now=now)
    await spend(tx, card, 50, now=now)

    early = await loyalty.expire_due(tx, now=soon.expires_at - timedelta(seconds=1), limit=10)
    done = [await loyalty.expire_due(tx, now=soon.expires_at, limit=10) for _ in range(2)]

    assert (early, done) == (0, [1, 0])
    newest = (await queries.ledger(tx, customer_id=card.customer_id))[0]
    assert (newest.kind, newest.cents) == (EntryKind.EXPIRE, -150)
    await adds_up(tx, card, 500)


async def test_what_is_set_aside_does_not_expire_until_it_is_let_go(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    soon = earning_of(card.customer_id, 200, now=now, good_for=timedelta(days=20))
    await loyalty.earn_all(tx, earnings=[soon], now=now)
    hold = await held_for(tx, card, 150, now=now)

    waiting = await loyalty.expire_due(tx, now=soon.expires_at, limit=10)
    await holding.release(tx, key=hold.key, now=soon.expires_at)
    after = await loyalty.expire_due(tx, now=soon.expires_at, limit=10)

    assert (waiting, after) == (0, 1)
    await adds_up(tx, card, 0)


async def test_it_is_told_and_forgotten_with_the_person(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    await loyalty.earn_all(tx, earnings=[earning_of(card.customer_id, 120, now=now)], now=now)

    [held] = await loyalty_held(tx, card.customer_id)
    await forget_in_loyalty(tx, card.customer_id, now)

    assert (held["card"], held["amount_cents"]) == (card.number, 120)
    assert await queries.card_of(tx, customer_id=card.customer_id) is None
    assert await loyalty_held(tx, card.customer_id) == []
