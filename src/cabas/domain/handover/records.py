"""Private writes of handover."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cabas.kit.db import Transaction


async def insert_handover(tx: Transaction, *, store_id: int, order_id: UUID, now: datetime) -> None:
    """The clock runs from the shopper's arrival, when they said it."""
    await tx.execute(
        """
        insert into handover (store_id, order_id, started_at)
        select $1, $2, coalesce((select arrived_at from arrival where store_id = $1 and order_id = $2), $3)
        on conflict do nothing""",
        store_id,
        order_id,
        now,
    )


async def update_crate_handed(
    tx: Transaction, *, store_id: int, order_id: UUID, crate_no: int, handed_at: datetime | None
) -> int:
    return await tx.execute(
        "update crate set handed_at = $4 where store_id = $1 and order_id = $2 and crate_no = $3",
        store_id,
        order_id,
        crate_no,
        handed_at,
    )


async def update_handed_over(
    tx: Transaction,
    *,
    store_id: int,
    order_id: UUID,
    by: str,
    identity_checked: bool,
    remarks: Sequence[str],
    now: datetime,
) -> None:
    await tx.execute(
        """
        update handover
           set handed_over_at = $3, handed_by = $4, identity_checked = $5, remarks = $6
         where store_id = $1 and order_id = $2""",
        store_id,
        order_id,
        now,
        by,
        identity_checked,
        list(remarks),
    )
