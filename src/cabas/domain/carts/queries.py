"""Public reads of baskets. The shopper is part of each look-up: no one reads another's basket."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.carts.model import Cart, CartLine, CartNotFound, PricedCart, Substitution, price_cart
from cabas.domain.catalog import queries as catalog
from cabas.kit.db import Connection, Record
from cabas.kit.ids import place_of

_COLUMNS = (
    """store_id, cart_id, shopper_id, customer_id, lines, substitution, shown, updated_at, ordered_at"""
)


async def cart(reader: Connection, *, cart_id: UUID, shopper_id: UUID) -> Cart:
    """
    The shopper's basket.

    :raises CartNotFound: no such basket, or somebody else's.
    """
    row = await reader.fetchrow(
        f"""
        select {_COLUMNS}
          from cart
         where store_id = $1 and cart_id = $2 and shopper_id = $3""",
        place_of(cart_id),
        cart_id,
        shopper_id,
    )
    if row is None:
        raise CartNotFound
    return as_cart(row)


async def open_cart_of(reader: Connection, *, store_id: int, shopper_id: UUID) -> Cart | None:
    """The basket the shopper last filled in this store and has not ordered."""
    row = await reader.fetchrow(
        f"""
        select {_COLUMNS}
          from cart
         where store_id = $1 and shopper_id = $2 and ordered_at is null
         order by updated_at desc
         limit 1""",
        store_id,
        shopper_id,
    )
    return as_cart(row) if row else None


async def quantities(reader: Connection, *, cart_id: UUID, shopper_id: UUID) -> dict[int, int]:
    """What is in the basket, by GTIN, for the marks on product cards; empty when there is none."""
    row = await reader.fetchrow(
        """
        select lines
          from cart
         where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null""",
        place_of(cart_id),
        cart_id,
        shopper_id,
    )
    return {int(gtin): line["q"] for gtin, line in row["lines"].items()} if row else {}


async def wishes(reader: Connection, *, cart_id: UUID, shopper_id: UUID) -> dict[str, Any] | None:
    """The slots that the shopper would like, as `operations.keep_wishes` was given them."""
    kept: dict[str, Any] | None = await reader.fetchval(
        "select wishes from cart where store_id = $1 and cart_id = $2 and shopper_id = $3",
        place_of(cart_id),
        cart_id,
        shopper_id,
    )
    return kept


async def restorable(reader: Connection, *, cart_id: UUID, shopper_id: UUID) -> int:
    """How many lines `restore_cart` would put back."""
    count: int | None = await reader.fetchval(
        """
        select count(*)
          from cart, jsonb_object_keys(coalesce(removed, '{}'))
         where store_id = $1 and cart_id = $2 and shopper_id = $3 and ordered_at is null""",
        place_of(cart_id),
        cart_id,
        shopper_id,
    )
    return count or 0


async def names(reader: Connection, *, gtins: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Name and picture of products that a store may not sell (lines of a basket that moved)."""
    if not gtins:
        return {}
    rows = await reader.fetch("select gtin, name, picture from product where gtin = any($1::bigint[])", gtins)
    return {row["gtin"]: (row["name"], row["picture"]) for row in rows}


async def priced(
    reader: Connection, cart: Cart, *, now: datetime, weight_tolerance_percent: int
) -> PricedCart:
    """The basket at the store's prices of this instant."""
    offers = await catalog.offers_for(
        reader, store_id=cart.store_id, gtins=[line.gtin for line in cart.lines], now=now
    )
    return price_cart(cart.lines, offers, weight_tolerance_percent=weight_tolerance_percent)


def as_cart(row: Record, *, store_id: int | None = None) -> Cart:
    """:param store_id: when the row's own column is another table's."""
    return Cart(
        store_id=row["store_id"] if store_id is None else store_id,
        cart_id=row["cart_id"],
        shopper_id=row["shopper_id"],
        customer_id=row["customer_id"],
        lines=_lines(row["lines"]),
        substitution=Substitution(row["substitution"]),
        shown=row["shown"],
        updated_at=row["updated_at"],
        ordered_at=row["ordered_at"],
    )


def _lines(document: dict[str, dict[str, Any]]) -> tuple[CartLine, ...]:
    ordered = sorted(document.items(), key=lambda item: item[1].get("at", 0))
    return tuple(
        CartLine(
            gtin=int(gtin),
            quantity=line["q"],
            note=line.get("note", ""),
            substitution=Substitution(line["sub"]) if line.get("sub") else None,
        )
        for gtin, line in ordered
    )
