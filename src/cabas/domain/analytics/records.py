"""Private writes of the export: how far it is, and the names of people in the files."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from cabas.kit.db import Record, Transaction


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """``facts``: how many the cursors say it has."""

    batch_id: int
    facts: int


async def batch_in_hand(tx: Transaction) -> Batch | None:
    """The one that was planned and not finished: it is written before any other."""
    row = await tx.fetchrow("select batch_id, facts from export_batch where written_at is null")
    return Batch(batch_id=row["batch_id"], facts=row["facts"]) if row else None


async def advance_plans(tx: Transaction, *, limit: int) -> int:
    """Plan up to ``limit`` facts that are not in files, stores in the order of their numbers; returns how many."""
    await tx.execute(
        "insert into export_cursor (store_id) select store_id from store_sequence on conflict do nothing"
    )
    planned: int = await tx.fetchval(
        """
        with waiting as (
            select c.store_id, s.last_seq - c.exported_seq as facts,
                   sum(s.last_seq - c.exported_seq) over (order by c.store_id) as until_here
              from export_cursor c join store_sequence s using (store_id)
             where s.last_seq > c.exported_seq
        ), taken as (
            select store_id, least(facts, facts - (until_here - $1)) as facts
              from waiting where until_here - facts < $1
        ), moved as (
            update export_cursor c set planned_seq = c.exported_seq + t.facts
              from taken t where t.store_id = c.store_id
            returning t.facts
        )
        select coalesce(sum(facts), 0)::int from moved""",
        limit,
    )
    return planned


async def insert_batch(tx: Transaction, *, facts: int, now: datetime) -> Batch:
    batch_id: int = await tx.fetchval(
        "insert into export_batch (planned_at, facts) values ($1, $2) returning batch_id", now, facts
    )
    return Batch(batch_id=batch_id, facts=facts)


async def finish_batch(tx: Transaction, *, batch_id: int, file_bytes: int, now: datetime) -> bool:
    """The cursors reach what was planned. False: somebody else had finished it."""
    finished = await tx.execute(
        "update export_batch set written_at = $2, file_bytes = $3 where batch_id = $1 and written_at is null",
        batch_id,
        now,
        file_bytes,
    )
    if finished:
        await tx.execute(
            "update export_cursor set exported_seq = planned_seq where exported_seq < planned_seq"
        )
    return bool(finished)


async def nameless_customers(tx: Transaction) -> list[UUID]:
    """Customers in the batch in hand who have no name in the files yet; erased ones never get one."""
    rows = await tx.fetch(
        """
        select distinct o.customer_id
          from export_cursor c
          join dispatch d on d.store_id = c.store_id and d.store_seq > c.exported_seq and d.store_seq <= c.planned_seq
          join orders o on o.store_id = d.store_id and o.order_id = d.order_id
          join customer w on w.customer_id = o.customer_id and w.erased_at is null
         where c.planned_seq > c.exported_seq
           and not exists (select from customer_pseudonym p where p.customer_id = o.customer_id)"""
    )
    return [row["customer_id"] for row in rows]


async def insert_pseudonyms(tx: Transaction, *, customers: Sequence[UUID], keys: Sequence[int]) -> None:
    await tx.execute(
        """
        insert into customer_pseudonym (customer_id, customer_key)
             select * from unnest($1::uuid[], $2::bigint[])
        on conflict (customer_id) do nothing""",
        customers,
        keys,
    )


async def forget_pseudonym(tx: Transaction, *, customer_id: UUID, now: datetime) -> int:
    return await tx.execute(
        """
        with gone as (delete from customer_pseudonym where customer_id = $1 returning customer_key)
        insert into forgotten_pseudonym (customer_key, forgotten_at) select customer_key, $2 from gone""",
        customer_id,
        now,
    )


async def select_days(tx: Transaction) -> list[Record]:
    """``day, written_at`` of the newest days that were written."""
    return await tx.fetch("select day, written_at from export_day order by day desc limit 400")


async def first_day(tx: Transaction) -> date | None:
    """The day (Paris) of the first order; None: there is none."""
    found: date | None = await tx.fetchval(
        "select (min(placed_at) at time zone 'Europe/Paris')::date from orders"
    )
    return found


async def upsert_day(tx: Transaction, *, day: date, now: datetime) -> None:
    await tx.execute(
        """
        insert into export_day (day, written_at) values ($1, $2)
        on conflict (day) do update set written_at = greatest(export_day.written_at, excluded.written_at)""",
        day,
        now,
    )
