"""
Straight to its store: from the outbox to each store's own gap-free stream (docs/algorithms/dispatch.md).

The dispatcher takes pending rows by state (never by an id cursor, which would skip late
committers), numbers them per store in the transaction that writes them, and freezes the exact
bytes whose digest the store must answer with. Several dispatchers may run.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.orders import queries, records
from cabas.domain.orders.model import Order, OrderLine, OrderState
from cabas.kit.db import Connection, Record, Transaction
from cabas.kit.errors import Conflict, NotFound

BATCH = 100
PULLED_MAX = 100


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
    """Send up to ``limit`` pending facts to their stores; returns how many."""
    rows = await tx.fetch(
        """
        select o.store_id, o.outbox_id, o.order_id, o.revision, o.kind
          from outbox o
         where o.dispatched_at is null and o.next_at <= $1
           and not exists (select from outbox e  -- what happened to an order first is told first
                            where e.store_id = o.store_id and e.order_id = o.order_id
                              and e.dispatched_at is null and (e.created_at, e.revision) < (o.created_at, o.revision))
         order by o.store_id, o.created_at
         limit $2
           for update skip locked""",
        now,
        limit,
    )
    for row in rows:
        await _send(tx, row, now=now)
    return len(rows)


async def _send(tx: Transaction, row: Record, *, now: datetime) -> None:
    store_id, order_id = row["store_id"], row["order_id"]
    order = await queries.order_of_store(tx, store_id=store_id, order_id=order_id)
    lines = await queries.lines(tx, store_id=store_id, order_id=order_id, revision=row["revision"])
    body = body_of(order, lines, kind=row["kind"], revision=row["revision"])
    digest = hashlib.sha256(body.encode()).digest()
    await tx.execute(
        """
        with numbered as (
            insert into store_sequence (store_id, last_seq) values ($1, 1)
            on conflict (store_id) do update set last_seq = store_sequence.last_seq + 1
            returning last_seq
        )
        insert into dispatch (store_id, store_seq, order_id, revision, kind, body, sha256, dispatched_at)
        select $1, last_seq, $2, $3, $4, $5, $6, $7 from numbered""",
        store_id,
        order_id,
        row["revision"],
        row["kind"],
        body,
        digest,
        now,
    )
    await tx.execute(
        """
        update outbox set dispatched_at = $3, attempts = attempts + 1
         where store_id = $1 and outbox_id = $2""",
        store_id,
        row["outbox_id"],
        now,
    )


def body_of(order: Order, lines: Sequence[OrderLine], *, kind: str, revision: int) -> str:
    """Canonical JSON (sorted keys, UTF-8): the same order gives the same bytes."""
    document: dict[str, Any] = {
        "kind": kind,
        "order": str(order.order_id),
        "revision": revision,
        "code": order.code,
        "channel": order.channel,
        "slot": {"starts_at": order.slot_starts_at, "ends_at": order.slot_ends_at},
        "cutoff_at": order.cutoff_at,
        "placed_at": order.placed_at,
        "contact": order.contact,
        "payment_method": order.payment_method,
        "maximum_cents": order.maximum_cents,
        "lines": [
            {
                "line": line.line_no,
                "gtin": f"{line.gtin:013d}",
                "name": line.product.name,
                "quantity": line.quantity,
                "sold_by": line.product.sold_by,
                "location": line.product.location,
                "zone": line.product.zone,
                "substitution": line.substitution,
                "note": line.product.note,
                "total_cents": line.total_cents,
            }
            for line in lines
        ],
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
    return now


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
