"""Private writes of payments."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cabas.domain.payments.model import Kind, State, Tender
from cabas.domain.payments.queries import TENDER_COLUMNS, as_tender
from cabas.kit.db import Transaction


async def lock_tenders(tx: Transaction, *, store_id: int, order_id: UUID) -> list[Tender]:
    """All of an order, in their order; nobody else moves them meanwhile."""
    rows = await tx.fetch(
        f"select {TENDER_COLUMNS} from tender where store_id = $1 and order_id = $2 order by number for update",
        store_id,
        order_id,
    )
    return [as_tender(row) for row in rows]


async def lock_tender(tx: Transaction, *, store_id: int, order_id: UUID, number: int) -> Tender | None:
    row = await tx.fetchrow(
        f"select {TENDER_COLUMNS} from tender where store_id = $1 and order_id = $2 and number = $3 for update",
        store_id,
        order_id,
        number,
    )
    return as_tender(row) if row else None


async def insert_tender(tx: Transaction, tender: Tender) -> bool:
    """False: the order has one of this number."""
    return bool(
        await tx.execute(
            f"""
            insert into tender ({TENDER_COLUMNS})
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            on conflict do nothing""",
            *_values(tender),
        )
    )


async def update_tender(tx: Transaction, tender: Tender) -> None:
    await tx.execute(
        """
        update tender
           set state = $5, held_cents = $7, captured_cents = $8, refunded_cents = $9, wanted_cents = $10,
               reference = $11, page = $12, problem = $13, attempts = $14, next_at = $17
         where store_id = $1 and order_id = $2 and number = $3
           and kind = $4 and maximum_cents = $6 and opened_at = $15 and expires_at = $16""",
        *_values(tender),
    )


async def take_due(
    tx: Transaction, *, kinds: Sequence[Kind], until: datetime, now: datetime, limit: int
) -> list[Tender]:
    """Due ones, oldest first, that nobody else has in hand; they are due again at ``until``."""
    rows = await tx.fetch(
        f"""
        update tender t
           set next_at = $1
          from (select store_id, order_id, number
                  from tender
                 where next_at <= $2 and kind = any($3::text[])
                 order by next_at
                 limit $4
                   for update skip locked) d
         where t.store_id = d.store_id and t.order_id = d.order_id and t.number = d.number
     returning {", ".join(f"t.{column.strip()}" for column in TENDER_COLUMNS.split(","))}""",
        until,
        now,
        [kind.value for kind in kinds],
        limit,
    )
    return [as_tender(row) for row in rows]


async def update_next(
    tx: Transaction, *, store_id: int, order_id: UUID, number: int, kind: Kind, next_at: datetime
) -> int:
    return await tx.execute(
        """
        update tender
           set next_at = $5
         where store_id = $1 and order_id = $2 and number = $3 and kind = $4
           and state not in ('released', 'failed')""",
        store_id,
        order_id,
        number,
        kind.value,
        next_at,
    )


def _values(tender: Tender) -> tuple[object, ...]:
    return (
        tender.store_id,
        tender.order_id,
        tender.number,
        tender.kind.value,
        State(tender.state).value,
        tender.maximum_cents,
        tender.held_cents,
        tender.captured_cents,
        tender.refunded_cents,
        tender.wanted_cents,
        tender.reference,
        tender.page,
        tender.problem,
        tender.attempts,
        tender.opened_at,
        tender.expires_at,
        tender.next_at,
    )
