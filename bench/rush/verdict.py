"""What the clients were told, against what the database holds."""

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import asyncpg
import msgspec

from bench.ground import Ground
from bench.rush.load import Answer


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``lost``: orders acknowledged to a client that are not there. ``doubled``: baskets or keys that became
    several orders. ``oversold``: places sold beyond a slot's capacity. ``unheard``: orders that are there and
    whose client never heard so (not an error: the key answers when asked again).
    """

    lost: int
    doubled: int
    oversold: int
    unheard: int
    check_ok: bool
    breaches: list[str]


async def judge(
    connection: "asyncpg.Connection[asyncpg.Record]",
    ground: Ground,
    *,
    acknowledged: Sequence[Answer],
    carts: dict[int, UUID],
) -> Verdict:
    """:param carts: the basket of each number of the journal."""
    there = {
        row["cart_id"]: row["order_id"]
        for row in await connection.fetch(
            "select cart_id, order_id from orders where cart_id = any($1)", list(carts.values())
        )
    }
    lost = [one for one in acknowledged if str(there.get(carts[one.number])) != one.order]
    heard = {carts[one.number] for one in acknowledged}
    doubled: int = await connection.fetchval(
        """
        select coalesce((select sum(n - 1) from (select count(*) n from orders group by store_id, cart_id) a), 0)
             + coalesce((select sum(n - 1) from (select count(*) n from checkout_key group by store_id, order_id) b), 0)
             + coalesce((select sum(n - 1) from (select count(*) n from dispatch
                                                  where kind = 'order_placed' group by store_id, order_id) c), 0)"""
    )
    oversold: int = await connection.fetchval(
        """
        select coalesce(sum(greatest(s.taken, coalesce(o.n, 0)) - s.capacity), 0)
          from slot s
          left join (select store_id, slot_id, count(*) n from orders where state <> 'cancelled' group by 1, 2) o
               using (store_id, slot_id)
         where greatest(s.taken, coalesce(o.n, 0)) > s.capacity"""
    )
    breaches = check(ground)
    return Verdict(
        lost=len(lost),
        doubled=int(doubled),
        oversold=int(oversold),
        unheard=len(there.keys() - heard),
        check_ok=not breaches,
        breaches=breaches,
    )


def check(ground: Ground) -> list[str]:
    """`cabas check`: what it found broken."""
    done = subprocess.run(
        [sys.executable, "-m", "cabas", "check", "--json"],
        env=ground.environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found = json.loads(done.stdout)
    except ValueError:
        return [f"cabas check did not run: {done.stderr[-500:]}"]
    return [] if found["ok"] else [json.dumps(breach, ensure_ascii=False) for breach in found["breaches"]]


async def sold(connection: "asyncpg.Connection[asyncpg.Record]", opens_at: datetime) -> tuple[int, int]:
    """Places taken, and places there are, of the drive slots that opened then."""
    row = await connection.fetchrow(
        "select sum(taken) as taken, sum(capacity) as capacity from slot where opens_at = $1 and channel = 'drive'",
        opens_at,
    )
    return (int(row["taken"] or 0), int(row["capacity"] or 0)) if row else (0, 0)
