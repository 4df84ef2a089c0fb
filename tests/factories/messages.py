"""Messages to tell, and people to tell them to."""

import base64
from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.messages import operations
from cabas.domain.messages.model import NewMessage, Recipient, Subscription
from cabas.kit.db import Transaction

PERSON = UUID(int=7)
POINT = base64.urlsafe_b64encode(b"\x04" + bytes(64)).decode().rstrip("=")
SECRET = base64.urlsafe_b64encode(bytes(16)).decode().rstrip("=")


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


async def subscribe(
    tx: Transaction,
    *,
    person_id: UUID = PERSON,
    endpoint: str = "https://push.example.org/1",
    now: datetime,
) -> None:
    await operations.subscribe(
        tx,
        person_id=person_id,
        subscription=Subscription(endpoint=endpoint, p256dh=POINT, auth=SECRET),
        now=now,
    )
