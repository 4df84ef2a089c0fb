"""The last balance that is known of a card."""

from datetime import datetime

import msgspec

from cabas.kit.db import Connection, Transaction


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """``available_cents``: less what is reserved. ``at``: when the system told it."""

    cents: int
    available_cents: int
    at: datetime


async def select(reader: Connection, *, card: str) -> Known | None:
    row = await reader.fetchrow(
        "select cents, available_cents, known_at as at from outside_balance where card = $1", card
    )
    return Known(**dict(row)) if row else None


async def upsert(tx: Transaction, *, card: str, known: Known) -> None:
    await tx.execute(
        """
        insert into outside_balance (card, cents, available_cents, known_at)
             values ($1, $2, $3, $4)
        on conflict (card) do update
               set cents = excluded.cents, available_cents = excluded.available_cents,
                   known_at = excluded.known_at
             where outside_balance.known_at <= excluded.known_at""",
        card,
        known.cents,
        known.available_cents,
        known.at,
    )


async def delete_before(tx: Transaction, *, before: datetime) -> int:
    return await tx.execute("delete from outside_balance where known_at < $1", before)
