"""
Private writes of baskets. A basket is a document (jsonb): a line is set by one statement, so two
devices that set different lines don't undo each other. ``updated_at`` is also the version that
the order checks, so it always moves forward.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.kit.db import Transaction


async def insert_cart(
    tx: Transaction,
    *,
    store_id: int,
    cart_id: UUID,
    shopper_id: UUID,
    customer_id: UUID | None,
    lines: dict[str, Any],
    substitution: str,
    now: datetime,
) -> None:
    await tx.execute(
        """
        insert into cart (store_id, cart_id, shopper_id, customer_id, lines, substitution, created_at, updated_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7)""",
        store_id,
        cart_id,
        shopper_id,
        customer_id,
        lines,
        substitution,
        now,
    )


async def set_line(
    tx: Transaction,
    *,
    store_id: int,
    cart_id: UUID,
    shopper_id: UUID,
    gtin: int,
    quantity: int,
    added_at: int,
    lines_max: int,
    now: datetime,
) -> bool:
    """False when the basket isn't there, isn't theirs, is ordered, or is full."""
    return (
        await tx.execute(
            """
            update cart
               set lines = lines || jsonb_build_object($4::text,
                       coalesce(lines -> $4::text, jsonb_build_object('at', $6::bigint))
                       || jsonb_build_object('q', $5::int)),
                   updated_at = greatest($8::timestamptz, updated_at + interval '1 microsecond')
             where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null
               and (lines ? $4::text or (select count(*) from jsonb_object_keys(lines)) < $7)""",
            store_id,
            cart_id,
            shopper_id,
            str(gtin),
            quantity,
            added_at,
            lines_max,
            now,
        )
        == 1
    )


async def remove_line(
    tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID, gtin: int, now: datetime
) -> bool:
    """The removed line is kept in ``removed`` for undo."""
    return (
        await tx.execute(
            """
            update cart
               set removed = case when lines ? $4::text
                                  then jsonb_build_object($4::text, lines -> $4::text) else removed end,
                   lines = lines - $4::text,
                   updated_at = greatest($5::timestamptz, updated_at + interval '1 microsecond')
             where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null""",
            store_id,
            cart_id,
            shopper_id,
            str(gtin),
            now,
        )
        == 1
    )


async def amend_line(
    tx: Transaction,
    *,
    store_id: int,
    cart_id: UUID,
    shopper_id: UUID,
    gtin: int,
    amendment: dict[str, Any],
    now: datetime,
) -> bool:
    """Merge note or substitution into a line that is there."""
    return (
        await tx.execute(
            """
            update cart
               set lines = jsonb_set(lines, array[$4::text], (lines -> $4::text) || $5::jsonb),
                   updated_at = greatest($6::timestamptz, updated_at + interval '1 microsecond')
             where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null
               and lines ? $4::text""",
            store_id,
            cart_id,
            shopper_id,
            str(gtin),
            amendment,
            now,
        )
        == 1
    )


async def empty(tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID, now: datetime) -> bool:
    return (
        await tx.execute(
            """
            update cart
               set removed = lines, lines = '{}',
                   updated_at = greatest($4::timestamptz, updated_at + interval '1 microsecond')
             where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null""",
            store_id,
            cart_id,
            shopper_id,
            now,
        )
        == 1
    )


async def restore(
    tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID, lines_max: int, now: datetime
) -> bool:
    """Put back what was last removed; lines added since then stay as they are."""
    return (
        await tx.execute(
            """
            update cart
               set lines = coalesce(removed, '{}') || lines, removed = null,
                   updated_at = greatest($4::timestamptz, updated_at + interval '1 microsecond')
             where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null
               and (select count(*) from jsonb_object_keys(coalesce(removed, '{}') || lines)) <= $5""",
            store_id,
            cart_id,
            shopper_id,
            now,
            lines_max,
        )
        == 1
    )


async def set_substitution(
    tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID, substitution: str, now: datetime
) -> bool:
    return (
        await tx.execute(
            """
            update cart
               set substitution = $4,
                   updated_at = greatest($5::timestamptz, updated_at + interval '1 microsecond')
             where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null""",
            store_id,
            cart_id,
            shopper_id,
            substitution,
            now,
        )
        == 1
    )


async def set_shown(
    tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID, shown: dict[str, int]
) -> None:
    """What checkout has just shown; not a change of the basket, so its version stays."""
    await tx.execute(
        "update cart set shown = $4 where store_id = $1 and cart_id = $2 and shopper_id = $3",
        store_id,
        cart_id,
        shopper_id,
        shown,
    )


async def set_owner(
    tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID, customer_id: UUID, now: datetime
) -> bool:
    """A guest signs in: the basket becomes the customer's."""
    return (
        await tx.execute(
            """
            update cart
               set shopper_id = $4, customer_id = $4,
                   updated_at = greatest($5::timestamptz, updated_at + interval '1 microsecond')
             where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null""",
            store_id,
            cart_id,
            shopper_id,
            customer_id,
            now,
        )
        == 1
    )


async def merge_lines(
    tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID, lines: dict[str, Any], now: datetime
) -> bool:
    return (
        await tx.execute(
            """
            update cart
               set lines = $4,
                   updated_at = greatest($5::timestamptz, updated_at + interval '1 microsecond')
             where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null""",
            store_id,
            cart_id,
            shopper_id,
            lines,
            now,
        )
        == 1
    )


async def delete_cart(tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID) -> None:
    await tx.execute(
        """
        delete from cart
         where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null""",
        store_id,
        cart_id,
        shopper_id,
    )


async def set_wishes(
    tx: Transaction, *, store_id: int, cart_id: UUID, shopper_id: UUID, wishes: dict[str, Any] | None
) -> bool:
    """What is ordered does not change by it: the version stays."""
    return (
        await tx.execute(
            """
            update cart set wishes = $4
             where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null""",
            store_id,
            cart_id,
            shopper_id,
            wishes,
        )
        == 1
    )
