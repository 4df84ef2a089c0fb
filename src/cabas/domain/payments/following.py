"""
Following the bank: ask for the truth, write it down, do the next step. Any number of workers may do it.

A tender is taken by a lease, as a message is. No connection to the database is held while the bank is
waited for; what it says is applied to the row as it stands then (`model.follow`), so that whatever was
decided meanwhile counts, and a worker that dies is repeated by the next.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec

from cabas.domain.payments import records
from cabas.domain.payments.model import (
    UNDECIDED,
    Act,
    Kind,
    OutOfBounds,
    Seen,
    State,
    Step,
    Tender,
    follow,
    give_up,
    next_step,
)
from cabas.domain.payments.ports import BankAway, BankRefused, CardBank, NewPayment
from cabas.kit.clock import Clock
from cabas.kit.db import Database, Transaction

LEASE = timedelta(minutes=2)
AT_A_TIME = 8
STEPS_MAX = 5
"""Of one tender in a row: look, capture, refund, and some that met a change of mind."""

LOOKED_EVERY = timedelta(seconds=60)
"""At a payment under way, should the bank's word for its end be lost."""

BACKOFF_FIRST = timedelta(seconds=5)
BACKOFF_MAX = timedelta(minutes=15)
_BACKOFF_DOUBLINGS = 12
_log = logging.getLogger("cabas.payments")

OnFailed = Callable[[Transaction, Tender, datetime], Awaitable[None]]
"""Told, in the transaction of the fact, that a payment by card has failed, and when."""


async def authorise(
    database: Database, bank: CardBank, tender: Tender, payment: NewPayment, *, clock: Clock
) -> Tender:
    """
    Ask the bank for a page where the shopper authorises the tender, which then has it.

    :raises BankAway, BankRefused: it has none to give; the tender stays as it was.
    """
    seen = await bank.open(payment)
    return await _write(database, tender, seen, clock=clock) or tender


async def follow_round(
    database: Database,
    clock: Clock,
    *,
    bank: CardBank,
    on_failed: OnFailed,
    limit: int,
    kind: Kind = Kind.CARD,
) -> int:
    """Follow up to ``limit`` due payments of the kind that this bank keeps; returns how many were taken."""
    now = clock.now()
    async with database.transaction() as tx:
        due = await records.take_due(tx, kinds=[kind], until=now + LEASE, now=now, limit=limit)
    gate = asyncio.Semaphore(AT_A_TIME)

    async def follow_one(tender: Tender) -> None:
        async with gate:
            try:
                await _follow(database, clock, bank, tender, on_failed)
            except Exception:  # one payment that can't be followed must not keep the others
                _log.exception("payment %s", tender.key)

    await asyncio.gather(*(follow_one(tender) for tender in due))
    return len(due)


async def _follow(
    database: Database, clock: Clock, bank: CardBank, tender: Tender, on_failed: OnFailed
) -> None:
    try:
        seen = await bank.look(tender.key)
        for _ in range(STEPS_MAX):
            current = await _write(database, tender, seen, clock=clock, on_failed=on_failed)
            if current is None:
                return
            step = next_step(current, now=clock.now())
            if step.act in (Act.REST, Act.WAIT):
                return
            seen = await _act(bank, current, step)
    except BankAway as away:
        await _again(database, clock, tender, str(away))
    except OutOfBounds as wrong:
        _log.error("the bank tells what can't be: %s", wrong)
        await _again(database, clock, tender, "out_of_bounds")
    except BankRefused as refused:
        await _refused(database, clock, tender, refused.code, on_failed)


async def _act(bank: CardBank, tender: Tender, step: Step) -> Seen | None:
    match step.act:
        case Act.CAPTURE:
            return await bank.capture(tender.key, step.cents)
        case Act.REFUND:
            return await bank.refund(tender.key, total_cents=tender.refunded_cents + step.cents)
        case _ if tender.state is State.OPEN and not tender.reference:
            return None  # the bank never heard of it
        case _:
            return await bank.release(tender.key)


async def _write(
    database: Database,
    tender: Tender,
    seen: Seen | None,
    *,
    clock: Clock,
    on_failed: OnFailed | None = None,
) -> Tender | None:
    """The row as it stands, brought to what the bank says; None: it is gone."""
    now = clock.now()
    async with database.transaction() as tx:
        current = await records.lock_tender(
            tx, store_id=tender.store_id, order_id=tender.order_id, number=tender.number
        )
        if current is None:
            return None
        if seen is not None:
            after = follow(current, seen)
        elif current.state in UNDECIDED and next_step(current, now=now).act is Act.RELEASE:
            after = give_up(current, "not_authorised")
        else:
            after = current
        step = next_step(after, now=now)
        after = msgspec.structs.replace(after, next_at=_next_at(after, step, now=now))
        await records.update_tender(tx, after)
        if after.state is State.FAILED and current.state is not State.FAILED and on_failed is not None:
            await on_failed(tx, after, now)
    return after


def _next_at(tender: Tender, step: Step, *, now: datetime) -> datetime | None:
    match step.act:
        case Act.REST:
            return None
        case Act.WAIT:
            return min(now + LOOKED_EVERY, tender.expires_at)
        case _:
            return now + LEASE  # done in a moment, by whoever asks


async def _again(database: Database, clock: Clock, tender: Tender, problem: str) -> None:
    now = clock.now()
    async with database.transaction() as tx:
        current = await records.lock_tender(
            tx, store_id=tender.store_id, order_id=tender.order_id, number=tender.number
        )
        if current is None or current.next_at is None:
            return
        attempts = current.attempts + 1
        wait = min(BACKOFF_FIRST * (1 << min(attempts - 1, _BACKOFF_DOUBLINGS)), BACKOFF_MAX)
        spread = wait * random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, hides nothing)
        await records.update_tender(
            tx, msgspec.structs.replace(current, attempts=attempts, problem=problem, next_at=now + spread)
        )


async def _refused(database: Database, clock: Clock, tender: Tender, code: str, on_failed: OnFailed) -> None:
    """A no to a capture ends it: paid at the counter. A no to anything else is for people to see; asked again."""
    now = clock.now()
    async with database.transaction() as tx:
        current = await records.lock_tender(
            tx, store_id=tender.store_id, order_id=tender.order_id, number=tender.number
        )
        if current is not None and current.state is State.HELD and current.wanted_cents:
            failed = give_up(current, code)
            await records.update_tender(tx, failed)
            await on_failed(tx, failed, now)
            return
    _log.error("payment %s: the bank refuses: %s", tender.key, code)
    await _again(database, clock, tender, code)
