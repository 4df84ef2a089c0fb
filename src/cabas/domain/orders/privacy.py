"""
A person's rights over their orders: to be told what is kept, and to be forgotten.

Accounts of sales are kept as the law wants them; who it was goes, in the order and in what was
sent to the store about it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.orders.model import OrderState
from cabas.kit.db import Connection, Transaction
from cabas.kit.errors import Conflict

EXPORTED_MAX = 10_000
_ENDED = [OrderState.HANDED_OVER.value, OrderState.CANCELLED.value]


class OrdersUnderWay(Conflict):
    """Some orders are neither handed over nor cancelled: the store needs to know whose they are."""

    code = "orders_under_way"


async def orders_held(reader: Connection, customer_id: UUID) -> list[dict[str, Any]]:
    """Everything kept on their orders, newest first, with readable keys."""
    rows = await reader.fetch(
        """
        select o.order_id as "order", o.code, o.store_id as store, o.channel, o.state, o.placed_at,
               o.slot_starts_at, o.slot_ends_at, o.contact, o.payment_method, o.substitution,
               o.goods_cents, o.discount_cents, o.deposit_cents, o.fee_cents, o.total_cents,
               o.final_cents, o.agreed,
               coalesce((select jsonb_agg(jsonb_build_object(
                                 'gtin', l.gtin, 'name', l.frozen ->> 'name', 'note', l.frozen ->> 'note',
                                 'quantity', l.quantity, 'total_cents', l.total_cents) order by l.line_no)
                           from order_line l
                          where l.store_id = o.store_id and l.order_id = o.order_id
                            and l.revision = o.revision), '[]') as lines,
               coalesce((select jsonb_agg(jsonb_build_object(
                                 'kind', t.kind, 'state', t.state, 'at', t.opened_at,
                                 'total_cents', t.captured_cents - t.refunded_cents) order by t.number)
                           from tender t
                          where t.store_id = o.store_id and t.order_id = o.order_id), '[]') as payments
          from orders o
         where o.customer_id = $1
         order by o.placed_at desc
         limit $2""",
        customer_id,
        EXPORTED_MAX,
    )
    return [dict(row.items()) for row in rows]


async def orders_under_way(reader: Connection, customer_id: UUID) -> int:
    """How many of their orders are neither handed over nor cancelled."""
    count: int = await reader.fetchval(
        "select count(*) from orders where customer_id = $1 and state <> all($2::text[])",
        customer_id,
        _ENDED,
    )
    return count


async def forget_in_orders(tx: Transaction, customer_id: UUID, _now: datetime) -> int:
    """
    Take the person out of their orders; returns how many orders that was.

    :raises OrdersUnderWay: some have not ended.
    """
    if await orders_under_way(tx, customer_id):
        raise OrdersUnderWay
    await _blank_notes(tx, customer_id)
    await _blank_dispatches(tx, customer_id)
    await _blank_baskets(tx, customer_id)
    return await tx.execute("update orders set contact = '{}' where customer_id = $1", customer_id)


async def _blank_notes(tx: Transaction, customer_id: UUID) -> None:
    await tx.execute(
        """
        update order_line l
           set frozen = jsonb_set(l.frozen, '{note}', '""')
          from orders o
         where o.customer_id = $1 and l.store_id = o.store_id and l.order_id = o.order_id
           and coalesce(l.frozen ->> 'note', '') <> ''""",
        customer_id,
    )


async def _blank_dispatches(tx: Transaction, customer_id: UUID) -> None:
    """The digest is that of the new bytes: what the store holds is the store's to forget."""
    await tx.execute(
        """
        update dispatch d
           set body = blank.body, sha256 = sha256(convert_to(blank.body, 'UTF8'))
          from (select s.store_id, s.store_seq,
                       (s.body::jsonb || '{"contact": {}, "forgotten": true}')::text as body
                  from orders o
                  join dispatch s on s.store_id = o.store_id and s.order_id = o.order_id
                 where o.customer_id = $1) blank
         where d.store_id = blank.store_id and d.store_seq = blank.store_seq""",
        customer_id,
    )


async def _blank_baskets(tx: Transaction, customer_id: UUID) -> None:
    """The baskets the orders were made of keep no line and no note."""
    await tx.execute(
        """
        update cart c
           set lines = '{}', shown = null, removed = null, wishes = null
          from orders o
         where o.customer_id = $1 and c.store_id = o.store_id and c.cart_id = o.cart_id""",
        customer_id,
    )
