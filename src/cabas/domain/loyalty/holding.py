"""
Paying out of the cagnotte: set aside, then take what the order came to, or let go; give back what was too much.

Each is repeated under its key with one effect, and done under the lock of the card.
"""

from datetime import datetime
from uuid import UUID

from cabas.domain.loyalty import queries, records
from cabas.domain.loyalty.model import (
    BalanceTooSmall,
    CardNotFound,
    EntryKind,
    Hold,
    HoldNotFound,
    expires_at,
    parts_of,
)
from cabas.kit.db import Transaction


async def hold(
    tx: Transaction,
    *,
    key: str,
    customer_id: UUID,
    cents: int,
    store_id: int,
    order_id: UUID,
    now: datetime,
) -> Hold:
    """
    Set ``cents`` (above 0) aside for an order.

    :raises CardNotFound: the customer has no card.
    :raises BalanceTooSmall: less than that is there and not set aside already.
    """
    cards = await records.lock_cards(tx, [customer_id])
    if not cards:
        raise CardNotFound
    known = await queries.hold_of(tx, key=key)
    if known is not None:
        return known
    if cards[0].available_cents < cents:
        raise BalanceTooSmall
    fresh = Hold(
        key=key,
        customer_id=customer_id,
        store_id=store_id,
        order_id=order_id,
        cents=cents,
        captured_cents=0,
        returned_cents=0,
        ended_at=None,
    )
    await records.insert_hold(tx, fresh, now=now)
    return fresh


async def capture(tx: Transaction, *, key: str, cents: int, now: datetime) -> Hold:
    """
    Spend ``cents`` of what was set aside, what expires first before the rest; the rest of it is free again.

    :raises HoldNotFound: nothing was set aside under this key, or it was let go.
    """
    held = await _locked(tx, key)
    if held.ended_at is not None:
        if held.captured_cents == 0:
            raise HoldNotFound
        return held
    spent = min(cents, held.cents)
    await records.update_hold_ended(tx, held, captured_cents=spent, now=now)
    if spent > 0:
        await records.insert_taken(
            tx,
            customer_id=held.customer_id,
            kind=EntryKind.SPEND,
            cause=f"spend:{key}",
            store_id=held.store_id,
            order_id=held.order_id,
            parts=parts_of(await records.lots(tx, customer_id=held.customer_id), spent),
            now=now,
        )
    return await _known(tx, key)


async def release(tx: Transaction, *, key: str, now: datetime) -> Hold:
    """
    What was set aside is free again. What was spent stays so: see the answer.

    :raises HoldNotFound: nothing was set aside under this key.
    """
    held = await _locked(tx, key)
    await records.update_hold_ended(tx, held, captured_cents=0, now=now)
    return await _known(tx, key)


async def give_back(tx: Transaction, *, key: str, total_cents: int, months: int, now: datetime) -> Hold:
    """
    Give back until ``total_cents`` of what was spent came back, all in all.

    :param months: how long what comes back is good for.
    :raises HoldNotFound: nothing was set aside under this key.
    """
    held = await _locked(tx, key)
    total = min(total_cents, held.captured_cents)
    if total > held.returned_cents:
        await records.insert_return(
            tx,
            hold=held,
            cents=total - held.returned_cents,
            cause=f"return:{key}:{total}",
            expires_at=expires_at(now, months=months),
            now=now,
        )
        await records.update_hold_returned(tx, key=key, returned_cents=total)
    return await _known(tx, key)


async def _locked(tx: Transaction, key: str) -> Hold:
    """As it stands under its card's lock."""
    held = await _known(tx, key)
    await records.lock_cards(tx, [held.customer_id])
    return await _known(tx, key)


async def _known(tx: Transaction, key: str) -> Hold:
    held = await queries.hold_of(tx, key=key)
    if held is None:
        raise HoldNotFound
    return held
