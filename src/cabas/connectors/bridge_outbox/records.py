"""Statements on calls that wait for an outside service."""

from datetime import datetime

import msgspec

from cabas.kit.db import Connection, Transaction

FORGOTTEN_AT_ONCE = 1000


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """``tries``: this one counted."""

    store_id: int
    service: str
    key: str
    operation: str
    body: bytes
    tries: int


class Backlog(msgspec.Struct, frozen=True, kw_only=True):
    """``oldest_at``: since when the oldest waits. ``refused``: plain noes that are still kept."""

    waiting: int
    oldest_at: datetime | None
    refused: int


async def insert(
    tx: Transaction, *, store_id: int, service: str, key: str, operation: str, body: bytes, now: datetime
) -> None:
    await tx.execute(
        """
        insert into outside_call (store_id, service, key, operation, body, made_at, due_at)
             values ($1, $2, $3, $4, $5, $6, $6)
        on conflict do nothing""",
        store_id,
        service,
        key,
        operation,
        body,
        now,
    )


async def take_due(tx: Transaction, *, service: str, now: datetime, until: datetime, limit: int) -> list[Due]:
    """Oldest first, nobody else's before ``until``."""
    rows = await tx.fetch(
        """
        with due as (
            select store_id, service, key
              from outside_call
             where service = $1 and ended_at is null and due_at <= $2
             order by due_at
             limit $4
               for update skip locked
        )
        update outside_call c
           set due_at = $3, tries = c.tries + 1
          from due
         where c.store_id = due.store_id and c.service = due.service and c.key = due.key
        returning c.store_id, c.service, c.key, c.operation, c.body, c.tries""",
        service,
        now,
        until,
        limit,
    )
    return [Due(**dict(row)) for row in rows]


async def put_back(tx: Transaction, due: Due, *, due_at: datetime, asked: bool) -> None:
    await tx.execute(
        """
        update outside_call
           set due_at = $4, tries = tries - $5
         where store_id = $1 and service = $2 and key = $3 and ended_at is null and tries = $6""",
        due.store_id,
        due.service,
        due.key,
        due_at,
        0 if asked else 1,
        due.tries,
    )


async def end(tx: Transaction, due: Due, *, now: datetime, refused: str | None, answer: bytes) -> None:
    await tx.execute(
        """
        update outside_call
           set ended_at = $4, refused = $5, answer = $6
         where store_id = $1 and service = $2 and key = $3 and ended_at is null""",
        due.store_id,
        due.service,
        due.key,
        now,
        refused,
        answer,
    )


async def select_backlogs(reader: Connection) -> dict[str, Backlog]:
    """By service."""
    rows = await reader.fetch(
        """
        select service, sum(waiting)::int as waiting, min(oldest_at) as oldest_at, sum(refused)::int as refused
          from (select service, count(*) as waiting, min(made_at) as oldest_at, 0 as refused
                  from outside_call
                 where ended_at is null
                 group by service
                 union all
                select service, 0, null, count(*)
                  from outside_call
                 where refused is not null
                 group by service) s
         group by service"""
    )
    return {
        row["service"]: Backlog(waiting=row["waiting"], oldest_at=row["oldest_at"], refused=row["refused"])
        for row in rows
    }


async def delete_before(tx: Transaction, *, before: datetime) -> int:
    return await tx.execute(
        """
        delete from outside_call
         where (store_id, service, key) in (select store_id, service, key from outside_call
                                             where ended_at < $1
                                             limit $2)""",
        before,
        FORGOTTEN_AT_ONCE,
    )
