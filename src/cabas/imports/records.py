"""What an import keeps of itself: how far it is, and which rows of the file it has met."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from cabas.kit.db import Transaction


class Standing(msgspec.Struct, frozen=True):
    """An earlier run of the same file. ``finished_at``: None when it was interrupted."""

    position: int
    accepted: int
    rejected: int
    finished_at: datetime | None


async def select_standing(tx: Transaction, *, kind: str, source: str) -> Standing | None:
    row = await tx.fetchrow(
        """
        select position, accepted, rejected, finished_at
          from import_run
         where kind = $1 and source = $2""",
        kind,
        source,
    )
    return Standing(**dict(row.items())) if row else None


async def restart_run(tx: Transaction, *, kind: str, source: str, now: datetime) -> None:
    await tx.execute(
        """
        insert into import_run (kind, source, position, accepted, rejected, updated_at)
             values ($1, $2, 0, 0, 0, $3)
        on conflict (kind, source) do update
                set position = 0, accepted = 0, rejected = 0, updated_at = $3, finished_at = null""",
        kind,
        source,
        now,
    )


async def update_run(
    tx: Transaction,
    *,
    kind: str,
    source: str,
    position: int,
    accepted: int,
    rejected: int,
    now: datetime,
) -> None:
    await tx.execute(
        """
        update import_run set position = $3, accepted = $4, rejected = $5, updated_at = $6
         where kind = $1 and source = $2""",
        kind,
        source,
        position,
        accepted,
        rejected,
        now,
    )


async def finish_run(tx: Transaction, *, kind: str, source: str, now: datetime) -> None:
    await tx.execute(
        "update import_run set updated_at = $3, finished_at = $3 where kind = $1 and source = $2",
        kind,
        source,
        now,
    )


async def create_seen(tx: Transaction) -> None:
    """For this connection only; on disk when there are many."""
    await tx.execute("create temp table import_seen (key text primary key)")


async def insert_seen(tx: Transaction, *, keys: Sequence[str]) -> set[str]:
    """Note the rows' keys; returns those that are met for the first time."""
    rows = await tx.fetch(
        "insert into import_seen select unnest($1::text[]) on conflict do nothing returning key", keys
    )
    return {row["key"] for row in rows}
