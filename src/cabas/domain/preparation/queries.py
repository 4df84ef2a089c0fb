"""Public reads of preparation: the day's board, one order at work, what could replace a line."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import Offer
from cabas.domain.orders import queries as orders
from cabas.domain.orders.model import Order, OrderLine, OrderState
from cabas.domain.preparation import charging
from cabas.domain.preparation.model import (
    Change,
    Crate,
    Lease,
    LineOutcome,
    PickedLine,
    Preparation,
    changes_between,
)
from cabas.domain.preparation.route import Walk, route_order, walk_of
from cabas.kit.db import Connection, Record

BOARD_MAX = 500
SUBSTITUTES_SHOWN = 6
ALTERNATIVES_MAX = 60
"""How many of a leaf's goods may stand in for one another."""

NEVER, SAME_PRICE = "never", "same_price"
PREPARATION_COLUMNS = (
    "store_id, order_id, revision, leased_by, leased_name, lease_expires_at, started_at, ready_at"
)


class BoardOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order of the day's list. ``dispatched_at``: when it was sent; ``received_at``: the store's receipt."""

    order_id: UUID
    code: str
    channel: str
    state: OrderState
    slot_id: int
    slot_starts_at: datetime
    slot_ends_at: datetime
    placed_at: datetime
    lines: int
    handled: int
    zones: tuple[str, ...]
    leased_by: UUID | None
    leased_name: str
    lease_expires_at: datetime | None
    arrived_at: datetime | None
    bay: str
    staging: tuple[str, ...]
    dispatched_at: datetime | None
    received_at: datetime | None

    @property
    def open(self) -> bool:
        """Still to be prepared."""
        return self.state in (OrderState.PLACED, OrderState.RECEIVED, OrderState.PREPARING)

    def late(self, now: datetime) -> bool:
        return self.open and self.slot_starts_at <= now

    @property
    def waiting(self) -> bool:
        """The shopper is here."""
        return self.arrived_at is not None and self.state not in (
            OrderState.HANDED_OVER,
            OrderState.CANCELLED,
        )

    def taken_by_other(self, picker_id: UUID, now: datetime) -> bool:
        return (
            self.leased_by not in (None, picker_id)
            and self.lease_expires_at is not None
            and self.lease_expires_at > now
        )


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """
    An order at work. ``lines``: of the revision that is being picked, in the order of the walk.

    ``changes``: what the shopper changed since; empty when nothing did.
    """

    order: Order
    preparation: Preparation | None
    lines: list[OrderLine]
    picked: dict[int, PickedLine]
    crates: list[Crate]
    changes: list[Change]

    @property
    def handled(self) -> int:
        return sum(line.line_no in self.picked for line in self.lines)

    @property
    def changed(self) -> bool:
        return self.preparation is not None and self.preparation.revision != self.order.revision


class Substitute(msgspec.Struct, frozen=True, kw_only=True):
    """``dearer``: than the agreed price; it is billed at the lower of the two all the same."""

    offer: Offer
    dearer: bool


async def board(reader: Connection, *, store_id: int, start: datetime, end: datetime) -> list[BoardOrder]:
    """The orders whose slot starts in ``[start, end)`` and that are neither cancelled nor handed over."""
    rows = await reader.fetch(
        """
        select o.order_id, o.code, o.channel, o.state, o.slot_id, o.slot_starts_at, o.slot_ends_at,
               o.placed_at, l.lines, l.zones, l.handled,
               p.leased_by, coalesce(p.leased_name, '') as leased_name, p.lease_expires_at,
               a.arrived_at, coalesce(a.bay, '') as bay, c.staging, d.dispatched_at, d.received_at
          from orders o
          left join preparation p on p.store_id = o.store_id and p.order_id = o.order_id
          left join arrival a on a.store_id = o.store_id and a.order_id = o.order_id
         cross join lateral (
                select count(*)::int as lines, count(k.line_no)::int as handled,
                       coalesce(array_agg(distinct i.frozen ->> 'zone'), '{}') as zones
                  from order_line i
                  left join picked_line k on k.store_id = i.store_id and k.order_id = i.order_id
                                         and k.line_no = i.line_no
                 where i.store_id = o.store_id and i.order_id = o.order_id and i.revision = o.revision) l
         cross join lateral (
                select coalesce(array_agg(distinct staging_place) filter (where staging_place <> ''), '{}')
                       as staging
                  from crate k
                 where k.store_id = o.store_id and k.order_id = o.order_id) c
          left join lateral (
                select min(dispatched_at) as dispatched_at, min(received_at) as received_at
                  from dispatch k
                 where k.store_id = o.store_id and k.order_id = o.order_id and k.kind = 'order_placed') d on true
         where o.store_id = $1 and o.slot_starts_at >= $2 and o.slot_starts_at < $3
           and o.state not in ('handed_over', 'cancelled')
         order by o.slot_starts_at, o.placed_at
         limit $4""",
        store_id,
        start,
        end,
        BOARD_MAX,
    )
    return [_as_board_order(row) for row in rows]


async def task(reader: Connection, *, store_id: int, order_id: UUID) -> Task:
    """
    One order with all that its picker needs.

    :raises cabas.domain.orders.model.OrderNotFound: this store has no such order.
    """
    order = await orders.order_of_store(reader, store_id=store_id, order_id=order_id)
    preparation = await preparation_of(reader, store_id=store_id, order_id=order_id)
    revision = preparation.revision if preparation and preparation.started_at else order.revision
    lines = await orders.lines(reader, store_id=store_id, order_id=order_id, revision=revision)
    changes: list[Change] = []
    if revision != order.revision:
        current = await orders.lines(reader, store_id=store_id, order_id=order_id, revision=order.revision)
        changes = changes_between(lines, current)
    return Task(
        order=order,
        preparation=preparation,
        lines=route_order(lines, await walk(reader, store_id=store_id)),
        picked=await picked_lines(reader, store_id=store_id, order_id=order_id),
        crates=await crates(reader, store_id=store_id, order_id=order_id),
        changes=changes,
    )


async def walk(reader: Connection, *, store_id: int) -> Walk:
    """How the store is walked."""
    said = await reader.fetchval("select preparation from store where store_id = $1", store_id)
    return walk_of(said or {})


async def preparation_of(reader: Connection, *, store_id: int, order_id: UUID) -> Preparation | None:
    row = await reader.fetchrow(
        f"select {PREPARATION_COLUMNS} from preparation where store_id = $1 and order_id = $2",
        store_id,
        order_id,
    )
    return as_preparation(row) if row else None


async def picked_lines(reader: Connection, *, store_id: int, order_id: UUID) -> dict[int, PickedLine]:
    """What became of the lines, by number; lines not handled yet are left out."""
    rows = await reader.fetch(
        """
        select line_no, outcome, gtin, quantity, weight_grams, unit_price_cents, total_cents, frozen,
               picked_by, picked_at
          from picked_line
         where store_id = $1 and order_id = $2""",
        store_id,
        order_id,
    )
    return {
        row["line_no"]: PickedLine(**{**dict(row.items()), "outcome": LineOutcome(row["outcome"])})
        for row in rows
    }


async def crates(reader: Connection, *, store_id: int, order_id: UUID) -> list[Crate]:
    rows = await reader.fetch(
        """
        select crate_no, zone, label, staged_at, staging_place, handed_at
          from crate
         where store_id = $1 and order_id = $2
         order by crate_no""",
        store_id,
        order_id,
    )
    return [Crate(**dict(row.items())) for row in rows]


async def substitutes(
    reader: Connection, *, store_id: int, line: OrderLine, now: datetime, limit: int = SUBSTITUTES_SHOWN
) -> list[Substitute]:
    """
    What the picker may put instead, best first, as the shopper chose: nothing for ``never``, nothing
    dearer for ``same_price``.

    Same leaf and way of selling; never for adults only when the original isn't, never an allergen more.
    """
    if line.substitution == NEVER:
        return []
    cards = await catalog.alternatives(
        reader, store_id=store_id, gtin=line.gtin, now=now, limit=ALTERNATIVES_MAX
    )
    offers = await catalog.offers_for(reader, store_id=store_id, gtins=[card.gtin for card in cards], now=now)
    found = []
    for card in cards:
        offer = offers.get(card.gtin)
        if offer is None or not offer.available or offer.minimum_age > line.product.minimum_age:
            continue
        dearer = charging.dearer(line, offer, amount=line.quantity)
        if not (dearer and line.substitution == SAME_PRICE):
            found.append(Substitute(offer=offer, dearer=dearer))
    return found[:limit]


async def journal(
    reader: Connection, *, store_id: int, order_id: UUID, limit: int = 500
) -> list[dict[str, Any]]:
    """The order's events as they were recorded: kind, actor, occurred_at, payload, outcome."""
    rows = await reader.fetch(
        """
        select kind, actor, device_id, device_seq, occurred_at, recorded_at, payload, outcome
          from picking_event
         where store_id = $1 and order_id = $2
         order by recorded_at, device_seq
         limit $3""",
        store_id,
        order_id,
        limit,
    )
    return [dict(row.items()) for row in rows]


async def first_unreceived(reader: Connection, *, store_id: int) -> int:
    """The number after which the store has something to receive (its last number when it has all)."""
    number: int = await reader.fetchval(
        """
        select coalesce((select min(store_seq) - 1 from dispatch
                          where store_id = $1 and received_at is null),
                        (select last_seq from store_sequence where store_id = $1), 0)""",
        store_id,
    )
    return number


def as_preparation(row: Record) -> Preparation:
    lease = (
        Lease(picker_id=row["leased_by"], name=row["leased_name"], expires_at=row["lease_expires_at"])
        if row["leased_by"] and row["lease_expires_at"]
        else None
    )
    return Preparation(
        store_id=row["store_id"],
        order_id=row["order_id"],
        revision=row["revision"],
        lease=lease,
        started_at=row["started_at"],
        ready_at=row["ready_at"],
    )


def _as_board_order(row: Record) -> BoardOrder:
    values = dict(row.items())
    return BoardOrder(
        **{
            **values,
            "state": OrderState(values["state"]),
            "zones": tuple(sorted(values["zones"])),
            "staging": tuple(values["staging"]),
        }
    )
