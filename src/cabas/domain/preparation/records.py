"""Private writes and locks of preparation."""

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from cabas.domain.preparation.model import Crate, PickedLine, Preparation
from cabas.domain.preparation.queries import PREPARATION_COLUMNS, as_preparation
from cabas.kit.db import Transaction


async def lock_preparations(
    tx: Transaction, *, store_id: int, order_ids: Collection[UUID]
) -> dict[UUID, Preparation]:
    """One row an order, made when it is missing; in the order of ids, so that batches don't deadlock."""
    wanted = sorted(order_ids)
    await tx.execute(
        """
        insert into preparation (store_id, order_id, revision)
        select store_id, order_id, revision
          from orders
         where store_id = $1 and order_id = any($2::uuid[])
         order by order_id
        on conflict do nothing""",
        store_id,
        wanted,
    )
    rows = await tx.fetch(
        f"""
        select {PREPARATION_COLUMNS}
          from preparation
         where store_id = $1 and order_id = any($2::uuid[])
         order by order_id
           for update""",
        store_id,
        wanted,
    )
    return {row["order_id"]: as_preparation(row) for row in rows}


async def select_outcomes(tx: Transaction, *, store_id: int, event_ids: Sequence[UUID]) -> dict[UUID, str]:
    """What became of the events that are in the journal already."""
    rows = await tx.fetch(
        "select event_id, outcome from picking_event where store_id = $1 and event_id = any($2::uuid[])",
        store_id,
        event_ids,
    )
    return {row["event_id"]: row["outcome"] for row in rows}


async def insert_events(tx: Transaction, rows: Sequence[tuple[Any, ...]]) -> None:
    await tx.executemany(
        """
        insert into picking_event (store_id, event_id, order_id, device_id, device_seq, kind, actor,
                                   occurred_at, recorded_at, payload, outcome)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)""",
        rows,
    )


async def update_preparation(tx: Transaction, preparation: Preparation) -> None:
    lease = preparation.lease
    await tx.execute(
        """
        update preparation
           set revision = $3, leased_by = $4, leased_name = $5, lease_expires_at = $6, started_at = $7,
               ready_at = $8
         where store_id = $1 and order_id = $2""",
        preparation.store_id,
        preparation.order_id,
        preparation.revision,
        lease.picker_id if lease else None,
        lease.name if lease else "",
        lease.expires_at if lease else None,
        preparation.started_at,
        preparation.ready_at,
    )


async def upsert_picked_line(tx: Transaction, *, store_id: int, order_id: UUID, line: PickedLine) -> None:
    await tx.execute(
        """
        insert into picked_line (store_id, order_id, line_no, outcome, gtin, quantity, weight_grams,
                                 unit_price_cents, total_cents, frozen, picked_by, picked_at)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        on conflict (store_id, order_id, line_no)
        do update set outcome = excluded.outcome, gtin = excluded.gtin, quantity = excluded.quantity,
                      weight_grams = excluded.weight_grams, unit_price_cents = excluded.unit_price_cents,
                      total_cents = excluded.total_cents, frozen = excluded.frozen,
                      picked_by = excluded.picked_by, picked_at = excluded.picked_at""",
        store_id,
        order_id,
        line.line_no,
        line.outcome.value,
        line.gtin,
        line.quantity,
        line.weight_grams,
        line.unit_price_cents,
        line.total_cents,
        line.frozen,
        line.picked_by,
        line.picked_at,
    )


async def delete_picked_lines(
    tx: Transaction, *, store_id: int, order_id: UUID, line_numbers: Sequence[int]
) -> None:
    await tx.execute(
        """
        delete from picked_line
         where store_id = $1 and order_id = $2 and line_no = any($3::smallint[])""",
        store_id,
        order_id,
        line_numbers,
    )


async def upsert_crate(tx: Transaction, *, store_id: int, order_id: UUID, crate: Crate) -> None:
    await tx.execute(
        """
        insert into crate (store_id, order_id, crate_no, zone, label, staged_at, staging_place)
             values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (store_id, order_id, crate_no)
        do update set zone = excluded.zone, label = excluded.label, staged_at = excluded.staged_at,
                      staging_place = excluded.staging_place""",
        store_id,
        order_id,
        crate.crate_no,
        crate.zone,
        crate.label,
        crate.staged_at,
        crate.staging_place,
    )


async def delete_crate(tx: Transaction, *, store_id: int, order_id: UUID, crate_no: int) -> None:
    await tx.execute(
        "delete from crate where store_id = $1 and order_id = $2 and crate_no = $3",
        store_id,
        order_id,
        crate_no,
    )
