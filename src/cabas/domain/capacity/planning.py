"""What a raise would do, and what demand suggests: reads for the preview. Nothing is locked or written."""

from datetime import datetime, timedelta
from uuid import UUID

from cabas.domain.capacity import records
from cabas.domain.capacity.model import (
    CapacityPolicy,
    Fill,
    Plan,
    Raise,
    RaiseUnknown,
    Scope,
    StorePlan,
    check,
)
from cabas.domain.slots.managing import CAPACITY_MAX
from cabas.kit.clock import paris_midnight
from cabas.kit.db import Connection

LISTED = 20
DEMAND = timedelta(days=7)
STORES_AT_ONCE = 200
"""Of one statement, so that none takes long however many stores there are."""


async def plan(reader: Connection, *, scope: Scope, policy: CapacityPolicy, now: datetime) -> Plan:
    """
    The raise, store by store, had it been applied now: the most places first.

    :raises BadRaise: see `model.check`.
    """
    check(scope, policy, now)
    rows = await reader.fetch(
        """
        select store_id
          from store
         where store_id > 0 and ($1 = '' or region = $1) and (cardinality($2::int[]) = 0 or store_id = any($2))
         order by store_id""",
        scope.region,
        list(scope.store_ids),
    )
    chosen = [row["store_id"] for row in rows]
    found: list[StorePlan] = []
    for first in range(0, len(chosen), STORES_AT_ONCE):
        found += await _of_stores(reader, chosen[first : first + STORES_AT_ONCE], scope, policy, now)
    return Plan(
        scope=scope,
        stores=tuple(sorted(found, key=lambda one: (-one.places, one.name))),
        picker_hour_cents=policy.picker_hour_cents,
    )


async def _of_stores(
    reader: Connection, store_ids: list[int], scope: Scope, policy: CapacityPolicy, now: datetime
) -> list[StorePlan]:
    """
    A slot's work is spread evenly over its time: places × lines of an order, over the store's lines an hour. The
    busiest slots of drive and of delivery count as if they fell together.
    """
    rows = await reader.fetch(
        """
        with open as (
            select s.store_id, s.channel, s.capacity, s.taken, least($8, wanted) as after, wanted,
                   extract(epoch from s.ends_at - s.starts_at)::float8 / 3600 as length
              from slot s,
                   lateral (select (s.capacity * $5 + 99) / 100 as wanted) w
             where s.store_id = any($1) and s.channel = any($2) and s.starts_at >= $3 and s.starts_at < $4
               and s.closes_at > $6 and not s.closed
        ), by_channel as (
            select store_id, count(*) as slots, sum(capacity) as capacity, sum(taken) as taken,
                   sum(greatest(after - capacity, 0)) as places, count(*) filter (where wanted > after) as capped,
                   max(capacity / length) as before, max(greatest(after, capacity) / length) as after
              from open
             group by store_id, channel
        ), summed as (
            select store_id, sum(slots)::int as slots, sum(capacity)::int as capacity, sum(taken)::int as taken,
                   sum(places)::int as places, sum(capped)::int as capped,
                   sum(before) as before, sum(after) as after
              from by_channel
             group by store_id
        )
        select st.store_id, st.slug, st.name, st.region, s.slots, s.capacity, s.taken, s.places, s.capped,
               coalesce((st.preparation ->> 'pickers')::int, 0) as pickers,
               ceil(s.before * $9::int / rate)::int as people_before,
               ceil(s.after * $9::int / rate)::int as people_after,
               (s.places * $9::int / rate::float8)::float8 as hours
          from summed s
          join store st using (store_id),
               lateral (select coalesce(nullif((st.preparation ->> 'lines_per_picker_hour')::int, 0),
                                        $7::int) as rate) r""",
        store_ids,
        [channel.value for channel in scope.channels],
        paris_midnight(scope.first_day),
        paris_midnight(scope.day_after),
        scope.percent,
        now,
        policy.lines_per_picker_hour,
        CAPACITY_MAX,
        policy.lines_per_order,
    )
    return [StorePlan(**dict(row.items())) for row in rows]


async def fills(reader: Connection, *, now: datetime) -> list[Fill]:
    """By region, the slots of the last seven days: their places, and what was booked."""
    rows = await reader.fetch(
        """
        select st.region, count(*)::int as stores, sum(s.capacity)::int as capacity, sum(s.taken)::int as taken
          from store st
          join (select store_id, sum(capacity) as capacity, sum(taken) as taken
                  from slot
                 where starts_at >= $1 and starts_at < $2 and not closed
                 group by store_id) s using (store_id)
         where st.store_id > 0
         group by st.region
         order by st.region""",
        now - DEMAND,
        now,
    )
    return [Fill(**dict(row.items())) for row in rows]


async def regions(reader: Connection) -> list[str]:
    """Where the network has stores, by name."""
    rows = await reader.fetch("select distinct region from store where store_id > 0 order by region")
    return [row["region"] for row in rows]


async def last_published(reader: Connection) -> datetime | None:
    """When the last slot that was published starts."""
    last: datetime | None = await reader.fetchval("select max(starts_at) from slot")
    return last


async def raise_of(reader: Connection, *, raise_id: UUID) -> Raise:
    """:raises RaiseUnknown: nobody asked for it."""
    found = await records.select_raise(reader, raise_id=raise_id)
    if found is None:
        raise RaiseUnknown
    return found


async def recent(reader: Connection) -> list[Raise]:
    """The latest first."""
    return await records.select_raises(reader, limit=LISTED)
