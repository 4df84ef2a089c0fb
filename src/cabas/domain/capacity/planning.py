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


async def plan(reader: Connection, *, scope: Scope, policy: CapacityPolicy, now: datetime) -> Plan:
    """
    The raise, store by store, had it been applied now.

    A slot's work is spread evenly over its time: places × lines of an order, over the store's lines an hour.

    :raises BadRaise: see `model.check`.
    """
    check(scope, policy, now)
    rows = await reader.fetch(
        """
        with chosen as (
            select store_id, slug, name, region,
                   coalesce((preparation ->> 'pickers')::int, 0) as pickers,
                   coalesce(nullif((preparation ->> 'lines_per_picker_hour')::int, 0), $8::int) as rate
              from store
             where store_id > 0 and ($1 = '' or region = $1)
               and (cardinality($2::int[]) = 0 or store_id = any($2))
        ), open as (
            select s.store_id, s.starts_at, s.ends_at, s.capacity, s.taken, least($9, wanted) as after, wanted
              from slot s, lateral (select (s.capacity * $6 + 99) / 100 as wanted) w
             where s.store_id in (select store_id from chosen) and s.channel = any($3)
               and s.starts_at >= $4 and s.starts_at < $5 and s.closes_at > $7 and not s.closed
        ), summed as (
            select store_id, count(*)::int as slots, sum(capacity)::int as capacity, sum(taken)::int as taken,
                   sum(greatest(after - capacity, 0))::int as places,
                   count(*) filter (where wanted > after)::int as capped
              from open
             group by store_id
        ), half_hours as (
            select store_id, sum(capacity / length) as before, sum(greatest(after, capacity) / length) as after
              from open,
                   lateral (select extract(epoch from ends_at - starts_at) / 3600 as length) l,
                   lateral generate_series(starts_at, ends_at - interval '1 minute', interval '30 minutes') at
             group by store_id, at
        ), busiest as (
            select store_id, max(before) as before, max(after) as after from half_hours group by store_id
        )
        select c.store_id, c.slug, c.name, c.region, s.slots, s.capacity, s.taken, s.places, s.capped, c.pickers,
               ceil(b.before * $10::int / c.rate)::int as people_before,
               ceil(b.after * $10::int / c.rate)::int as people_after,
               (s.places * $10::int / c.rate::float8)::float8 as hours
          from chosen c
          join summed s using (store_id)
          join busiest b using (store_id)
         order by s.places desc, c.name""",
        scope.region,
        list(scope.store_ids),
        [channel.value for channel in scope.channels],
        paris_midnight(scope.first_day),
        paris_midnight(scope.day_after),
        scope.percent,
        now,
        policy.lines_per_picker_hour,
        CAPACITY_MAX,
        policy.lines_per_order,
    )
    return Plan(
        scope=scope,
        stores=tuple(StorePlan(**dict(row.items())) for row in rows),
        picker_hour_cents=policy.picker_hour_cents,
    )


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
