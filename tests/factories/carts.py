"""Baskets for tests, over the products of `factories.shop`."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

from cabas.domain.carts import operations as carts
from cabas.domain.carts import queries
from cabas.domain.carts.model import Cart
from cabas.domain.catalog.model import Offer, RunningPromotion
from cabas.kit.db import Transaction
from cabas.policies import DEFAULTS


async def make_cart(
    tx: Transaction,
    *,
    now: datetime,
    lines: Mapping[int, int],
    store_id: int = 1,
    shopper_id: UUID | None = None,
    customer_id: UUID | None = None,
) -> Cart:
    """A basket with these quantities by GTIN."""
    shopper = shopper_id or uuid4()
    cart_id = await carts.open_cart(
        tx, store_id=store_id, shopper_id=shopper, customer_id=customer_id, now=now
    )
    for gtin, quantity in lines.items():
        await set_line(tx, cart_id, shopper, gtin, quantity, now)
    return await queries.cart(tx, cart_id=cart_id, shopper_id=shopper)


async def set_line(
    tx: Transaction, cart_id: UUID, shopper_id: UUID, gtin: int, quantity: int, now: datetime
) -> None:
    """`carts.set_line` within the retailer's bounds."""
    await carts.set_line(
        tx,
        cart_id=cart_id,
        shopper_id=shopper_id,
        gtin=gtin,
        quantity=quantity,
        now=now,
        lines_max=DEFAULTS.cart_lines_max,
        pieces_max=DEFAULTS.pieces_max,
        grams_max=DEFAULTS.grams_max,
    )


def make_offer(
    gtin: int = 3_760_000_000_011,
    *,
    price_cents: int = 100,
    sold_by: str = "piece",
    status: int = 1,
    deposit_cents: int = 0,
    minimum_age: int = 0,
    promotion: tuple[str, dict[str, int]] | None = None,
    ends_at: datetime | None = None,
) -> Offer:
    """An offer as `catalog.offers_for` reads it."""
    running = None
    if promotion:
        kind, terms = promotion
        running = RunningPromotion(kind=kind, terms=terms, label=kind, ends_at=ends_at or datetime.max)  # noqa: DTZ901 - never compared
    return Offer(
        gtin=gtin,
        name=f"Produit {gtin}",
        brand="Moulin",
        net_quantity=500,
        net_unit="g",
        sold_by=sold_by,
        price_cents=price_cents,
        unit_price_cents=price_cents * 2,
        unit_basis="kg",
        vat_basis_points=550,
        deposit_cents=deposit_cents,
        zone="ambient",
        location=0,
        picture="spaghetti",
        minimum_age=minimum_age,
        retractable=True,
        category_id=10101,
        sellable=True,
        status=status,
        promotion=running,
    )
