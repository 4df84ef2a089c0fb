"""Private reads and writes of the waiting room, one function a statement."""

from datetime import date, datetime
from typing import Any

import msgspec

from cabas.domain.waiting_room.model import Draw, Event, Forced, Rank, Sample, Switch, Trigger
from cabas.domain.waiting_room.steering import Counts, Pressure, Tick
from cabas.kit.db import Connection, Record, Transaction

_LOCK = 7_202_611_241
_COLUMNS = """event_id, secret, digest, opens_at, created_at, trigger, day, ticked_at, bucket, fraction,
              called, per_second, calm_since, samples"""


async def try_lock(tx: Transaction) -> bool:
    """Whether this worker steers in this transaction; another one that asks is told no, and stands by."""
    held: bool = await tx.fetchval("select pg_try_advisory_xact_lock($1)", _LOCK)
    return held


async def select_open(reader: Connection) -> Event | None:
    row = await reader.fetchrow(f"select {_COLUMNS} from room_event where closed_at is null")
    return as_event(row) if row else None


async def select_event(reader: Connection, *, event_id: int) -> Event | None:
    row = await reader.fetchrow(f"select {_COLUMNS} from room_event where event_id = $1", event_id)
    return as_event(row) if row else None


async def insert_event(
    tx: Transaction, *, draw: Draw, opens_at: datetime, trigger: Trigger, day: date | None, now: datetime
) -> Event:
    row = await tx.fetchrow(
        f"""
        insert into room_event (secret, digest, opens_at, created_at, trigger, day, ticked_at)
             values ($1, $2, $3, $4, $5, $6, $4)
          returning {_COLUMNS}""",
        draw.secret,
        draw.digest,
        opens_at,
        now,
        trigger.value,
        day,
    )
    return as_event(row)


async def update_tick(
    tx: Transaction, *, event_id: int, tick: Tick, calm_since: datetime | None, now: datetime
) -> None:
    await tx.execute(
        """
        update room_event
           set ticked_at = $2, bucket = $3, fraction = $4, called = $5, per_second = $6, calm_since = $7,
               samples = $8
         where event_id = $1""",
        event_id,
        now,
        tick.threshold.bucket,
        tick.threshold.fraction,
        tick.called,
        tick.per_second,
        calm_since,
        msgspec.to_builtins(tick.samples),
    )


async def update_stock(tx: Transaction, *, event_id: int, stock: dict[str, Any]) -> None:
    await tx.execute("update room_event set stock = $2 where event_id = $1", event_id, stock)


async def close_event(tx: Transaction, *, event_id: int, now: datetime) -> None:
    await tx.execute("update room_event set closed_at = $2 where event_id = $1", event_id, now)


async def select_switch(reader: Connection) -> Switch:
    row = await reader.fetchrow(
        "select forced, reason, actor, changed_at, opens_at, per_second_max from room_switch"
    )
    if row is None:
        return Switch()
    return Switch(
        forced=Forced(row["forced"]),
        reason=row["reason"],
        actor=row["actor"],
        changed_at=row["changed_at"],
        opens_at=row["opens_at"],
        per_second_max=row["per_second_max"],
    )


async def upsert_switch(tx: Transaction, switch: Switch) -> None:
    await tx.execute(
        """
        insert into room_switch (forced, reason, actor, changed_at, opens_at, per_second_max)
             values ($1, $2, $3, $4, $5, $6)
        on conflict (one_row) do update
                set forced = excluded.forced, reason = excluded.reason, actor = excluded.actor,
                    changed_at = excluded.changed_at, opens_at = excluded.opens_at,
                    per_second_max = excluded.per_second_max""",
        switch.forced.value,
        switch.reason,
        switch.actor,
        switch.changed_at,
        switch.opens_at,
        switch.per_second_max,
    )


async def upsert_counts(
    tx: Transaction,
    *,
    process_id: str,
    event_id: int,
    joined: dict[int, int],
    exchanged: int,
    refused: int,
    finished: int,
    now: datetime,
) -> None:
    await tx.execute(
        """
        insert into room_count (process_id, event_id, at, joined, exchanged, refused, finished)
             values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (process_id) do update
                set event_id = excluded.event_id, at = excluded.at, joined = excluded.joined,
                    exchanged = excluded.exchanged, refused = excluded.refused,
                    finished = excluded.finished""",
        process_id,
        event_id,
        now,
        {str(group): count for group, count in joined.items()},
        exchanged,
        refused,
        finished,
    )


async def select_counts(reader: Connection, *, event_id: int) -> tuple[dict[int, int], Counts]:
    """(group → how many joined, what was done) over all processes of the event, the dead ones included."""
    rows = await reader.fetch(
        "select joined, exchanged, refused, finished from room_count where event_id = $1", event_id
    )
    joined: dict[int, int] = {}
    for row in rows:
        for group, count in row["joined"].items():
            joined[int(group)] = joined.get(int(group), 0) + count
    return joined, Counts(
        exchanged=sum(row["exchanged"] for row in rows),
        refused=sum(row["refused"] for row in rows),
        finished=sum(row["finished"] for row in rows),
    )


async def count_processes(reader: Connection, *, since: datetime) -> int:
    alive: int = await reader.fetchval("select count(*) from room_count where at >= $1", since)
    return alive


async def delete_counts(tx: Transaction, *, before: datetime) -> None:
    """Of processes long gone, and not of the event that is open."""
    await tx.execute(
        """
        delete from room_count
         where at < $1
           and event_id not in (select event_id from room_event where closed_at is null)""",
        before,
    )


async def select_pressure(reader: Connection, *, since: datetime) -> Pressure:
    """The web processes' figures added up; saturated when most of them are."""
    row = await reader.fetchrow(
        """
        select count(*) as processes, coalesce(sum(limit_now), 0) as room,
               coalesce(sum(in_flight), 0) as in_flight, coalesce(sum(goodput_per_s), 0) as goodput,
               max(saturated_since) filter (where saturated_since is not null) as saturated_since,
               count(saturated_since) * 2 > count(*) as saturated, coalesce(max(level), 0) as level
          from process_pressure
         where at >= $1""",
        since,
    )
    if row is None or row["processes"] == 0:
        return Pressure()
    return Pressure(
        processes=row["processes"],
        limit=float(row["room"]),
        in_flight=float(row["in_flight"]),
        goodput_per_s=float(row["goodput"]),
        saturated_since=row["saturated_since"] if row["saturated"] else None,
        level=row["level"],
    )


async def select_places_left(
    reader: Connection, *, start: datetime, end: datetime, now: datetime
) -> list[tuple[int, int]]:
    """(store, places left) over the bookable drive and delivery slots that start in ``[start, end)``."""
    rows = await reader.fetch(
        """
        select store_id, sum(greatest(capacity - taken, 0)) as free
          from slot
         where starts_at >= $1 and starts_at < $2 and not closed and opens_at <= $3 and closes_at > $3
         group by store_id""",
        start,
        end,
        now,
    )
    return [(row["store_id"], row["free"]) for row in rows]


async def select_stock(reader: Connection, *, event_id: int) -> dict[str, Any]:
    stock: dict[str, Any] = await reader.fetchval(
        "select stock from room_event where event_id = $1", event_id
    )
    return stock


def as_event(row: Record | None) -> Event:
    if row is None:
        raise LookupError("the event is gone")
    return Event(
        event_id=row["event_id"],
        draw=Draw(row["secret"], row["digest"]),
        opens_at=row["opens_at"],
        created_at=row["created_at"],
        trigger=Trigger(row["trigger"]),
        day=row["day"],
        ticked_at=row["ticked_at"],
        threshold=Rank(row["bucket"], row["fraction"]),
        called=row["called"],
        per_second=row["per_second"],
        calm_since=row["calm_since"],
        samples=msgspec.convert(row["samples"], tuple[Sample, ...]),
    )
