"""Reads over many slots: a store's week, the network at a glance. Never on the order's path."""

from datetime import datetime

import msgspec

from cabas.domain.slots.model import Slot
from cabas.domain.slots.queries import as_slot
from cabas.kit.db import Connection

STORES_MAX = 5_000


class StoreLoad(msgspec.Struct, frozen=True, kw_only=True):
    """``capacity``, ``taken``: places of the slots that start in the window asked for."""

    store_id: int
    slug: str
    name: str
    department: str
    region: str
    latitude: float
    longitude: float
    capacity: int
    taken: int
    orders_today: int
    unreceived: int

    @property
    def left(self) -> int:
        return self.capacity - self.taken

    @property
    def left_percent(self) -> int:
        return 100 * self.left // self.capacity if self.capacity else 0


class SlotLoad(msgspec.Struct, frozen=True, kw_only=True):
    """A slot with what became of its orders."""

    slot: Slot
    to_prepare: int
    preparing: int
    ready: int
    handed_over: int


async def network(
    reader: Connection, *, start: datetime, end: datetime, day_start: datetime, late_since: datetime
) -> list[StoreLoad]:
    """
    Every store with Drive: its places in ``[start, end)``, today's orders, and the dispatches
    sent before ``late_since`` that it has not received.
    """
    rows = await reader.fetch(
        """
        select st.store_id, st.slug, st.name, st.department, st.region, st.latitude, st.longitude,
               coalesce(s.capacity, 0) as capacity, coalesce(s.taken, 0) as taken,
               coalesce(o.orders_today, 0) as orders_today, coalesce(d.unreceived, 0) as unreceived
          from store st
          left join (select store_id, sum(capacity)::int as capacity, sum(taken)::int as taken
                       from slot
                      where starts_at >= $1 and starts_at < $2 and not closed
                      group by store_id) s using (store_id)
          left join (select store_id, count(*)::int as orders_today
                       from orders
                      where placed_at >= $3
                      group by store_id) o using (store_id)
          left join (select store_id, count(*)::int as unreceived
                       from dispatch
                      where received_at is null and dispatched_at <= $4
                      group by store_id) d using (store_id)
         where st.has_drive
         order by st.name
         limit $5""",
        start,
        end,
        day_start,
        late_since,
        STORES_MAX,
    )
    return [StoreLoad(**dict(row.items())) for row in rows]


async def slots_with_orders(
    reader: Connection, *, store_id: int, start: datetime, end: datetime
) -> list[SlotLoad]:
    """The store's slots that start in ``[start, end)`` and how far their orders are."""
    rows = await reader.fetch(
        """
        select s.store_id, s.slot_id, s.channel, s.starts_at, s.ends_at, s.opens_at, s.closes_at, s.fee_cents,
               s.capacity, s.taken, s.closed,
               count(*) filter (where o.state in ('placed', 'received'))::int as to_prepare,
               count(*) filter (where o.state = 'preparing')::int as preparing,
               count(*) filter (where o.state = 'ready')::int as ready,
               count(*) filter (where o.state = 'handed_over')::int as handed_over
          from slot s
          left join orders o on o.store_id = s.store_id and o.slot_id = s.slot_id
         where s.store_id = $1 and s.starts_at >= $2 and s.starts_at < $3
         group by s.store_id, s.slot_id
         order by s.starts_at, s.channel""",
        store_id,
        start,
        end,
    )
    return [
        SlotLoad(
            slot=as_slot(row),
            to_prepare=row["to_prepare"],
            preparing=row["preparing"],
            ready=row["ready"],
            handed_over=row["handed_over"],
        )
        for row in rows
    ]
