"""
Sending: take, write out, hand over, note what became of it. Any number of workers may do it.

A delivery is taken by a lease: while a worker has it, nobody else does; a worker that dies loses
it when the lease ends. No connection to the database is held while a mail server is waited for.
Who dies between handing over and noting it hands over again: the ``Message-ID`` is the same.
"""

import asyncio
import logging
from datetime import timedelta

import msgspec

from cabas.domain.messages import operations, queries, records
from cabas.domain.messages.model import (
    ATTEMPTS_MAX,
    Channel,
    Delivery,
    SubscriptionGone,
    TransportError,
    next_try,
)
from cabas.domain.messages.ports import Mailer, Pusher, Scribe
from cabas.kit.clock import Clock
from cabas.kit.db import Database

LEASE = timedelta(minutes=5)
AT_A_TIME = 8
SECONDS_MAX = 25.0
"""One delivery; ``limit`` / ``AT_A_TIME`` of them must fit into a lease."""

ROUND_MAX = 80
_log = logging.getLogger("cabas.messages")


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """Who writes out and who carries. ``pusher`` None: notifications are not set up here."""

    scribe: Scribe
    mailer: Mailer
    pusher: Pusher | None


async def send_round(database: Database, clock: Clock, *, post: Post, limit: int) -> int:
    """Send up to ``limit`` due deliveries; returns how many were taken."""
    now = clock.now()
    async with database.transaction() as tx:
        taken = await records.take_due(tx, until=now + LEASE, now=now, limit=min(limit, ROUND_MAX))
    gate = asyncio.Semaphore(AT_A_TIME)
    await asyncio.gather(*(_deliver(database, clock, post, delivery, gate) for delivery in taken))
    return len(taken)


async def _deliver(
    database: Database, clock: Clock, post: Post, delivery: Delivery, gate: asyncio.Semaphore
) -> None:
    problem: TransportError | None = None
    async with gate:
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await _hand_over(database, post, delivery)
        except TimeoutError:
            problem = TransportError("no answer in time", permanent=False)
        except TransportError as found:
            problem = found
        except LookupError as found:
            problem = TransportError(f"cannot be written out: {found}", permanent=True)
        except Exception as found:  # one message that can't be written must not keep the others
            _log.exception("message %s by %s", delivery.message.message_id, delivery.channel.value)
            problem = TransportError(type(found).__name__, permanent=False)
        await _note(database, clock, delivery, problem)


async def _hand_over(database: Database, post: Post, delivery: Delivery) -> None:
    message = delivery.message
    if delivery.channel is Channel.MAIL:
        async with database.read() as reader:
            letter = await post.scribe.letter(reader, message)
        await post.mailer.send(letter)
        return
    if post.pusher is None or message.customer_id is None:
        raise TransportError("notifications are not set up", permanent=True)
    async with database.read() as reader:
        note = await post.scribe.note(reader, message)
        browsers = await queries.subscriptions_of(reader, person_id=message.customer_id)
    reached, last = 0, TransportError("no browser is left", permanent=True)
    for browser in browsers:
        try:
            await post.pusher.send(browser, note)
        except SubscriptionGone:
            async with database.transaction() as tx:
                await operations.forget_browser(tx, endpoint=browser.endpoint)
        except TransportError as found:
            last = found
        else:
            reached += 1
    if not reached:
        raise last


async def _note(database: Database, clock: Clock, delivery: Delivery, problem: TransportError | None) -> None:
    now = clock.now()
    over = problem is not None and (problem.permanent or delivery.attempt >= ATTEMPTS_MAX)
    if over:
        _log.warning(
            "message %s by %s was given up: %s", delivery.message.message_id, delivery.channel.value, problem
        )
    async with database.transaction() as tx:
        await records.update_outcome(
            tx,
            delivery,
            sent_at=now if problem is None else None,
            failed_at=now if over else None,
            next_at=now if problem is None or over else next_try(delivery.attempt, now=now),
            problem=str(problem or ""),
        )
