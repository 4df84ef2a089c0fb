"""Intentions: tell somebody something, with its fact; take a browser's wish to be told."""

from collections.abc import Sequence
from datetime import datetime

from cabas.domain.messages import records
from cabas.domain.messages.model import NewMessage
from cabas.kit.db import Transaction


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
