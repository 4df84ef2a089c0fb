"""Statements on the work that waits for bridges, by the database's clock: several machines share it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cabas.kit.db import Connection, Record, Transaction


async def insert_work(
    tx: Transaction, *, peer: str, work_id: UUID, operation: str, body: bytes, seconds: float
) -> None:
    await tx.execute(
        """
        insert into bridge_work (peer, work_id, operation, body, asked_at, expires_at)
             values ($1, $2, $3, $4, clock_timestamp(), clock_timestamp() + make_interval(secs => $5))""",
        peer,
        work_id,
        operation,
        body,
        seconds,
    )


async def select_answer(reader: Connection, *, peer: str, work_id: UUID) -> Record | None:
    """``status`` and ``answer``; None while there is none."""
    return await reader.fetchrow(
        "select status, answer from bridge_work where peer = $1 and work_id = $2 and status is not null",
        peer,
        work_id,
    )


async def select_waiting(reader: Connection, *, peer: str) -> bool:
    waiting: bool = await reader.fetchval(
        """
        select exists (select from bridge_work
                        where peer = $1 and taken_at is null and expires_at > clock_timestamp())""",
        peer,
    )
    return waiting


async def take_work(tx: Transaction, *, peer: str, limit: int) -> list[Record]:
    """The oldest that nobody has taken, each given out once."""
    return await tx.fetch(
        """
        update bridge_work w
           set taken_at = clock_timestamp()
          from (select work_id
                  from bridge_work
                 where peer = $1 and taken_at is null and expires_at > clock_timestamp()
                 order by asked_at
                 limit $2
                   for update skip locked) t
         where w.peer = $1 and w.work_id = t.work_id
        returning w.work_id, w.operation, w.body,
                  extract(epoch from w.expires_at - clock_timestamp())::float8 as seconds""",
        peer,
        limit,
    )


async def update_answers(tx: Transaction, *, peer: str, answers: Sequence[tuple[UUID, int, bytes]]) -> int:
    """How many there still are whose first answer this is."""
    return await tx.execute(
        """
        update bridge_work w
           set status = a.status, answer = a.answer
          from unnest($2::uuid[], $3::smallint[], $4::bytea[]) a (work_id, status, answer)
         where w.peer = $1 and w.work_id = a.work_id and w.status is null""",
        peer,
        [work_id for work_id, _, _ in answers],
        [status for _, status, _ in answers],
        [answer for _, _, answer in answers],
    )


async def delete_work(tx: Transaction, *, peer: str, work_id: UUID) -> None:
    await tx.execute("delete from bridge_work where peer = $1 and work_id = $2", peer, work_id)


async def delete_run_out(tx: Transaction) -> int:
    """Work that nobody waits for, nonces that nobody could use again."""
    work = await tx.execute(
        "delete from bridge_work where expires_at < clock_timestamp() - interval '1 minute'"
    )
    return work + await tx.execute("delete from bridge_nonce where until < clock_timestamp()")


async def insert_nonce(tx: Transaction, *, peer: str, nonce: str, until: datetime) -> bool:
    return bool(
        await tx.execute(
            """
            insert into bridge_nonce (peer, nonce, until)
                 values ($1, $2, $3)
            on conflict do nothing""",
            peer,
            nonce,
            until,
        )
    )
