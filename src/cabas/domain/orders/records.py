"""Private writes of orders."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.orders.model import Order, OrderLine, OrderState, Totals
from cabas.domain.orders.queries import ORDER_COLUMNS, as_order
from cabas.kit.db import Transaction


async def lock_order(tx: Transaction, *, store_id: int, order_id: UUID) -> Order | None:
    row = await tx.fetchrow(
        f"select {ORDER_COLUMNS} from orders where store_id = $1 and order_id = $2 for update",
        store_id,
        order_id,
    )
    return as_order(row) if row else None


async def update_state(tx: Transaction, *, store_id: int, order_id: UUID, state: OrderState) -> None:
    await tx.execute(
        "update orders set state = $3 where store_id = $1 and order_id = $2", store_id, order_id, state.value
    )


async def update_final(tx: Transaction, *, store_id: int, order_id: UUID, final_cents: int) -> None:
    await tx.execute(
        "update orders set final_cents = $3 where store_id = $1 and order_id = $2",
        store_id,
        order_id,
        final_cents,
    )


async def update_revision(
    tx: Transaction,
    *,
    store_id: int,
    order_id: UUID,
    revision: int,
    totals: Totals,
    agreed: dict[str, Any],
) -> None:
    await tx.execute(
        """
        update orders
           set revision = $3, goods_cents = $4, discount_cents = $5, deposit_cents = $6, fee_cents = $7,
               total_cents = $8, maximum_cents = $9, agreed = $10
         where store_id = $1 and order_id = $2""",
        store_id,
        order_id,
        revision,
        totals.goods_cents,
        totals.discount_cents,
        totals.deposit_cents,
        totals.fee_cents,
        totals.total_cents,
        totals.maximum_cents,
        agreed,
    )


async def insert_lines(
    tx: Transaction, *, store_id: int, order_id: UUID, revision: int, lines: Sequence[OrderLine]
) -> None:
    await tx.executemany(
        """
        insert into order_line (store_id, order_id, revision, line_no, gtin, quantity, unit_price_cents,
                                discount_cents, total_cents, maximum_cents, vat_basis_points, substitution, frozen)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)""",
        [
            (
                store_id,
                order_id,
                revision,
                line.line_no,
                line.gtin,
                line.quantity,
                line.unit_price_cents,
                line.discount_cents,
                line.total_cents,
                line.maximum_cents,
                line.vat_basis_points,
                line.substitution,
                line.product,
            )
            for line in lines
        ],
    )


async def insert_state_change(
    tx: Transaction, *, store_id: int, order_id: UUID, state: OrderState, at: datetime, actor: str
) -> None:
    await tx.execute(
        """
        insert into order_state_change (store_id, order_id, state, at, actor)
             values ($1, $2, $3, $4, $5)
        on conflict do nothing""",
        store_id,
        order_id,
        state.value,
        at,
        actor,
    )


async def insert_outbox(
    tx: Transaction,
    *,
    store_id: int,
    outbox_id: UUID,
    order_id: UUID,
    revision: int,
    kind: str,
    now: datetime,
) -> None:
    await tx.execute(
        """
        insert into outbox (store_id, outbox_id, order_id, revision, kind, created_at, next_at)
             values ($1, $2, $3, $4, $5, $6, $6)""",
        store_id,
        outbox_id,
        order_id,
        revision,
        kind,
        now,
    )


async def insert_cancellation(
    tx: Transaction, *, store_id: int, order_id: UUID, by: str, reason: str, now: datetime
) -> None:
    await tx.execute(
        """
        insert into cancellation (store_id, order_id, cancelled_at, cancelled_by, reason)
             values ($1, $2, $3, $4, $5)""",
        store_id,
        order_id,
        now,
        by,
        reason,
    )


async def upsert_arrival(tx: Transaction, *, store_id: int, order_id: UUID, bay: str, now: datetime) -> None:
    await tx.execute(
        """
        insert into arrival (store_id, order_id, arrived_at, bay)
             values ($1, $2, $3, $4)
        on conflict (store_id, order_id) do update set bay = excluded.bay""",
        store_id,
        order_id,
        now,
        bay,
    )


async def insert_withdrawal(
    tx: Transaction,
    *,
    store_id: int,
    order_id: UUID,
    withdrawal_id: UUID,
    line_numbers: list[int],
    now: datetime,
) -> None:
    await tx.execute(
        """
        insert into withdrawal (store_id, order_id, withdrawal_id, declared_at, line_numbers)
             values ($1, $2, $3, $4, $5)""",
        store_id,
        order_id,
        withdrawal_id,
        now,
        line_numbers,
    )
