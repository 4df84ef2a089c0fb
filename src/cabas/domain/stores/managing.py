"""What a store manager decides about the store: when it opens, which days it stays closed."""

import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime

import msgspec

from cabas.kit import audit
from cabas.kit.db import Connection, Transaction
from cabas.kit.errors import Invalid

SPANS_MAX = 4
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]\d|2[0-4]):([0-5]\d)")

Hours = Mapping[str, Sequence[Sequence[str]]]
"""``{"1": [["08:30", "20:00"]], … "7": []}``: ISO weekday, Paris clock."""


class BadHours(Invalid):
    """Opening hours read like ``08:30-12:30, 14:00-19:30``, in order and apart."""

    code = "bad_hours"


class Closure(msgspec.Struct, frozen=True, kw_only=True):
    day: date
    reason: str
    closed_by: str


def read_spans(text: str) -> list[list[str]]:
    """
    The spans of one day from what a manager typed; empty text is a closed day.

    :raises BadHours: it can't be read, spans overlap or there are too many.
    """
    spans: list[list[str]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _SPAN.fullmatch(part)
        if match is None:
            raise BadHours
        start, end = f"{match[1]}:{match[2]}", f"{match[3]}:{match[4]}"
        if end <= start or end > "24:00" or (spans and start < spans[-1][1]):
            raise BadHours
        spans.append([start, end])
    if len(spans) > SPANS_MAX:
        raise BadHours
    return spans


def write_spans(spans: Sequence[Sequence[str]]) -> str:
    """The inverse of `read_spans`."""
    return ", ".join(f"{start}-{end}" for start, end in spans)


async def opening_hours(reader: Connection, *, store_id: int) -> Hours:
    hours: Hours = await reader.fetchval("select opening_hours from store where store_id = $1", store_id)
    return hours


async def set_opening_hours(
    tx: Transaction, *, store_id: int, hours: Hours, actor: str, now: datetime
) -> None:
    """The week's opening hours, whole. Slots already published keep their times."""
    before = await tx.fetchval("select opening_hours from store where store_id = $1 for update", store_id)
    await tx.execute("update store set opening_hours = $2 where store_id = $1", store_id, dict(hours))
    await audit.record(
        tx,
        store_id=store_id,
        actor=actor,
        action="store.hours_set",
        subject=f"store:{store_id}",
        detail={"before": before, "after": dict(hours)},
        now=now,
    )


async def closures(reader: Connection, *, store_id: int, since: date) -> list[Closure]:
    """Days the store stays closed, from ``since`` on."""
    rows = await reader.fetch(
        """
        select day, reason, closed_by
          from store_closure
         where store_id = $1 and day >= $2
         order by day
         limit 100""",
        store_id,
        since,
    )
    return [Closure(**dict(row.items())) for row in rows]


async def close_day(
    tx: Transaction, *, store_id: int, day: date, reason: str, actor: str, now: datetime
) -> None:
    """The store stays closed that day; saying it again changes the reason."""
    await tx.execute(
        """
        insert into store_closure (store_id, day, reason, closed_by, closed_at)
             values ($1, $2, $3, $4, $5)
        on conflict (store_id, day) do update set reason = excluded.reason, closed_by = excluded.closed_by""",
        store_id,
        day,
        reason,
        actor,
        now,
    )
    await audit.record(
        tx,
        store_id=store_id,
        actor=actor,
        action="store.day_closed",
        subject=f"day:{day.isoformat()}",
        detail={"reason": reason},
        now=now,
    )


async def reopen_day(tx: Transaction, *, store_id: int, day: date, actor: str, now: datetime) -> bool:
    """Open that day after all. False when it wasn't closed."""
    found = await tx.execute("delete from store_closure where store_id = $1 and day = $2", store_id, day)
    if found:
        await audit.record(
            tx,
            store_id=store_id,
            actor=actor,
            action="store.day_reopened",
            subject=f"day:{day.isoformat()}",
            detail={},
            now=now,
        )
    return bool(found)
