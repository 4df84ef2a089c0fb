"""How many places are left, for those who are on call. Reads every slot: at most once a minute."""

from datetime import datetime

import msgspec

from cabas.kit.db import Connection


class Places(msgspec.Struct, frozen=True, kw_only=True):
    """Of slots that can be booked now, in the whole network."""

    capacity: int
    left: int
    full_slots: int


async def places(reader: Connection, *, now: datetime) -> dict[str, Places]:
    """By channel; a channel without slots is left out."""
    rows = await reader.fetch(
        """
        select channel, sum(capacity)::bigint as capacity, sum(capacity - taken)::bigint as left_over,
               count(*) filter (where taken >= capacity) as full_slots
          from slot
         where opens_at <= $1 and closes_at > $1 and not closed
         group by channel""",
        now,
    )
    return {
        row["channel"]: Places(capacity=row["capacity"], left=row["left_over"], full_slots=row["full_slots"])
        for row in rows
    }
