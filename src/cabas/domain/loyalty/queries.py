"""Public reads of loyalty: a customer's card and ledger, the offers that earn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from cabas.domain.loyalty.model import (
    Card,
    EarningKind,
    EarningOffer,
    EarningOffers,
    Entry,
    EntryKind,
    Hold,
)
from cabas.kit.db import Connection, Record

ENTRIES_MAX: Final = 100
OFFERS_MAX: Final = 2_000
CARD_COLUMNS: Final = "customer_id, number, balance_cents, reserved_cents, opened_at"
HOLD_COLUMNS: Final = "key, customer_id, store_id, order_id, cents, captured_cents, returned_cents, ended_at"
OFFER_COLUMNS: Final = "offer_id, store_id, label, kind, amount, gtin, category_id, starts_at, ends_at"
_LOOKED_BACK: Final = timedelta(days=30)


async def card_of(reader: Connection, *, customer_id: UUID) -> Card | None:
    row = await reader.fetchrow(
        f"select {CARD_COLUMNS} from loyalty_card where customer_id = $1",
        customer_id,
    )
    return Card(**dict(row.items())) if row else None


async def hold_of(reader: Connection, *, key: str) -> Hold | None:
    """What was set aside under this key."""
    row = await reader.fetchrow(f"select {HOLD_COLUMNS} from loyalty_hold where key = $1", key)
    return Hold(**dict(row.items())) if row else None


async def card_numbers(reader: Connection, customer_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Of those of them who have a card."""
    rows = await reader.fetch(
        "select customer_id, number from loyalty_card where customer_id = any($1::uuid[])", list(customer_ids)
    )
    return {row["customer_id"]: row["number"] for row in rows}


async def ledger(reader: Connection, *, customer_id: UUID, limit: int = ENTRIES_MAX) -> list[Entry]:
    """The newest entries first."""
    rows = await reader.fetch(
        """
        select entry_id, kind, cents, left_cents, store_id, order_id, at, expires_at
          from loyalty_entry
         where customer_id = $1
         order by at desc, entry_id desc
         limit $2""",
        customer_id,
        limit,
    )
    return [Entry(**{**row, "kind": EntryKind(row["kind"])}) for row in rows]


async def expiring(reader: Connection, *, customer_id: UUID, before: datetime) -> list[tuple[datetime, int]]:
    """What runs out before this instant: (when, cents), soonest first."""
    rows = await reader.fetch(
        """
        select expires_at, sum(left_cents)::int as cents
          from loyalty_entry
         where customer_id = $1 and left_cents > 0 and expires_at <= $2
         group by expires_at
         order by expires_at""",
        customer_id,
        before,
    )
    return [(row["expires_at"], row["cents"]) for row in rows]


async def offers(reader: Connection, *, now: datetime) -> EarningOffers:
    """Those that run, will run, or ended within the last thirty days: what orders not yet handed over may earn by."""
    rows = await reader.fetch(
        f"""
        select {OFFER_COLUMNS}
          from loyalty_offer
         where ends_at > $1
         order by ends_at, offer_id
         limit $2""",
        now - _LOOKED_BACK,
        OFFERS_MAX,
    )
    return EarningOffers(as_offer(row) for row in rows)


def as_offer(row: Record) -> EarningOffer:
    return EarningOffer(**{**row, "kind": EarningKind(row["kind"])})
