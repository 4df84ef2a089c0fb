"""
Straight to its store: from the outbox to each store's own gap-free stream (docs/algorithms/dispatch.md).

The dispatcher takes pending rows by state (never by an id cursor, which would skip late
committers), numbers them per store in the transaction that writes them, and freezes the exact
bytes whose digest the store must answer with. Several dispatchers may run.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from time import time_ns
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.orders import records
from cabas.domain.orders.model import OrderState
from cabas.kit import tracing
from cabas.kit.db import Connection, Record, Transaction
from cabas.kit.errors import Conflict, NotFound

BATCH = 200
PULLED_MAX = 100
_STORE = itemgetter("store_id")


class NoSuchDispatch(NotFound):
    """This store was never sent that number for that order."""

    code = "dispatch_not_found"


class DigestDiffers(Conflict):
    """The store received other bytes than were sent: pull it again."""

    code = "digest_differs"


class Dispatched(msgspec.Struct, frozen=True, kw_only=True):
    store_id: int
    store_seq: int
    order_id: UUID
    revision: int
    kind: str
    body: str
    sha256: str
    dispatched_at: datetime
    received_at: datetime | None


async def dispatch_batch(tx: Transaction, *, now: datetime, limit: int = BATCH) -> int:
    """Send up to ``limit`` pending facts to their stores, oldest first; returns how many."""
    started = time_ns()
    rows = await _take(tx, now=now, limit=limit)
    # Stores in the order of their numbers: two dispatchers can't wait for each other in a circle.
    for store_id, facts in groupby(sorted(rows, key=_STORE), key=_STORE):
        await _send(tx, store_id, list(facts), now=now, started=started)
    return len(rows)


async def _take(tx: Transaction, *, now: datetime, limit: int) -> list[Record]:
    """
    Pending facts, which nobody else takes until this transaction ends.

    The order of one order's facts is that of its revisions, a cancellation last: two processes' clocks may differ
    by more than the time between a purchase and its change.
    """
    return await tx.fetch(
        """
        select o.store_id, o.outbox_id, o.order_id, o.revision, o.kind
          from outbox o
         where o.dispatched_at is null and o.next_at <= $1
           and not exists (select from outbox e  -- what happened to an order first is told first
                            where e.store_id = o.store_id and e.order_id = o.order_id
                              and e.dispatched_at is null
                              and (e.kind = 'order_cancelled', e.revision) < (o.kind = 'order_cancelled', o.revision))
         order by o.next_at
         limit $2
           for update skip locked""",
        now,
        limit,
    )


async def _send(tx: Transaction, store_id: int, facts: list[Record], *, now: datetime, started: int) -> None:
    documents = await _documents(tx, store_id, facts)
    bodies = [
        body_of(documents[fact["order_id"], fact["revision"]], kind=fact["kind"], revision=fact["revision"])
        for fact in facts
    ]
    await tx.execute(
        """
        with numbered as (
            insert into store_sequence (store_id, last_seq) values ($1, $2)
            on conflict (store_id) do update set last_seq = store_sequence.last_seq + $2
            returning last_seq - $2 as before
        ), written as (
            insert into dispatch (store_id, store_seq, order_id, revision, kind, body, sha256, dispatched_at)
            select $1, n.before + f.place, f.order_id, f.revision, f.kind, f.body, f.sha256, $3
              from numbered n, unnest($5::uuid[], $6::int[], $7::text[], $8::text[], $9::bytea[])
                   with ordinality as f (order_id, revision, kind, body, sha256, place)
        )
        update outbox set dispatched_at = $3, attempts = attempts + 1
         where store_id = $1 and outbox_id = any($4::uuid[])""",
        store_id,
        len(facts),
        now,
        [fact["outbox_id"] for fact in facts],
        [fact["order_id"] for fact in facts],
        [fact["revision"] for fact in facts],
        [fact["kind"] for fact in facts],
        bodies,
        [hashlib.sha256(body.encode()).digest() for body in bodies],
    )
    for fact in facts:
        if trace := documents[fact["order_id"], fact["revision"]]["trace"]:
            _record(f"dispatch {fact['kind']}", trace, store_id, fact["order_id"], started=started)


async def _documents(tx: Transaction, store_id: int, facts: list[Record]) -> dict[tuple[UUID, int], Record]:
    """The orders with the lines of each fact's revision, which the database writes as JSON, keys sorted."""
    rows = await tx.fetch(
        """
        select o.order_id, w.revision, o.code, o.channel, o.slot_starts_at, o.slot_ends_at, o.cutoff_at,
               o.placed_at, o.contact, o.payment_method, o.maximum_cents, o.agreed ->> 'trace' as trace,
               l.lines
          from (select distinct * from unnest($2::uuid[], $3::int[])) as w (order_id, revision)
          join orders o on o.store_id = $1 and o.order_id = w.order_id
         cross join lateral (
               select coalesce(string_agg(json_build_object(
                          'gtin', lpad(line.gtin::text, 13, '0'),
                          'line', line.line_no,
                          'location', line.frozen -> 'location',
                          'name', line.frozen -> 'name',
                          'note', coalesce(line.frozen ->> 'note', ''),
                          'quantity', line.quantity,
                          'sold_by', line.frozen -> 'sold_by',
                          'substitution', line.substitution,
                          'total_cents', line.total_cents,
                          'zone', line.frozen -> 'zone')::text, ',' order by line.line_no), '') as lines
                 from order_line line
                where line.store_id = $1 and line.order_id = w.order_id and line.revision = w.revision) l""",
        store_id,
        [fact["order_id"] for fact in facts],
        [fact["revision"] for fact in facts],
    )
    return {(row["order_id"], row["revision"]): row for row in rows}


def body_of(order: Record, *, kind: str, revision: int) -> str:
    """Canonical JSON (sorted keys, UTF-8): the same order gives the same bytes."""
    document: dict[str, Any] = {
        "kind": kind,
        "order": str(order["order_id"]),
        "revision": revision,
        "code": order["code"],
        "channel": order["channel"],
        "slot": {"starts_at": order["slot_starts_at"], "ends_at": order["slot_ends_at"]},
        "cutoff_at": order["cutoff_at"],
        "placed_at": order["placed_at"],
        "contact": order["contact"],
        "payment_method": order["payment_method"],
        "maximum_cents": order["maximum_cents"],
        "lines": msgspec.Raw(f"[{order['lines']}]".encode()),
    }
    return msgspec.json.encode(document, order="sorted").decode()


async def pull(reader: Connection, *, store_id: int, after: int, limit: int = PULLED_MAX) -> list[Dispatched]:
    """What the store has not seen yet, in order of its own numbers."""
    rows = await reader.fetch(
        """
        select store_id, store_seq, order_id, revision, kind, body, encode(sha256, 'hex') as sha256,
               dispatched_at, received_at
          from dispatch
         where store_id = $1 and store_seq > $2
         order by store_seq
         limit $3""",
        store_id,
        after,
        min(limit, PULLED_MAX),
    )
    return [Dispatched(**dict(row.items())) for row in rows]


async def acknowledge(
    tx: Transaction,
    *,
    store_id: int,
    order_id: UUID,
    store_seq: int,
    sha256: bytes,
    actor: str,
    now: datetime,
) -> datetime:
    """
    The store's receipt; saying it twice is harmless.

    :returns: when it was first received.
    :raises NoSuchDispatch: never sent.
    :raises DigestDiffers: other bytes than were sent.
    """
    started = time_ns()
    row = await tx.fetchrow(
        """
        select sha256, received_at, kind
          from dispatch
         where store_id = $1 and store_seq = $2 and order_id = $3
           for update""",
        store_id,
        store_seq,
        order_id,
    )
    if row is None:
        raise NoSuchDispatch
    if row["sha256"] != sha256:
        raise DigestDiffers
    if row["received_at"] is not None:
        first: datetime = row["received_at"]
        return first
    await tx.execute(
        "update dispatch set received_at = $3 where store_id = $1 and store_seq = $2",
        store_id,
        store_seq,
        now,
    )
    order = await records.lock_order(tx, store_id=store_id, order_id=order_id)
    if order is not None and order.state is OrderState.PLACED:
        await records.update_state(tx, store_id=store_id, order_id=order_id, state=OrderState.RECEIVED)
        await records.insert_state_change(
            tx, store_id=store_id, order_id=order_id, state=OrderState.RECEIVED, at=now, actor=actor
        )
    if order is not None and (trace := order.agreed.get("trace")):
        _record(f"receive {row['kind']}", trace, store_id, order_id, started=started)
    return now


def _record(name: str, trace: str, store_id: int, order_id: UUID, *, started: int) -> None:
    """In the trace of the request that placed the order."""
    told: dict[str, str | int] = {"cabas.store": store_id, "cabas.order": str(order_id)}
    tracing.record(name, trace, kind="consumer", started=started, ended=time_ns(), attributes=told)


async def unreceived(reader: Connection, *, since: datetime, store_id: int | None = None) -> list[Record]:
    """What was sent before ``since`` and has no receipt: amber, then the fallback."""
    return await reader.fetch(
        """
        select store_id, store_seq, order_id, kind, dispatched_at, fallback_at
          from dispatch
         where received_at is null and dispatched_at <= $1 and ($2::int is null or store_id = $2)
         order by dispatched_at
         limit 500""",
        since,
        store_id,
    )


async def start_fallback(tx: Transaction, *, before: datetime, now: datetime) -> int:
    """Mark what has waited too long: the store is to be phoned and the order printed. Returns how many."""
    return await tx.execute(
        """
        update dispatch set fallback_at = $2
         where received_at is null and fallback_at is null and dispatched_at <= $1""",
        before,
        now,
    )


async def last_numbers(reader: Connection, *, store_ids: Sequence[int]) -> dict[int, int]:
    """How far the numbers of these stores have come; a store without any is left out."""
    rows = await reader.fetch(
        "select store_id, last_seq from store_sequence where store_id = any($1::int[])", store_ids
    )
    return {row["store_id"]: row["last_seq"] for row in rows}
