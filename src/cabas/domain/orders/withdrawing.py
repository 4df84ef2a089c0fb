"""
The right of withdrawal (L221-18, L221-21, L221-28 of the Code de la consommation), line by line.

Fourteen days from the day after the handover; what perishes is excluded. The declaration is a row
with its instant, and the receipt is made of it.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from uuid import UUID

import holidays
import msgspec

from cabas.domain.orders import queries, records, telling
from cabas.domain.orders.model import Order, OrderLine, OrderNotFound, OrderState, StateChange
from cabas.kit import audit
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.db import Connection, Transaction
from cabas.kit.errors import Conflict, Invalid, NotFound
from cabas.kit.ids import new_id, place_of

_SATURDAY = 6


class WithdrawalClosed(Conflict):
    """The order was not handed over, or its fourteen days are over."""

    code = "withdrawal_closed"


class NothingToWithdraw(Invalid):
    """No line was chosen, or one that can't be given back."""

    code = "nothing_to_withdraw"


class WithdrawalNotFound(NotFound):
    """There is no such declaration, or it is somebody else's."""

    code = "withdrawal_not_found"


class Withdrawal(msgspec.Struct, frozen=True, kw_only=True):
    withdrawal_id: UUID
    declared_at: datetime
    line_numbers: list[int]


def handed_over_at(history: Sequence[StateChange]) -> datetime | None:
    return next((change.at for change in history if change.state is OrderState.HANDED_OVER), None)


def open_until(handed_over: datetime, *, days: int) -> datetime:
    """The end (exclusive) of the last day; one that is no working day goes on to the next (L221-19)."""
    last = paris_day(handed_over) + timedelta(days=days)
    while last.isoweekday() >= _SATURDAY or last in _public_holidays(last.year):
        last += timedelta(days=1)
    return paris_midnight(last + timedelta(days=1))


def retractable_lines(
    lines: Sequence[OrderLine], *, not_received: Collection[int], declared: Sequence[Withdrawal]
) -> list[OrderLine]:
    """What can still be given back. ``not_received``: numbers of lines that the shopper never got."""
    gone = {number for withdrawal in declared for number in withdrawal.line_numbers} | set(not_received)
    return [line for line in lines if line.product.retractable and line.line_no not in gone]


async def withdraw(
    tx: Transaction,
    *,
    order_id: UUID,
    shopper_id: UUID,
    line_numbers: Sequence[int],
    not_received: Collection[int],
    days: int,
    now: datetime,
) -> UUID:
    """
    Declare the withdrawal from these lines; returns the declaration's id.

    :raises OrderNotFound: no such order, or somebody else's.
    :raises WithdrawalClosed: not handed over, or too late.
    :raises NothingToWithdraw: no line, or one that is excluded, never received or given back already.
    """
    order = await _lock(tx, order_id=order_id, shopper_id=shopper_id)
    history = await queries.history(tx, store_id=order.store_id, order_id=order_id)
    since = handed_over_at(history)
    if since is None or now >= open_until(since, days=days):
        raise WithdrawalClosed
    lines = await queries.lines(tx, store_id=order.store_id, order_id=order_id, revision=order.revision)
    declared = await withdrawals(tx, store_id=order.store_id, order_id=order_id)
    open_lines = retractable_lines(lines, not_received=not_received, declared=declared)
    wanted = sorted(set(line_numbers))
    if not wanted or not set(wanted) <= {line.line_no for line in open_lines}:
        raise NothingToWithdraw
    withdrawal_id = new_id(now, order.store_id)
    await records.insert_withdrawal(
        tx,
        store_id=order.store_id,
        order_id=order_id,
        withdrawal_id=withdrawal_id,
        line_numbers=wanted,
        now=now,
    )
    await audit.record(
        tx,
        store_id=order.store_id,
        actor=f"customer:{order.customer_id}",
        action="order.withdrawn",
        subject=f"order:{order_id}",
        detail={"lines": wanted},
        now=now,
    )
    await telling.tell_about(  # the acknowledgement that L221-21 asks for at once
        tx,
        order,
        template="withdrawal_received",
        key=f"withdrawal_received:{withdrawal_id}",
        values={"withdrawal_id": str(withdrawal_id)},
        now=now,
    )
    return withdrawal_id


async def withdrawals(reader: Connection, *, store_id: int, order_id: UUID) -> list[Withdrawal]:
    """The order's declarations, oldest first."""
    rows = await reader.fetch(
        """
        select withdrawal_id, declared_at, line_numbers
          from withdrawal
         where store_id = $1 and order_id = $2
         order by declared_at, withdrawal_id""",
        store_id,
        order_id,
    )
    return [Withdrawal(**dict(row.items())) for row in rows]


async def _lock(tx: Transaction, *, order_id: UUID, shopper_id: UUID) -> Order:
    order = await records.lock_order(tx, store_id=place_of(order_id), order_id=order_id)
    if order is None or shopper_id not in (order.shopper_id, order.customer_id):
        raise OrderNotFound
    return order


@lru_cache(maxsize=8)
def _public_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("FR", years=year))
