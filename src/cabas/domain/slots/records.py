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


async def lock_hold(tx: Transaction, *, store_id: int, shopper_id: UUID, now: datetime) -> bool:
    """Whether the shopper holds a place there; nobody else changes it until the transaction ends."""
    row = await tx.fetchrow(
        """
        select slot_id
          from slot_hold
         where store_id = $1 and shopper_id = $2 and expires_at > $3
           for update""",
        store_id,
        shopper_id,
        now,
    )
    return row is not None


async def select_shopper_hold(tx: Transaction, *, shopper_id: UUID) -> int | None:
    """The store in which the shopper last held a place."""
    store_id: int | None = await tx.fetchval(
        "select store_id from shopper_hold where shopper_id = $1 for update", shopper_id
    )
    return store_id


async def move_hold(tx: Transaction, *, store_id: int, guest_id: UUID, customer_id: UUID) -> None:
    await tx.execute(
        "update slot_hold set shopper_id = $3 where store_id = $1 and shopper_id = $2",
        store_id,
        guest_id,
        customer_id,
    )


async def move_shopper_hold(tx: Transaction, *, store_id: int, guest_id: UUID, customer_id: UUID) -> None:
    await tx.execute("delete from shopper_hold where shopper_id = $1", guest_id)
    await tx.execute(
        """
        insert into shopper_hold (shopper_id, store_id) values ($1, $2)
        on conflict (shopper_id) do update set store_id = excluded.store_id""",
        customer_id,
        store_id,
    )


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
