"""Statements on feeds, on what they name, and on numbered order statuses."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec

from cabas.imports.offers.records import Change
from cabas.kit.db import Connection, Record, Transaction
from cabas.kit.ids import new_id


async def insert_feed(
    tx: Transaction, *, peer: str, feed: str, kind: str, mode: str, made_at: datetime, now: datetime
) -> None:
    await tx.execute(
        """
        insert into bridge_feed (peer, feed, kind, mode, made_at, started_at)
             values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing""",
        peer,
        feed,
        kind,
        mode,
        made_at,
        now,
    )


async def lock_feed(tx: Transaction, *, peer: str, feed: str) -> Record | None:
    return await tx.fetchrow("select * from bridge_feed where peer = $1 and feed = $2 for update", peer, feed)


async def select_feed(reader: Connection, *, peer: str, feed: str) -> Record | None:
    return await reader.fetchrow("select * from bridge_feed where peer = $1 and feed = $2", peer, feed)


async def select_newer(tx: Transaction, *, peer: str, feed: str, kind: str, made_at: datetime) -> str | None:
    """A feed of the same kind that began already and was made later."""
    newer: str | None = await tx.fetchval(
        """
        select feed from bridge_feed
         where peer = $1 and feed <> $2 and kind = $3 and made_at > $4
         limit 1""",
        peer,
        feed,
        kind,
        made_at,
    )
    return newer


async def update_feed(
    tx: Transaction,
    *,
    peer: str,
    feed: str,
    accepted: int,
    changed: int,
    rejected: int,
    vanished: int,
    answer: dict[str, Any],
    finished_at: datetime | None,
) -> None:
    await tx.execute(
        """
        update bridge_feed
           set next_part = next_part + 1, accepted = accepted + $3, changed = changed + $4,
               rejected = rejected + $5, vanished = vanished + $6, last_answer = $7, finished_at = $8
         where peer = $1 and feed = $2""",
        peer,
        feed,
        accepted,
        changed,
        rejected,
        vanished,
        answer,
        finished_at,
    )


async def insert_seen(tx: Transaction, *, peer: str, feed: str, keys: Collection[tuple[int, int]]) -> None:
    await tx.execute(
        """
        insert into bridge_feed_seen (store_id, gtin, peer, feed)
        select store_id, gtin, $1, $2 from unnest($3::int[], $4::bigint[]) k (store_id, gtin)
        on conflict do nothing""",
        peer,
        feed,
        [store for store, _ in keys],
        [gtin for _, gtin in keys],
    )


async def select_seen_stores(tx: Transaction, *, peer: str, feed: str) -> list[int]:
    rows = await tx.fetch(
        "select distinct store_id from bridge_feed_seen where peer = $1 and feed = $2 order by store_id",
        peer,
        feed,
    )
    return [row["store_id"] for row in rows]


async def select_vanishing(
    tx: Transaction, *, peer: str, feed: str, store_id: int, statuses: Sequence[int]
) -> tuple[int, list[int]]:
    """How many offers the store has in these statuses, and which of them the feed does not name."""
    rows = await tx.fetch(
        """
        select o.gtin, s.gtin is null as vanishing
          from offer o
          left join bridge_feed_seen s
            on s.store_id = o.store_id and s.gtin = o.gtin and s.peer = $1 and s.feed = $2
         where o.store_id = $3 and o.status = any($4::smallint[])""",
        peer,
        feed,
        store_id,
        statuses,
    )
    return len(rows), sorted(row["gtin"] for row in rows if row["vanishing"])


async def delete_seen(tx: Transaction, *, peer: str, feed: str) -> None:
    await tx.execute("delete from bridge_feed_seen where peer = $1 and feed = $2", peer, feed)


async def select_authors(tx: Transaction, *, keys: Collection[tuple[int, int]]) -> dict[tuple[int, int], str]:
    """Who changed each of these offers last."""
    rows = await tx.fetch(
        """
        select k.store_id, k.gtin, c.changed_by
          from unnest($1::int[], $2::bigint[]) k (store_id, gtin)
         cross join lateral (select changed_by from offer_change c
                              where c.store_id = k.store_id and c.gtin = k.gtin and c.undone_at is null
                              order by c.changed_at desc, c.change_id desc
                              limit 1) c""",
        [store for store, _ in keys],
        [gtin for _, gtin in keys],
    )
    return {(row["store_id"], row["gtin"]): row["changed_by"] for row in rows}


async def number_statuses(tx: Transaction, *, limit: int) -> int:
    """
    Give the next numbers to changes of state that have none, oldest first; returns how many.

    The sequence's row is locked first and till the end: numbers become visible in their order.
    """
    last: int = await tx.fetchval(
        "select last_seq from bridge_sequence where name = 'order_status' for update"
    )
    return await tx.execute(
        """
        with fresh as materialized (
            select store_id, order_id, at, state, $1::bigint + row_number() over (order by at, order_id, state) as seq
              from (select store_id, order_id, at, state
                      from order_state_change
                     where status_seq is null
                     order by at
                     limit $2
                       for update skip locked) c
        ), numbered as (
            update order_state_change c
               set status_seq = f.seq
              from fresh f
             where c.store_id = f.store_id and c.order_id = f.order_id and c.at = f.at and c.state = f.state
        ), counted as (
            update bridge_sequence set last_seq = $1 + (select count(*) from fresh) where name = 'order_status'
        )
        insert into bridge_status (seq, store_id, order_id, state, at)
        select seq, store_id, order_id, state, at from fresh""",
        last,
        limit,
    )


async def select_statuses(reader: Connection, *, after: int, limit: int) -> list[Record]:
    return await reader.fetch(
        """
        select b.seq, b.order_id, b.state, b.at, o.code, s.slug, c.code as store_code
          from bridge_status b
          join orders o on o.store_id = b.store_id and o.order_id = b.order_id
          join store s on s.store_id = b.store_id
          left join lateral (select code from store_code where store_id = b.store_id order by code limit 1) c on true
         where b.seq > $1
         order by b.seq
         limit $2""",
        after,
        limit,
    )


async def copy_changes(tx: Transaction, changes: Sequence[Change], *, author: str, now: datetime) -> None:
    rows = [(new_id(now, one.store_id), now, author, *msgspec.structs.astuple(one)) for one in changes]
    columns = ("change_id", "changed_at", "changed_by", "store_id", "gtin", "before", "after")
    await tx.copy("offer_change", columns=columns, records=rows)
