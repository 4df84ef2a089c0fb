"""Paying out of the cagnotte: nothing twice, nothing below zero, whatever is repeated or at once."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from cabas.domain.loyalty import holding, queries
from cabas.domain.loyalty import operations as loyalty
from cabas.domain.loyalty.model import BalanceTooSmall, Card, CardNotFound, EntryKind, HoldNotFound
from cabas.kit.db import Database, Transaction
from factories.loyalty import adds_up, earning_of, held_for, make_card


async def test_what_is_set_aside_is_not_there_for_another_order(tx: Transaction, now: datetime) -> None:
    card = await _card(tx, now, 500)
    await held_for(tx, card, 300, now=now)

    with pytest.raises(BalanceTooSmall):
        await held_for(tx, card, 201, now=now)
    await held_for(tx, card, 200, now=now)

    held = await queries.card_of(tx, customer_id=card.customer_id)
    assert held is not None
    assert (held.balance_cents, held.available_cents) == (500, 0)


async def test_who_has_no_card_can_set_nothing_aside(tx: Transaction, now: datetime) -> None:
    with pytest.raises(CardNotFound):
        await holding.hold(tx, key="k.1", customer_id=uuid4(), cents=1, store_id=1, order_id=uuid4(), now=now)


async def test_capturing_takes_what_expires_first_and_once(tx: Transaction, now: datetime) -> None:
    card = await make_card(tx, now=now)
    late = earning_of(card.customer_id, 500, now=now)
    soon = earning_of(card.customer_id, 200, now=now, good_for=timedelta(days=20))
    await loyalty.earn_all(tx, earnings=[late, soon], now=now)
    hold = await held_for(tx, card, 400, now=now)

    captured = [await holding.capture(tx, key=hold.key, cents=350, now=now) for _ in range(3)]

    assert {one.captured_cents for one in captured} == {350}
    left = {one.order_id: one.left_cents for one in await queries.ledger(tx, customer_id=card.customer_id)}
    assert left == {late.order_id: 350, soon.order_id: 0, hold.order_id: 0}
    held = await queries.card_of(tx, customer_id=card.customer_id)
    assert held is not None
    assert held.reserved_cents == 0
    await adds_up(tx, card, 350)


async def test_what_was_let_go_cannot_be_captured_and_what_was_captured_stays(
    tx: Transaction, now: datetime
) -> None:
    card = await _card(tx, now, 500)
    gone, used = await held_for(tx, card, 100, now=now), await held_for(tx, card, 100, now=now)

    await holding.release(tx, key=gone.key, now=now)
    with pytest.raises(HoldNotFound):
        await holding.capture(tx, key=gone.key, cents=100, now=now)
    await holding.capture(tx, key=used.key, cents=100, now=now)
    after = await holding.release(tx, key=used.key, now=now)

    assert after.captured_cents == 100
    await adds_up(tx, card, 400)


async def test_what_was_too_much_comes_back_once(tx: Transaction, now: datetime) -> None:
    card = await _card(tx, now, 500)
    hold = await held_for(tx, card, 300, now=now)
    await holding.capture(tx, key=hold.key, cents=300, now=now)

    for total in (100, 100, 250, 999):
        await holding.give_back(tx, key=hold.key, total_cents=total, months=12, now=now)

    entries = await queries.ledger(tx, customer_id=card.customer_id)
    returned = [entry.cents for entry in entries if entry.kind is EntryKind.RETURN]
    assert sorted(returned) == [50, 100, 150]
    await adds_up(tx, card, 500)


async def test_of_many_orders_at_once_none_takes_what_is_not_there(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        card = await _card(tx, now, 500)

    async def hold_and_capture() -> bool:
        try:
            async with database.transaction() as tx:
                hold = await held_for(tx, card, 200, now=now)
        except BalanceTooSmall:
            return False
        async with database.transaction() as tx:
            await holding.capture(tx, key=hold.key, cents=200, now=now)
        return True

    done = await asyncio.gather(*(hold_and_capture() for _ in range(6)))

    assert sum(done) == 2
    async with database.read() as reader:
        await adds_up(reader, card, 100)


async def _card(tx: Transaction, now: datetime, cents: int) -> Card:
    card = await make_card(tx, now=now)
    await loyalty.earn_all(tx, earnings=[earning_of(card.customer_id, cents, now=now)], now=now)
    return card
