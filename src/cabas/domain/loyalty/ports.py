"""What stands in for the embedded ledger where a grocer has a loyalty system of their own."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from cabas.kit.db import Transaction


class Programme(Protocol):
    """Keeps the ledger elsewhere."""

    async def earn(
        self, tx: Transaction, *, key: str, card: str, cents: int, store_id: int, order_id: UUID, at: datetime
    ) -> None:
        """Recorded with the fact, delivered afterwards; a ``key`` arrives once. Below zero takes back."""
        ...
