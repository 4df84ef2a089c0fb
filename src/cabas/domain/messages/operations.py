"""Intentions: tell somebody something, with its fact; take a browser's wish to be told."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cabas.domain.messages import records
from cabas.domain.messages.endpoint import check_endpoint
from cabas.domain.messages.model import NewMessage, Subscription, check_keys
from cabas.kit.db import Transaction

BROWSERS_MAX = 10
"""Browsers of one person that are told."""


async def tell(tx: Transaction, *, message: NewMessage, now: datetime) -> None:
    """
    Record what is to be told, in the transaction of the fact; a worker sends it.

    Telling the same ``key`` again does nothing. Push goes out too when the person asked for it.
    """
    await records.insert_messages(tx, [message], now=now)


async def tell_all(tx: Transaction, *, messages: Sequence[NewMessage], now: datetime) -> int:
    """`tell` for many, in one statement; returns how many had not been told before."""
    if not messages:
        return 0
    return await records.insert_messages(tx, messages, now=now)


async def subscribe(tx: Transaction, *, person_id: UUID, subscription: Subscription, now: datetime) -> None:
    """
    This browser wants to be told; of a person's many browsers the newest `BROWSERS_MAX` are kept.

    :param person_id: the customer, or the guest of the visitor's cookie.
    :raises BadEndpoint: not the address of a push service.
    :raises BadKeys: not the keys of a browser.
    """
    check_endpoint(subscription.endpoint)
    check_keys(subscription)
    await records.insert_subscription(
        tx,
        person_id=person_id,
        subscription=subscription,
        digest=digest_of(subscription.endpoint),
        now=now,
    )
    await records.delete_oldest_subscriptions(tx, person_id=person_id, kept=BROWSERS_MAX)


async def unsubscribe(tx: Transaction, *, person_id: UUID, endpoint: str) -> None:
    """This person's browser doesn't want to be told any more; saying it again is harmless."""
    await records.delete_subscription(tx, digest=digest_of(endpoint), person_id=person_id)


async def forget_browser(tx: Transaction, *, endpoint: str) -> None:
    """The push service says that this browser is gone."""
    await records.delete_subscription(tx, digest=digest_of(endpoint))


def digest_of(endpoint: str) -> bytes:
    return hashlib.sha256(endpoint.encode()).digest()
