"""What a night looks like from head office, by the second. Each read is bounded; who shows it keeps it for its time."""

from datetime import datetime, timedelta

import msgspec

from cabas.kit.db import Connection

MINUTE = timedelta(minutes=1)
RATE_SECONDS = 10
BAR_SECONDS = 2
BARS = 30
REGIONS_MAX = 50


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``bars``: orders of the last minute, one number for each two seconds, the oldest first. ``per_second``: the last
    ten seconds' mean, the two that are still being counted left out.
    """

    bars: tuple[int, ...]

    @property
    def minute(self) -> int:
        return sum(self.bars)

    @property
    def per_second(self) -> float:
        counted = self.bars[-1 - RATE_SECONDS // BAR_SECONDS : -1]
        return sum(counted) / RATE_SECONDS


class RegionPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Of slots that take orders now."""

    region: str
    capacity: int
    taken: int

    @property
    def sold_percent(self) -> int:
        return 100 * self.taken // self.capacity if self.capacity else 0


async def pace(reader: Connection, *, now: datetime) -> Pace:
    """Orders of the last minute."""
    rows = await reader.fetch(
        """
        select width_bucket(extract(epoch from placed_at - $1::timestamptz), 0, 60, $3)::int as bar,
               count(*)::int as orders
          from orders
         where placed_at > $1 and placed_at <= $2
         group by bar""",
        now - MINUTE,
        now,
        BARS,
    )
    bars = [0] * BARS
    for row in rows:
        bars[min(row["bar"], BARS) - 1] += row["orders"]
    return Pace(bars=tuple(bars))


async def orders_since(reader: Connection, *, since: datetime) -> int:
    """Orders placed since then, cancelled ones too: up to a day's, so not every second."""
    count: int = await reader.fetchval("select count(*) from orders where placed_at >= $1", since)
    return count


async def places(reader: Connection, *, now: datetime) -> list[RegionPlaces]:
    """Capacity and what is taken, by region; reads every coming slot, so not every second."""
    rows = await reader.fetch(
        """
        select st.region, sum(s.capacity)::int as capacity, sum(s.taken)::int as taken
          from store st
          join (select store_id, sum(capacity) as capacity, sum(taken) as taken
                  from slot
                 where opens_at <= $1 and closes_at > $1 and not closed
                 group by store_id) s using (store_id)
         group by st.region
         order by st.region
         limit $2""",
        now,
        REGIONS_MAX,
    )
    return [RegionPlaces(**dict(row.items())) for row in rows]
