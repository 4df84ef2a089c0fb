"""The rows of raises: one a raise, one a store of it."""

from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.capacity.model import Raise, Scope
from cabas.domain.slots.model import Channel
from cabas.kit.clock import paris_midnight
from cabas.kit.db import Connection, Record, Transaction


class StoreDue(msgspec.Struct, frozen=True, kw_only=True):
    """One store of a raise, locked."""

    store_id: int
    raise_id: UUID
    scope: Scope
    reason: str
    asked_name: str
    applied: bool


_STORES = """
    select count(*)::int as stores,
           count(applied_at)::int as stores_applied,
           count(undone_at)::int as stores_undone,
           coalesce(sum(slots), 0)::int as slots,
           coalesce(sum(places), 0)::int as places,
           coalesce(sum(places_kept), 0)::int as places_kept,
           coalesce(sum(slots_kept), 0)::int as slots_kept
      from capacity_raise_store s
     where s.raise_id = r.raise_id"""
_RAISE = f"""
    select r.raise_id, r.region, r.store_ids, r.channels, r.first_day, r.last_day, r.percent, r.reason,
           r.asked_by, r.asked_name, r.asked_at, r.approved_name, r.approved_at, r.applied_at,
           r.undo_asked_at, r.undone_at, s.*
      from capacity_raise r
     cross join lateral ({_STORES}) s"""


async def select_raise(reader: Connection, *, raise_id: UUID) -> Raise | None:
    row = await reader.fetchrow(f"{_RAISE} where r.raise_id = $1", raise_id)
    return _as_raise(row) if row else None


async def select_raises(reader: Connection, *, limit: int) -> list[Raise]:
    """The latest first."""
    rows = await reader.fetch(f"{_RAISE} order by r.asked_at desc limit $1", limit)
    return [_as_raise(row) for row in rows]


async def lock_raise(tx: Transaction, *, raise_id: UUID) -> Raise | None:
    if await tx.fetchval("select true from capacity_raise where raise_id = $1 for update", raise_id) is None:
        return None
    return await select_raise(tx, raise_id=raise_id)


async def count_since(reader: Connection, *, since: datetime) -> int:
    """Raises asked for since then."""
    count: int = await reader.fetchval("select count(*) from capacity_raise where asked_at > $1", since)
    return count


async def insert_raise(
    tx: Transaction,
    *,
    raise_id: UUID,
    scope: Scope,
    reason: str,
    actor: str,
    name: str,
    approved: bool,
    now: datetime,
) -> bool:
    """False: it was asked for before."""
    return (
        await tx.execute(
            """
            insert into capacity_raise (raise_id, region, store_ids, channels, first_day, last_day, percent,
                                        reason, asked_by, asked_name, asked_at, approved_by, approved_name,
                                        approved_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
            on conflict (raise_id) do nothing""",
            raise_id,
            scope.region,
            list(scope.store_ids),
            [channel.value for channel in scope.channels],
            scope.first_day,
            scope.last_day,
            scope.percent,
            reason,
            actor,
            name,
            now,
            actor if approved else None,
            name if approved else None,
            now if approved else None,
        )
        == 1
    )


async def insert_stores(tx: Transaction, *, raise_id: UUID, scope: Scope) -> int:
    """A row for each store that the scope means; returns how many."""
    return await tx.execute(
        """
        insert into capacity_raise_store (store_id, raise_id)
        select store_id, $1
          from store
         where store_id > 0 and ($2 = '' or region = $2) and (cardinality($3::integer[]) = 0 or store_id = any($3))
           and exists (select from slot
                        where slot.store_id = store.store_id and channel = any($4)
                          and starts_at >= $5 and starts_at < $6)""",
        raise_id,
        scope.region,
        list(scope.store_ids),
        [channel.value for channel in scope.channels],
        paris_midnight(scope.first_day),
        paris_midnight(scope.day_after),
    )


async def update_approved(tx: Transaction, *, raise_id: UUID, actor: str, name: str, now: datetime) -> None:
    await tx.execute(
        """
        update capacity_raise set approved_by = $2, approved_name = $3, approved_at = $4
         where raise_id = $1 and approved_at is null""",
        raise_id,
        actor,
        name,
        now,
    )


async def update_undo_asked(tx: Transaction, *, raise_id: UUID, actor: str, now: datetime) -> None:
    await tx.execute(
        "update capacity_raise set undo_by = $2, undo_asked_at = $3 where raise_id = $1 and undo_asked_at is null",
        raise_id,
        actor,
        now,
    )


async def claim_unapplied(tx: Transaction) -> StoreDue | None:
    """A store that waits for its places, locked; those that another worker has in hand are passed over."""
    return await _claim(
        tx,
        """r.approved_at is not null and r.applied_at is null and r.undo_asked_at is null
           and s.applied_at is null""",
    )


async def claim_not_undone(tx: Transaction) -> StoreDue | None:
    """Likewise, a store whose raise is being taken back."""
    return await _claim(tx, "r.undo_asked_at is not null and r.undone_at is null and s.undone_at is null")


async def update_store_applied(
    tx: Transaction, *, due: StoreDue, slots: int, places: int, now: datetime
) -> None:
    await tx.execute(
        """
        update capacity_raise_store set applied_at = $3, slots = $4, places = $5
         where store_id = $1 and raise_id = $2""",
        due.store_id,
        due.raise_id,
        now,
        slots,
        places,
    )


async def update_store_undone(
    tx: Transaction, *, due: StoreDue, places_kept: int, slots_kept: int, now: datetime
) -> None:
    await tx.execute(
        """
        update capacity_raise_store set undone_at = $3, places_kept = $4, slots_kept = $5
         where store_id = $1 and raise_id = $2""",
        due.store_id,
        due.raise_id,
        now,
        places_kept,
        slots_kept,
    )


async def close_finished(tx: Transaction, *, now: datetime) -> list[UUID]:
    """Raises of which every store is done, either way, are; returns which."""
    rows = await tx.fetch(
        """
        update capacity_raise r
           set applied_at = case when r.undo_asked_at is null then $1 else r.applied_at end,
               undone_at = case when r.undo_asked_at is not null then $1 end
         where ((r.approved_at is not null and r.applied_at is null and r.undo_asked_at is null)
                or (r.undo_asked_at is not null and r.undone_at is null))
           and not exists (
               select from capacity_raise_store s
                where s.raise_id = r.raise_id
                  and case when r.undo_asked_at is null then s.applied_at is null else s.undone_at is null end)
        returning r.raise_id""",
        now,
    )
    return [row["raise_id"] for row in rows]


async def _claim(tx: Transaction, condition: str) -> StoreDue | None:
    row = await tx.fetchrow(
        f"""
        select s.store_id, s.applied_at is not null as applied, r.raise_id, r.region, r.store_ids, r.channels,
               r.first_day, r.last_day, r.percent, r.reason, r.asked_name
          from capacity_raise r
          join capacity_raise_store s using (raise_id)
         where {condition}
         order by r.asked_at
         limit 1
           for update of s skip locked"""
    )
    if row is None:
        return None
    return StoreDue(
        store_id=row["store_id"],
        raise_id=row["raise_id"],
        scope=_as_scope(row),
        reason=row["reason"],
        asked_name=row["asked_name"],
        applied=row["applied"],
    )


def _as_scope(row: Record) -> Scope:
    return Scope(
        region=row["region"],
        store_ids=tuple(row["store_ids"]),
        channels=tuple(Channel(channel) for channel in row["channels"]),
        first_day=row["first_day"],
        last_day=row["last_day"],
        percent=row["percent"],
    )


_OF_SCOPE = frozenset(("region", "store_ids", "channels", "first_day", "last_day", "percent"))


def _as_raise(row: Record) -> Raise:
    return Raise(
        scope=_as_scope(row), **{name: value for name, value in row.items() if name not in _OF_SCOPE}
    )
