"""Public reads of orders. The owner or the store is part of each look-up."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.orders.model import (
    Arrival,
    Cancellation,
    FrozenProduct,
    Order,
    OrderLine,
    OrderNotFound,
    OrderState,
    StateChange,
)
from cabas.kit.db import Connection, Record
from cabas.kit.ids import place_of

LISTED_MAX = 50
ORDER_COLUMNS = """store_id, order_id, code, shopper_id, customer_id, cart_id, channel, slot_id, slot_starts_at,
    slot_ends_at, cutoff_at, state, revision, placed_at, contact, payment_method, substitution, goods_cents,
    discount_cents, deposit_cents, fee_cents, total_cents, maximum_cents, final_cents, agreed"""


async def order_of_shopper(reader: Connection, *, order_id: UUID, shopper_id: UUID) -> Order:
    """
    The order, for the person who placed it.

    :raises OrderNotFound: no such order, or somebody else's.
    """
    row = await reader.fetchrow(
        f"""
        select {ORDER_COLUMNS}
          from orders
         where store_id = $1 and order_id = $2 and (shopper_id = $3 or customer_id = $3)""",
        place_of(order_id),
        order_id,
        shopper_id,
    )
    if row is None:
        raise OrderNotFound
    return as_order(row)


async def order_of_cart(reader: Connection, *, cart_id: UUID, shopper_id: UUID) -> UUID | None:
    """The order that this person's basket has become."""
    order_id: UUID | None = await reader.fetchval(
        """
        select order_id
          from orders
         where store_id = $1 and customer_id = $3 and cart_id = $2""",
        place_of(cart_id),
        cart_id,
        shopper_id,
    )
    return order_id


async def order_of_store(reader: Connection, *, store_id: int, order_id: UUID) -> Order:
    """
    The order, for the store that prepares it.

    :raises OrderNotFound: this store has no such order.
    """
    row = await reader.fetchrow(
        f"select {ORDER_COLUMNS} from orders where store_id = $1 and order_id = $2", store_id, order_id
    )
    if row is None:
        raise OrderNotFound
    return as_order(row)


async def order_by_code(reader: Connection, *, store_id: int, code: str) -> Order:
    """
    The order a shopper names at the counter.

    :raises OrderNotFound: this store has no order of that code.
    """
    row = await reader.fetchrow(
        f"select {ORDER_COLUMNS} from orders where store_id = $1 and code = $2", store_id, code.upper()
    )
    if row is None:
        raise OrderNotFound
    return as_order(row)


async def lines(reader: Connection, *, store_id: int, order_id: UUID, revision: int) -> list[OrderLine]:
    rows = await reader.fetch(
        """
        select line_no, gtin, quantity, unit_price_cents, discount_cents, total_cents, maximum_cents,
               vat_basis_points, substitution, frozen
          from order_line
         where store_id = $1 and order_id = $2 and revision = $3
         order by line_no""",
        store_id,
        order_id,
        revision,
    )
    return [as_line(row) for row in rows]


async def orders_of_customer(
    reader: Connection, *, customer_ids: Sequence[UUID], before: datetime | None = None, limit: int = 20
) -> list[Order]:
    """
    The customer's orders, newest first; ``before`` pages on.

    :param customer_ids: a person may have several: the account's, and that of the browser before signing in.
    """
    rows = await reader.fetch(
        f"""
        select {ORDER_COLUMNS}
          from orders
         where customer_id = any($1::uuid[]) and ($2::timestamptz is null or placed_at < $2)
         order by placed_at desc
         limit $3""",
        customer_ids,
        before,
        min(limit, LISTED_MAX),
    )
    return [as_order(row) for row in rows]


async def orders_of_slots(
    reader: Connection, *, store_id: int, start: datetime, end: datetime, limit: int = 500
) -> list[Order]:
    """The store's orders whose slot starts in ``[start, end)``, by slot then placing."""
    rows = await reader.fetch(
        f"""
        select {ORDER_COLUMNS}
          from orders
         where store_id = $1 and slot_starts_at >= $2 and slot_starts_at < $3
         order by slot_starts_at, placed_at
         limit $4""",
        store_id,
        start,
        end,
        limit,
    )
    return [as_order(row) for row in rows]


async def history(reader: Connection, *, store_id: int, order_id: UUID) -> list[StateChange]:
    """What happened, in order of time."""
    rows = await reader.fetch(
        """
        select state, at, actor
          from order_state_change
         where store_id = $1 and order_id = $2
         order by at""",
        store_id,
        order_id,
    )
    return [StateChange(state=OrderState(row["state"]), at=row["at"], actor=row["actor"]) for row in rows]


async def arrival(reader: Connection, *, store_id: int, order_id: UUID) -> Arrival | None:
    """When the shopper said that they are there."""
    row = await reader.fetchrow(
        "select arrived_at, bay from arrival where store_id = $1 and order_id = $2", store_id, order_id
    )
    return Arrival(**dict(row.items())) if row else None


async def cancellation(reader: Connection, *, store_id: int, order_id: UUID) -> Cancellation | None:
    """Who cancelled the order, when and why."""
    row = await reader.fetchrow(
        """
        select cancelled_at, cancelled_by, reason
          from cancellation
         where store_id = $1 and order_id = $2""",
        store_id,
        order_id,
    )
    return Cancellation(**dict(row.items())) if row else None


def as_order(row: Record) -> Order:
    values = dict(row.items())
    return Order(**{**values, "state": OrderState(values["state"])})


def as_line(row: Record) -> OrderLine:
    values = dict(row.items())
    frozen = values.pop("frozen")
    return OrderLine(**values, product=msgspec.convert(frozen, FrozenProduct))
