"""Orders straight through the one database call, without a catalogue: for races and crashes."""

from datetime import datetime
from uuid import UUID, uuid4

from cabas.domain.checkout import records
from cabas.domain.checkout.model import fresh_code
from cabas.domain.orders.model import FrozenProduct, OrderLine, totals_of
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id

PRODUCT = FrozenProduct(
    name="Lait demi-écrémé",
    brand="Cabas",
    net_quantity=1000,
    net_unit="ml",
    sold_by="piece",
    zone="ambient",
    picture="glass-of-milk",
    location=10101,
    deposit_cents=0,
    minimum_age=0,
    retractable=True,
    category_id=10101,
)


def make_lines(count: int = 3) -> list[OrderLine]:
    return [
        OrderLine(
            line_no=number,
            gtin=3_000_000_000_000 + number,
            quantity=2,
            unit_price_cents=105,
            discount_cents=0,
            total_cents=210,
            maximum_cents=210,
            vat_basis_points=550,
            substitution="same_price",
            product=PRODUCT,
        )
        for number in range(1, count + 1)
    ]


async def make_cart(tx: Transaction, *, store_id: int, shopper_id: UUID, now: datetime) -> UUID:
    cart_id = new_id(now, store_id)
    await tx.execute(
        """
        insert into cart (store_id, cart_id, shopper_id, created_at, updated_at)
             values ($1, $2, $3, $4, $4)""",
        store_id,
        cart_id,
        shopper_id,
        now,
    )
    return cart_id


async def place(
    tx: Transaction,
    *,
    store_id: int,
    slot_id: int,
    now: datetime,
    shopper_id: UUID | None = None,
    cart_id: UUID | None = None,
    key: str | None = None,
    fingerprint: bytes = b"body",
    lines: int = 3,
    cart_version: datetime | None = None,
) -> tuple[str, UUID]:
    """``("created" | "replay" | "mismatch", order id)``."""
    shopper = shopper_id or uuid4()
    basket = cart_id or await make_cart(tx, store_id=store_id, shopper_id=shopper, now=now)
    order_lines = make_lines(lines)
    return await records.place_order(
        tx,
        store_id=store_id,
        order_id=new_id(now, store_id),
        shopper_id=shopper,
        key=key or str(uuid4()),
        fingerprint=fingerprint,
        cart_id=basket,
        cart_version=cart_version or now,
        customer_id=shopper,
        slot_id=slot_id,
        outbox_id=new_id(now, store_id),
        now=now,
        code=fresh_code(),
        payment_method="at_store",
        substitution="same_price",
        contact={"name": "Claire Dubois", "email": "claire@example.fr", "phone": ""},
        agreed={"legal_version": "2026-11"},
        totals=totals_of(order_lines, fee_cents=0),
        lines=order_lines,
    )
