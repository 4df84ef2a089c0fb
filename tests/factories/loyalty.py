"""Cards with something in them, and offers that earn."""

from datetime import datetime, timedelta
from uuid import UUID

from cabas.domain.loyalty import operations as loyalty
from cabas.domain.loyalty.model import NETWORK, Card, Earning, EarningKind, EarningOffer
from cabas.kit.db import Transaction
from cabas.kit.ids import new_id
from factories.customers import make_customer

A_YEAR = timedelta(days=365)


async def make_card(tx: Transaction, *, now: datetime, **customer: str) -> Card:
    """Of a new customer."""
    customer_id = await make_customer(tx, now=now, **customer)
    return await loyalty.open_card(tx, customer_id=customer_id, now=now)


async def make_offer(
    tx: Transaction,
    *,
    now: datetime,
    kind: str = "percent",
    amount: int = 10,
    gtin: int | None = None,
    category_id: int | None = None,
    store_id: int = NETWORK,
    label: str = "Les pâtes rapportent",
) -> EarningOffer:
    """One that runs from yesterday on, for a week."""
    offer = EarningOffer(
        offer_id=new_id(now),
        store_id=store_id,
        label=label,
        kind=EarningKind(kind),
        amount=amount,
        gtin=gtin,
        category_id=category_id,
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=7),
    )
    await loyalty.add_offer(tx, offer)
    return offer


def earning_of(
    customer_id: UUID, cents: int, *, now: datetime, good_for: timedelta = A_YEAR, store_id: int = 1
) -> Earning:
    """Of an order that exists nowhere else."""
    return Earning(
        customer_id=customer_id,
        store_id=store_id,
        order_id=new_id(now, store_id),
        cents=cents,
        expires_at=now + good_for,
    )
