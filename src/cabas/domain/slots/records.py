"""Private writes of slots: holds, and the counter behind the database's own functions."""

from datetime import datetime
from uuid import UUID

from cabas.kit.db import Transaction


async def hold_place(
    tx: Transaction,
    *,
    store_id: int,
    shopper_id: UUID,
    slot_id: int,
    cart_id: UUID,
    now: datetime,
    expires_at: datetime,
) -> datetime:
    kept_until: datetime = await tx.fetchval(
        "select slot_hold_place($1, $2, $3, $4, $5, $6)",
        store_id,
        shopper_id,
        slot_id,
        cart_id,
        now,
        expires_at,
    )
    return kept_until


async def release_hold(tx: Transaction, *, store_id: int, shopper_id: UUID) -> int | None:
    freed: int | None = await tx.fetchval("select slot_hold_release($1, $2)", store_id, shopper_id)
    return freed


async def give_back_place(tx: Transaction, *, store_id: int, slot_id: int) -> None:
    await tx.fetchval("select slot_release($1, $2, 1)", store_id, slot_id)


async def take_place(tx: Transaction, *, store_id: int, slot_id: int, now: datetime) -> None:
    await tx.fetchval("select slot_take($1, $2, $3)", store_id, slot_id, now)


async def slots_with_expired_holds(tx: Transaction, *, now: datetime, limit: int) -> list[tuple[int, int]]:
    rows = await tx.fetch(
        """
        select distinct store_id, slot_id
          from slot_hold
         where expires_at <= $1
         limit $2""",
        now,
        limit,
    )
    return [(row["store_id"], row["slot_id"]) for row in rows]


async def expire_holds(tx: Transaction, *, store_id: int, slot_id: int, now: datetime) -> int:
    freed: int = await tx.fetchval("select slot_expire_holds($1, $2, $3)", store_id, slot_id, now)
    return freed
