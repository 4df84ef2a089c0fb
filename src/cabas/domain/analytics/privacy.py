"""A person's right to be forgotten in the files (docs/decisions/0045-erasure-by-forgetting-a-name.md)."""

from datetime import datetime
from uuid import UUID

from cabas.domain.analytics import records
from cabas.kit.db import Transaction


async def forget_in_facts(tx: Transaction, customer_id: UUID, now: datetime) -> int:
    """Their name in the files is nobody's from here on; returns 1 when they had one."""
    return await records.forget_pseudonym(tx, customer_id=customer_id, now=now)
