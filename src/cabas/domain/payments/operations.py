"""Intentions: begin to pay by card, say what is to remain taken, be paid at the counter. Never asks a bank."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.payments import records
from cabas.domain.payments.model import (
    AUTHORISED_WITHIN,
    NUMBER_MAX,
    Kind,
    State,
    Tender,
    TendersFull,
    shares,
)
from cabas.kit.db import Transaction
from cabas.kit.ids import parse_id, place_of

_ENDED = frozenset({State.RELEASED, State.FAILED})


async def open_card(
    tx: Transaction, *, store_id: int, order_id: UUID, maximum_cents: int, now: datetime
) -> Tender:
    """
    A payment by card begins, or the one under way: an order has one at a time.

    Called once the order is acknowledged, never with it.

    :raises TendersFull: too many attempts.
    """
    for _ in range(2):  # the second time after another one was faster
        known = await records.lock_tenders(tx, store_id=store_id, order_id=order_id)
        for tender in known:
            under_way = tender.state in (State.HELD, State.CAPTURED) or tender.authorisable(now)
            if tender.kind is Kind.CARD and under_way:
                return tender
        if len(known) >= NUMBER_MAX:
            raise TendersFull
        fresh = Tender(
            store_id=store_id,
            order_id=order_id,
            number=len(known) + 1,
            kind=Kind.CARD,
            state=State.OPEN,
            maximum_cents=maximum_cents,
            opened_at=now,
            expires_at=now + AUTHORISED_WITHIN,
            next_at=now + AUTHORISED_WITHIN,
        )
        if await records.insert_tender(tx, fresh):
            return fresh
    raise TendersFull


async def add_tender(tx: Transaction, tender: Tender) -> bool:
    """One of another kind, as its own context made it. False: the order has one of this number."""
    return await records.insert_tender(tx, tender)


async def want(
    tx: Transaction, *, store_id: int, order_id: UUID, final_cents: int, now: datetime
) -> list[Tender]:
    """
    What the order comes to is known: the final amount once it is picked, 0 when it is cancelled.

    Each tender is told its share; a worker leads it there. Saying it again is harmless, and saying less
    gives the difference back.
    """
    known = await records.lock_tenders(tx, store_id=store_id, order_id=order_id)
    return await _tell(tx, known, final_cents=final_cents, now=now)


async def collect(
    tx: Transaction, *, store_id: int, order_id: UUID, final_cents: int, cents: int, now: datetime
) -> None:
    """
    So much was paid at the counter: the card keeps or takes what is left to it then, and no more.

    Whatever turns out to have been taken from the card nevertheless is given back by the worker.
    """
    if not 0 < cents <= final_cents:
        raise ValueError(f"{cents} of {final_cents} cents were paid at the counter")
    known = await records.lock_tenders(tx, store_id=store_id, order_id=order_id)
    await _tell(tx, known, final_cents=final_cents - cents, now=now)
    await records.insert_tender(
        tx,
        Tender(
            store_id=store_id,
            order_id=order_id,
            number=len(known) + 1,
            kind=Kind.AT_STORE,
            state=State.CAPTURED,
            maximum_cents=cents,
            held_cents=cents,
            captured_cents=cents,
            wanted_cents=cents,
            opened_at=now,
            expires_at=now,
        ),
    )


async def _tell(tx: Transaction, known: Sequence[Tender], *, final_cents: int, now: datetime) -> list[Tender]:
    """Each its share of this, what was paid at the counter left out."""
    wanted = shares([one for one in known if one.kind is not Kind.AT_STORE], final_cents=final_cents)
    told = []
    for tender in known:
        share = wanted.get(tender.number)
        if share is not None and tender.state not in _ENDED and tender.wanted_cents != share:
            after = msgspec.structs.replace(tender, wanted_cents=share, next_at=now)
            await records.update_tender(tx, after)
            told.append(after)
        else:
            told.append(tender)
    return told


async def wake(tx: Transaction, *, key: str, now: datetime) -> bool:
    """
    Something may have happened at the bank: a worker is to ask. Says nothing about what it was.

    :param key: of `Tender.key`. False: there is no such payment under way.
    """
    text, _, number = key.partition(".")
    order_id = parse_id(text)
    if order_id is None or not (number.isascii() and number.isdigit() and len(number) <= 2):
        return False
    woken = await records.update_next(
        tx,
        store_id=place_of(order_id),
        order_id=order_id,
        number=int(number),
        kind=Kind.CARD,
        next_at=now,
    )
    return bool(woken)
