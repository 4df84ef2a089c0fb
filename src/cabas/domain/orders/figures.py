"""How orders stand on their way to the stores, for those who are on call."""

from datetime import datetime, timedelta

import msgspec

from cabas.kit.db import Connection

LATE_WITHIN = timedelta(days=1)
COUNTED_MAX = 10_000
"""More than that is told as that many: the alarm is the same, and the count stays cheap."""


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """``oldest_seconds``: of what isn't dispatched, 0.0 when all is. ``dispatched``: facts sent since the beginning."""

    pending: int
    oldest_seconds: float
    dispatched: int
    receipts_late: int
    stores_late: int


async def backlog(reader: Connection, *, late_after: timedelta, now: datetime) -> Backlog:
    """:param late_after: a receipt is late from then on; it counts for a day, by when somebody has phoned."""
    row = await reader.fetchrow(
        """
        select o.pending, o.oldest, s.dispatched, d.late, d.stores
          from (select count(*) as pending, min(created_at) as oldest
                  from (select created_at from outbox where dispatched_at is null
                         order by next_at limit $3) pending) o,
               (select coalesce(sum(last_seq), 0)::bigint as dispatched from store_sequence) s,
               (select count(*) as late, count(distinct store_id) as stores
                  from (select store_id from dispatch
                         where received_at is null and dispatched_at > $1 and dispatched_at <= $2
                         limit $3) late) d""",
        now - LATE_WITHIN,
        now - late_after,
        COUNTED_MAX,
    )
    if row is None:
        raise LookupError("counts are always there")
    oldest = (now - row["oldest"]).total_seconds() if row["oldest"] else 0.0
    return Backlog(
        pending=row["pending"],
        oldest_seconds=max(oldest, 0.0),
        dispatched=row["dispatched"],
        receipts_late=row["late"],
        stores_late=row["stores"],
    )
