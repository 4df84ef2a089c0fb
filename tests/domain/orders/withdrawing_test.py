"""Fourteen days, line by line, and never what perishes."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from cabas.domain.orders import withdrawing
from cabas.domain.orders.model import OrderNotFound
from cabas.domain.orders.withdrawing import NothingToWithdraw, WithdrawalClosed, open_until
from factories.orders import hand_over, make_order
from factories.shop import make_shop


@pytest.fixture
def shopper():
    return uuid4()


@pytest_asyncio.fixture
async def placed(tx, now, shopper):
    """Two kinds of spaghetti (lines 1 and 2), apples that perish (line 3)."""
    shop = await make_shop(tx, now=now)
    lines = {shop.pasta[0]: 2, shop.pasta[1]: 1, shop.weighed: 500}
    return await make_order(tx, now=now, lines=lines, shopper_id=shopper)


async def withdraw(tx, placed, shopper, lines, now, not_received=()):
    return await withdrawing.withdraw(
        tx,
        order_id=placed.order_id,
        shopper_id=shopper,
        line_numbers=lines,
        not_received=not_received,
        days=14,
        now=now,
    )


@pytest.mark.parametrize(
    ("handed_over", "ends"),
    [
        (datetime(2026, 11, 24, 17, tzinfo=UTC), datetime(2026, 12, 8, 23, tzinfo=UTC)),  # a Tuesday
        (datetime(2026, 11, 28, 17, tzinfo=UTC), datetime(2026, 12, 14, 23, tzinfo=UTC)),  # Saturday → Monday
        (
            datetime(2026, 12, 11, 17, tzinfo=UTC),
            datetime(2026, 12, 28, 23, tzinfo=UTC),
        ),  # Christmas → Monday
    ],
)
def test_the_period_ends_on_a_working_day(handed_over, ends):
    assert open_until(handed_over, days=14) == ends


async def test_a_declaration_keeps_its_lines_and_its_instant(tx, now, shopper, placed):
    await hand_over(tx, placed, at=now)

    withdrawal_id = await withdraw(tx, placed, shopper, [2, 1, 1], now)

    (declared,) = await withdrawing.withdrawals(tx, store_id=1, order_id=placed.order_id)
    assert declared.withdrawal_id == withdrawal_id
    assert (declared.line_numbers, declared.declared_at) == ([1, 2], now)


@pytest.mark.parametrize("lines", [[], [3], [9], [1, 3]])
async def test_what_perishes_or_is_not_there_cannot_be_given_back(tx, now, shopper, placed, lines):
    await hand_over(tx, placed, at=now)

    with pytest.raises(NothingToWithdraw):
        await withdraw(tx, placed, shopper, lines, now)


async def test_a_line_is_given_back_once_and_only_if_it_was_received(tx, now, shopper, placed):
    await hand_over(tx, placed, at=now)
    await withdraw(tx, placed, shopper, [1], now)

    with pytest.raises(NothingToWithdraw):
        await withdraw(tx, placed, shopper, [1], now)
    with pytest.raises(NothingToWithdraw):
        await withdraw(tx, placed, shopper, [2], now, not_received={2})


async def test_there_is_no_withdrawal_before_the_handover_nor_after_the_period(tx, now, shopper, placed):
    with pytest.raises(WithdrawalClosed):
        await withdraw(tx, placed, shopper, [1], now)
    await hand_over(tx, placed, at=now)

    with pytest.raises(WithdrawalClosed):
        await withdraw(tx, placed, shopper, [1], now + timedelta(days=16))


async def test_somebody_else_cannot_withdraw(tx, now, placed):
    await hand_over(tx, placed, at=now)

    with pytest.raises(OrderNotFound):
        await withdraw(tx, placed, uuid4(), [1], now)
