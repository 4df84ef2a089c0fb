"""Messages to tell, and people to tell them to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.messages.model import NewMessage, Recipient
from cabas.kit.db import Transaction

PERSON = UUID(int=7)


def to_tell(
    key: str,
    *,
    store_id: int = 1,
    template: str = "advance_placed",
    customer_id: UUID | None = PERSON,
    name: str = "Léa Martin",
    email: str = "lea@example.org",
    language: str = "fr",
    values: dict[str, Any] | None = None,
    order_id: UUID | None = None,
) -> NewMessage:
    return NewMessage(
        store_id=store_id,
        key=key,
        template=template,
        recipient=Recipient(name=name, email=email, language=language, customer_id=customer_id),
        values=values or {},
        order_id=order_id,
    )


async def subscribe(tx: Transaction, *, person_id: UUID = PERSON, now: datetime) -> None:
    await tx.execute(
        """
        insert into push_subscription (endpoint_sha256, person_id, endpoint, p256dh, auth, created_at)
             values ($1, $2, 'https://push.example.org/1', 'key', 'auth', $3)""",
        person_id.bytes,
        person_id,
        now,
    )
