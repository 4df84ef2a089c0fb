"""Intentions on the cagnotte. Each entry has a cause, and a cause is written once: repeating is harmless."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cabas.domain.loyalty import queries, records
from cabas.domain.loyalty.model import (
    NETWORK,
    Card,
    Earning,
    EarningOffer,
    EntryKind,
    Lot,
    OfferNotFound,
    new_card_number,
    parts_of,
)
from cabas.kit import audit
from cabas.kit.db import Transaction

_NUMBERS_TRIED = 5


async def open_card(tx: Transaction, *, customer_id: UUID, now: datetime) -> Card:
    """The customer's card: a new one, or the one they have."""
    for _ in range(_NUMBERS_TRIED):
        await records.insert_card(tx, customer_id=customer_id, number=new_card_number(), now=now)
        card = await queries.card_of(tx, customer_id=customer_id)
        if card is not None:
            return card
    raise AssertionError("ten billion numbers, and five in a row were taken")


async def earn_all(tx: Transaction, *, earnings: Sequence[Earning], now: datetime) -> int:
    """
    Credit orders, each once whatever is repeated; returns how many were new.

    Who has no card earns nothing: such earnings must not be given.
    """
    worth = [earning for earning in earnings if earning.cents > 0]
    if not worth:
        return 0
    await records.lock_cards(tx, [earning.customer_id for earning in worth])
    return await records.insert_earnings(tx, worth, now=now)


async def reverse(
    tx: Transaction,
    *,
    customer_id: UUID,
    cents: int,
    store_id: int,
    order_id: UUID,
    cause: str,
    now: datetime,
) -> int:
    """
    Take back what an order earned on goods that come back; returns the cents.

    Never more than the order earned, nor than is there and not set aside.

    :param cause: what the goods come back by; the same is taken back once.
    """
    cards = await records.lock_cards(tx, [customer_id])
    if not cards:
        return 0
    cause = f"reverse:{cause}"
    if await records.cause_is_known(tx, customer_id=customer_id, cause=cause):
        return 0
    earned = await records.earned_by(tx, customer_id=customer_id, order_id=order_id)
    taken = min(cents, earned, cards[0].available_cents)
    if taken <= 0:
        return 0
    await records.insert_taken(
        tx,
        customer_id=customer_id,
        kind=EntryKind.REVERSE,
        cause=cause,
        store_id=store_id,
        order_id=order_id,
        parts=parts_of(await records.lots(tx, customer_id=customer_id), taken),
        now=now,
    )
    return taken


async def expire_due(tx: Transaction, *, now: datetime, limit: int) -> int:
    """
    What is left of up to ``limit`` earnings whose end has come goes; returns how many.

    What is set aside for an order stays until the order has used it or let it go.
    """
    found = await records.run_out(tx, now=now, limit=limit)
    if not found:
        return 0
    cards = await records.lock_cards(tx, sorted({customer_id for customer_id, _ in found}))
    available = {card.customer_id: card.available_cents for card in cards}
    gone = 0
    for customer_id, lot in await records.run_out(tx, now=now, limit=limit):  # again, under the locks
        if available.get(customer_id, 0) >= lot.left_cents:
            available[customer_id] -= lot.left_cents
            await _expire(tx, customer_id, lot, now)
            gone += 1
    return gone


async def add_offer(tx: Transaction, offer: EarningOffer) -> None:
    """Adding the same offer again does nothing."""
    await records.insert_offer(tx, offer)


async def begin_offer(tx: Transaction, offer: EarningOffer, *, actor: str, now: datetime) -> None:
    """An offer of the retailer's; it stands in the journal with who made it. Processes know it within a minute."""
    await records.insert_offer(tx, offer)
    await _tell_journal(tx, offer, "loyalty.offer_begun", actor=actor, now=now)


async def end_offer(tx: Transaction, *, offer_id: UUID, actor: str, now: datetime) -> None:
    """
    It earns no more from now on; orders placed before keep what they were shown. Saying it again is harmless.

    :raises OfferNotFound: there is no such offer.
    """
    offer = await records.lock_offer(tx, offer_id)
    if offer is None:
        raise OfferNotFound
    if offer.ends_at <= now:
        return
    if offer.starts_at >= now:
        await records.delete_offer(tx, offer_id)
    else:
        await records.update_offer_end(tx, offer_id, ends_at=now)
    await _tell_journal(tx, offer, "loyalty.offer_ended", actor=actor, now=now)


async def _tell_journal(
    tx: Transaction, offer: EarningOffer, action: str, *, actor: str, now: datetime
) -> None:
    await audit.record(
        tx,
        store_id=offer.store_id,
        actor=actor,
        action=action,
        subject=f"loyalty_offer:{offer.offer_id}",
        detail={"label": offer.label, "kind": offer.kind.value, "amount": offer.amount},
        now=now,
    )


async def _expire(tx: Transaction, customer_id: UUID, lot: Lot, now: datetime) -> None:
    await records.insert_taken(
        tx,
        customer_id=customer_id,
        kind=EntryKind.EXPIRE,
        cause=f"expire:{lot.entry_id}",
        store_id=NETWORK,
        order_id=None,
        parts=parts_of([lot], lot.left_cents),
        now=now,
    )
