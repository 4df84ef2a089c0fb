"""Leaving: what is personal is blanked, what the law wants kept (accounts of sales) stays without a name."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.customers import records
from cabas.domain.customers.model import CustomerNotFound
from cabas.kit import audit, sessions
from cabas.kit.db import Transaction

ErasurePart = Callable[[Transaction, UUID, datetime], Awaitable[int]]
"""How another context forgets a customer: returns how many of its rows it changed."""


async def erase(
    tx: Transaction,
    *,
    customer_id: UUID,
    parts: Mapping[str, ErasurePart],
    now: datetime,
    actor: str = "",
) -> None:
    """
    Forget the person, everywhere, in one transaction. Who asks has proved who they are
    (`confirm_password` or `confirm_passkey`) just before.

    The customer's row stays, blank, because orders name it. The proof that is left says what
    went and when, never what it was.

    :param parts: how other contexts forget, by their name.
    :param actor: who asked; empty: the customer.
    :raises CustomerNotFound: they have left already.
    """
    if not await records.lock_customer(tx, customer_id=customer_id):
        raise CustomerNotFound
    detail: dict[str, Any] = await records.delete_belongings(tx, customer_id=customer_id)
    detail["sessions"] = await sessions.delete_all(tx, subject_kind="customer", subject_id=customer_id)
    for name, forget in parts.items():
        detail[name] = await forget(tx, customer_id, now)
    await records.blank_customer(tx, customer_id=customer_id, now=now)
    subject = f"customer:{customer_id}"
    await audit.record(
        tx,
        store_id=0,
        actor=actor or subject,
        action="customer.erased",
        subject=subject,
        detail=detail,
        now=now,
    )
