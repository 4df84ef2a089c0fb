"""Cards with something in them, and offers that earn."""

from datetime import datetime, timedelta
from uuid import UUID

from cabas.domain.loyalty import holding, queries
from cabas.domain.loyalty import operations as loyalty
from cabas.domain.loyalty.model import NETWORK, Card, Earning, EarningKind, EarningOffer, Hold
from cabas.invariants import INVARIANTS
from cabas.kit.db import Connection, Transaction
from cabas.kit.ids import new_id
from factories.customers import make_customer

A_YEAR = timedelta(days=365)
_SUMS = next(one for one in INVARIANTS if one.name == "cagnottes_add_up")


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


async def held_for(tx: Transaction, card: Card, cents: int, *, now: datetime, key: str = "") -> Hold:
    """Set aside for an order that exists nowhere else."""
    order_id = new_id(now, 1)
    return await holding.hold(
        tx,
        key=key or f"{order_id}.1",
        customer_id=card.customer_id,
        cents=cents,
        store_id=1,
        order_id=order_id,
        now=now,
    )


async def spend(tx: Transaction, card: Card, cents: int, *, now: datetime) -> Hold:
    hold = await held_for(tx, card, cents, now=now)
    return await holding.capture(tx, key=hold.key, cents=cents, now=now)


async def adds_up(reader: Connection, card: Card, cents: int) -> None:
    """The balance is this, and the sum of the ledger."""
    held = await queries.card_of(reader, customer_id=card.customer_id)
    assert held is not None
    assert held.balance_cents == cents
    assert await reader.fetch(_SUMS.breach) == []
