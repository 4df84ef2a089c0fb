"""The order's one call to the database."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from cabas.domain.checkout.model import CartChanged, InFlight, TooManyOrders
from cabas.domain.orders.model import OrderLine, Totals
from cabas.domain.slots.operations import slot_refusals
from cabas.kit.db import Transaction

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


async def place_order(
    tx: Transaction,
    *,
    store_id: int,
    order_id: UUID,
    shopper_id: UUID,
    key: str,
    fingerprint: bytes,
    cart_id: UUID,
    cart_version: datetime,
    customer_id: UUID,
    slot_id: int,
    outbox_id: UUID,
    now: datetime,
    code: str,
    payment_method: str,
    substitution: str,
    contact: dict[str, Any],
    agreed: dict[str, Any],
    totals: Totals,
    lines: Sequence[OrderLine],
    open_orders_max: int | None = None,
) -> tuple[str, UUID]:
    """
    ``("created" | "replay" | "mismatch", order id)``; all of it is written or nothing is.

    :raises CodeTaken: draw another code and call again.
    :raises CartChanged: the basket is not the one that was priced.
    :raises TooManyOrders: the customer has ``open_orders_max`` under way in this store (None: no limit).
    :raises InFlight: another call with this key isn't through yet, and was waited for in vain.
    """
    try:
        with slot_refusals():
            row = await tx.fetchrow(
                PLACE_ORDER,
                store_id,
                order_id,
                shopper_id,
                key,
                fingerprint,
                cart_id,
                cart_version,
                customer_id,
                slot_id,
                outbox_id,
                now,
                code,
                payment_method,
                substitution,
                contact,
                agreed,
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
                open_orders_max,
            )
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
    if row is None:
        raise RuntimeError("place_order always answers one row")
    return row["outcome"], row["placed_order"]


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
