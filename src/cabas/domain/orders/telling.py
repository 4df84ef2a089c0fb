"""
What a shopper is told about their order, recorded as messages.

What was placed, changed or cancelled is told once it is on its way to the store: the row that
dispatched it says whether its shopper was told (``told_at``). So the order's own transaction
carries nothing for it, and whoever dies in between tells later, once.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.messages import operations as messages
from cabas.domain.messages.model import NewMessage, Recipient
from cabas.domain.orders.model import Order
from cabas.kit.db import Record, Transaction

TOLD_AT_ONCE = 500


async def tell_dispatched(
    tx: Transaction, *, templates: Mapping[str, str], now: datetime, limit: int = TOLD_AT_ONCE
) -> int:
    """
    Tell the shoppers of up to ``limit`` facts that were sent to stores, oldest first; returns how many.

    :param templates: the message of each kind of fact; a kind without one is not told.
    """
    facts = await tx.fetch(
        """
        with untold as (
            select store_id, store_seq, order_id, revision, kind
              from dispatch
             where told_at is null
             order by dispatched_at
             limit $1
               for update skip locked
        )
        select u.store_id, u.store_seq, u.order_id, u.revision, u.kind, o.customer_id, o.contact, o.agreed
          from untold u
          join orders o on o.store_id = u.store_id and o.order_id = u.order_id""",
        limit,
    )
    await messages.tell_all(tx, messages=_messages(facts, templates), now=now)
    await tx.execute(
        """
        update dispatch d
           set told_at = $1
          from unnest($2::int[], $3::bigint[]) as t (store_id, store_seq)
         where d.store_id = t.store_id and d.store_seq = t.store_seq""",
        now,
        [fact["store_id"] for fact in facts],
        [fact["store_seq"] for fact in facts],
    )
    return len(facts)


async def tell_about(
    tx: Transaction, order: Order, *, template: str, key: str, values: dict[str, Any], now: datetime
) -> None:
    """Tell the order's shopper, with the fact. Who was erased is told nothing."""
    recipient = _recipient(order.contact, order.agreed, order.customer_id)
    if recipient is None:
        return
    message = NewMessage(
        store_id=order.store_id,
        key=key,
        template=template,
        recipient=recipient,
        values=values,
        order_id=order.order_id,
    )
    await messages.tell(tx, message=message, now=now)


def _messages(facts: Sequence[Record], templates: Mapping[str, str]) -> list[NewMessage]:
    told = []
    for fact in facts:
        template = templates.get(fact["kind"])
        recipient = _recipient(fact["contact"], fact["agreed"], fact["customer_id"])
        if template is None or recipient is None:
            continue
        told.append(
            NewMessage(
                store_id=fact["store_id"],
                key=f"{template}:{fact['order_id']}:{fact['revision']}",
                template=template,
                recipient=recipient,
                values={"revision": fact["revision"]},
                order_id=fact["order_id"],
            )
        )
    return told


def _recipient(contact: dict[str, Any], agreed: dict[str, Any], customer_id: UUID) -> Recipient | None:
    if not contact:
        return None
    return Recipient(
        name=str(contact.get("name", "")),
        email=str(contact.get("email", "")),
        language=str(agreed.get("language", "fr")),
        customer_id=customer_id,
    )
