"""Public reads of handover: who is here, one order at the counter."""

from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.handover.model import Handover, named
from cabas.domain.orders import queries as orders
from cabas.domain.orders.model import Order, OrderState
from cabas.domain.payments import queries as payments
from cabas.domain.payments.model import Balance, Kind, balance
from cabas.domain.preparation import queries as preparation
from cabas.domain.preparation.model import Crate
from cabas.kit.db import Connection

ARRIVALS_MAX = 100


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A shopper who is here. ``places``: where the crates wait."""

    order_id: UUID
    code: str
    name: str
    state: OrderState
    arrived_at: datetime
    bay: str
    crates: int
    places: tuple[str, ...]


class Counter(msgspec.Struct, frozen=True, kw_only=True):
    """
    An order at the counter. ``minimum_age``: 0, or that of the strictest product in the crates.

    ``balance``: of an order with a card's payment; None: all of it is paid here.
    """

    order: Order
    crates: list[Crate]
    minimum_age: int
    arrived_at: datetime | None
    bay: str
    handover: Handover | None
    balance: Balance | None


async def find(reader: Connection, *, store_id: int, text: str) -> Order:
    """
    The order that a shopper names or shows, by code or QR.

    :raises cabas.domain.orders.model.OrderNotFound: none here, or another store's.
    """
    wanted = named(text)
    if isinstance(wanted, UUID):
        return await orders.order_of_store(reader, store_id=store_id, order_id=wanted)
    return await orders.order_by_code(reader, store_id=store_id, code=wanted)


async def arrivals(reader: Connection, *, store_id: int) -> list[Arrival]:
    """Who has said "I am here" and was given nothing yet, first come first."""
    rows = await reader.fetch(
        """
        select o.order_id, o.code, coalesce(o.contact ->> 'name', '') as name, o.state, a.arrived_at, a.bay,
               c.crates, c.places
          from arrival a
          join orders o on o.store_id = a.store_id and o.order_id = a.order_id
         cross join lateral (
                select count(*)::int as crates,
                       coalesce(array_agg(distinct staging_place) filter (where staging_place <> ''), '{}')
                       as places
                  from crate k
                 where k.store_id = a.store_id and k.order_id = a.order_id) c
         where a.store_id = $1 and o.state not in ('handed_over', 'cancelled')
         order by a.arrived_at
         limit $2""",
        store_id,
        ARRIVALS_MAX,
    )
    return [
        Arrival(**{**dict(row.items()), "state": OrderState(row["state"]), "places": tuple(row["places"])})
        for row in rows
    ]


async def counter(reader: Connection, *, store_id: int, order_id: UUID) -> Counter:
    """
    All that the handover of one order needs.

    :raises cabas.domain.orders.model.OrderNotFound: this store has no such order.
    """
    order = await orders.order_of_store(reader, store_id=store_id, order_id=order_id)
    row = await reader.fetchrow(
        """
        select h.started_at, h.handed_over_at, h.handed_by, h.identity_checked, h.remarks,
               a.arrived_at, coalesce(a.bay, '') as bay
          from (select $1::int as store_id, $2::uuid as order_id) k
          left join handover h using (store_id, order_id)
          left join arrival a using (store_id, order_id)""",
        store_id,
        order_id,
    )
    assert row is not None  # noqa: S101 - one row by construction
    begun = row["started_at"] is not None
    return Counter(
        order=order,
        crates=await preparation.crates(reader, store_id=store_id, order_id=order_id),
        minimum_age=await minimum_age(reader, store_id=store_id, order_id=order_id),
        arrived_at=row["arrived_at"],
        bay=row["bay"],
        handover=Handover(
            started_at=row["started_at"],
            handed_over_at=row["handed_over_at"],
            handed_by=row["handed_by"],
            identity_checked=row["identity_checked"],
            remarks=tuple(row["remarks"]),
        )
        if begun
        else None,
        balance=await card_balance(reader, order),
    )


async def card_balance(reader: Connection, order: Order) -> Balance | None:
    """What was paid of an order and what is left, when more than the counter had to do with it; else None."""
    tenders = await payments.tenders_of(reader, store_id=order.store_id, order_id=order.order_id)
    if all(tender.kind is Kind.AT_STORE for tender in tenders):
        return None
    final = order.total_cents if order.final_cents is None else order.final_cents
    return balance(tenders, final_cents=final)


async def minimum_age(reader: Connection, *, store_id: int, order_id: UUID) -> int:
    """The age that what is really in the crates asks for; 0 when anyone may have it."""
    age: int = await reader.fetchval(
        """
        select coalesce(max(coalesce(k.frozen ->> 'minimum_age', i.frozen ->> 'minimum_age')::int), 0)
          from picked_line k
          join preparation p on p.store_id = k.store_id and p.order_id = k.order_id
          join order_line i on i.store_id = k.store_id and i.order_id = k.order_id
                           and i.revision = p.revision and i.line_no = k.line_no
         where k.store_id = $1 and k.order_id = $2 and (k.quantity > 0 or k.weight_grams > 0)""",
        store_id,
        order_id,
    )
    return age
