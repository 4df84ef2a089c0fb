"""Recurring work on payments: ask the bank how those stand that are due, and lead them on."""

from cabas.domain.payments.following import OnFailed, follow_round
from cabas.domain.payments.model import Kind
from cabas.domain.payments.ports import CardBank
from cabas.kit.clock import Clock
from cabas.kit.db import Database

FOLLOWED_AT_ONCE = 64


async def follow_due(
    database: Database, clock: Clock, *, bank: CardBank, on_failed: OnFailed, kind: Kind = Kind.CARD
) -> int:
    """One round; returns how many were followed."""
    return await follow_round(
        database, clock, bank=bank, on_failed=on_failed, limit=FOLLOWED_AT_ONCE, kind=kind
    )
