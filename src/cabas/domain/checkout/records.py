"""The order's one call to the database."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NotRequired, TypedDict, Unpack
from uuid import UUID

import asyncpg

from cabas.domain.checkout.model import CartChanged, InFlight, TooManyOrders
from cabas.domain.orders.model import OrderLine, Totals
from cabas.domain.slots.operations import slot_refusals
from cabas.kit.db import Record, Transaction

PLACE_ORDER = """
    select outcome, placed_order
      from place_order($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                       $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)"""
_REFUSALS: dict[str | None, type[CartChanged] | type[TooManyOrders]] = {
    "P0S05": CartChanged,
    "P0S06": TooManyOrders,
}
_KEY_TABLE = "checkout_key"


class CodeTaken(Exception):
    """The store has an order of this code already: draw another."""


class OrderValues(TypedDict):
    """The arguments of the call. ``open_orders_max`` None or left out: no limit."""

    store_id: int
    order_id: UUID
    shopper_id: UUID
    key: str
    fingerprint: bytes
    cart_id: UUID
    cart_version: datetime
    customer_id: UUID
    slot_id: int
    outbox_id: UUID
    now: datetime
    code: str
    payment_method: str
    substitution: str
    contact: dict[str, Any]
    agreed: dict[str, Any]
    totals: Totals
    lines: Sequence[OrderLine]
    open_orders_max: NotRequired[int | None]


async def place_order(tx: Transaction, **order: Unpack[OrderValues]) -> tuple[str, UUID]:
    """
    ``("created" | "replay" | "mismatch", order id)``; all of it is written or nothing is.

    :raises CodeTaken: draw another code and call again.
    :raises CartChanged: the basket is not the one that was priced.
    :raises TooManyOrders: the customer has ``open_orders_max`` under way in this store.
    :raises InFlight: another call with this key isn't through yet, and was waited for in vain.
    """
    with _order_refusals():
        row = await tx.fetchrow(PLACE_ORDER, *_arguments(order))
    if row is None:
        raise RuntimeError("place_order always answers one row")
    return row["outcome"], row["placed_order"]


async def place_orders(tx: Transaction, orders: Sequence[OrderValues]) -> None:
    """
    The same call for each, sent without waiting for the answers: see afterwards which were written.

    :raises CodeTaken, CartChanged, TooManyOrders, InFlight: of any of them; undo all, then call one by one.
    """
    with _order_refusals():
        await tx.executemany(PLACE_ORDER, [_arguments(order) for order in orders])


def _arguments(order: OrderValues) -> tuple[Any, ...]:
    """In the order of the function's parameters."""
    totals, lines = order["totals"], order["lines"]
    return (
        order["store_id"],
        order["order_id"],
        order["shopper_id"],
        order["key"],
        order["fingerprint"],
        order["cart_id"],
        order["cart_version"],
        order["customer_id"],
        order["slot_id"],
        order["outbox_id"],
        order["now"],
        order["code"],
        order["payment_method"],
        order["substitution"],
        order["contact"],
        order["agreed"],
        totals.goods_cents,
        totals.discount_cents,
        totals.deposit_cents,
        totals.fee_cents,
        totals.maximum_cents,
        [line.gtin for line in lines],
        [line.quantity for line in lines],
        [line.unit_price_cents for line in lines],
        [line.discount_cents for line in lines],
        [line.total_cents for line in lines],
        [line.maximum_cents for line in lines],
        [line.vat_basis_points for line in lines],
        [line.substitution for line in lines],
        [line.product for line in lines],
        order.get("open_orders_max"),
    )


@contextmanager
def _order_refusals() -> Iterator[None]:
    """Turns what `place_order` raises in the database into our refusals."""
    try:
        with slot_refusals():
            yield
    except asyncpg.UniqueViolationError as problem:
        if problem.constraint_name == "orders_by_code":
            raise CodeTaken from problem
        raise
    except asyncpg.LockNotAvailableError as problem:
        if _KEY_TABLE in (problem.context or ""):  # where in the function it waited
            raise InFlight from problem
        raise
    except asyncpg.PostgresError as problem:
        refusal = _REFUSALS.get(problem.sqlstate)
        if refusal is None:
            raise
        raise refusal from problem


async def select_key(
    tx: Transaction, *, store_id: int, shopper_id: UUID, key: str
) -> tuple[bytes, UUID] | None:
    """What this key was used for: the request's fingerprint and its order."""
    row = await tx.fetchrow(
        """
        select fingerprint, order_id
          from checkout_key
         where store_id = $1 and shopper_id = $2 and key = $3""",
        store_id,
        shopper_id,
        key,
    )
    return (row["fingerprint"], row["order_id"]) if row else None


async def lock_carts(tx: Transaction, *, store_id: int, cart_ids: Sequence[UUID]) -> list[Record]:
    """Baskets of the store, which nobody else changes until the transaction ends."""
    return await tx.fetch(
        """
        select store_id, cart_id, shopper_id, customer_id, lines, substitution, shown, updated_at, ordered_at
          from cart
         where store_id = $1 and cart_id = any($2::uuid[])
         order by cart_id
           for update""",
        store_id,
        cart_ids,
    )


async def open_orders(
    tx: Transaction, *, store_id: int, customer_ids: Sequence[UUID], now: datetime
) -> dict[UUID, int]:
    """
    How many orders these customers have under way in the store, as `place_order` counts them.

    Nobody else adds one until the transaction ends: the locks are those of `place_order`.
    """
    await tx.execute(
        """
        select pg_advisory_xact_lock($1, h)
          from (select distinct hashtext(c::text) as h from unnest($2::uuid[]) as c order by 1) as sorted""",
        store_id,
        customer_ids,
    )
    rows = await tx.fetch(
        """
        select customer_id, count(*) as open
          from orders
         where customer_id = any($2::uuid[]) and store_id = $1 and placed_at > $3::timestamptz - interval '30 days'
           and state not in ('handed_over', 'cancelled')
         group by customer_id""",
        store_id,
        customer_ids,
        now,
    )
    return {row["customer_id"]: row["open"] for row in rows}


async def select_written(tx: Transaction, *, store_id: int, order_ids: Sequence[UUID]) -> set[UUID]:
    rows = await tx.fetch(
        "select order_id from orders where store_id = $1 and order_id = any($2::uuid[])", store_id, order_ids
    )
    return {row["order_id"] for row in rows}
