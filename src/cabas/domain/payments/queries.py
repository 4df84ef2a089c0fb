"""Public reads of payments."""

from typing import Final
from uuid import UUID

from cabas.domain.payments.model import Kind, State, Tender
from cabas.kit.db import Connection, Record

TENDER_COLUMNS: Final = """store_id, order_id, number, kind, state, maximum_cents, held_cents, captured_cents,
    refunded_cents, wanted_cents, reference, page, problem, attempts, opened_at, expires_at, next_at"""


async def tenders_of(reader: Connection, *, store_id: int, order_id: UUID) -> list[Tender]:
    """What an order is paid with, in the order in which it was begun; none: it is paid at the store."""
    rows = await reader.fetch(
        f"select {TENDER_COLUMNS} from tender where store_id = $1 and order_id = $2 order by number",
        store_id,
        order_id,
    )
    return [as_tender(row) for row in rows]


def as_tender(row: Record) -> Tender:
    return Tender(**{**dict(row.items()), "kind": Kind(row["kind"]), "state": State(row["state"])})
