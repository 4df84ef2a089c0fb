"""Who did what, when, to what: a line in the same transaction as the deed. Append-only."""

from datetime import datetime
from typing import Any

import msgspec

from cabas.kit.db import Connection, Record, Transaction
from cabas.kit.ids import new_id

LISTED_MAX = 200


class AuditLine(msgspec.Struct, frozen=True, kw_only=True):
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


async def record(
    tx: Transaction,
    *,
    store_id: int,
    actor: str,
    action: str,
    subject: str,
    detail: dict[str, Any],
    now: datetime,
) -> None:
    """
    Add a line. ``store_id`` 0 is the network.

    :param actor: ``customer:<id>``, ``staff:<id>`` or ``system``.
    :param action: past tense, ``staff.pin_set``.
    :param detail: JSON-able, before and after; never a secret.
    """
    await tx.execute(
        """
        insert into audit_line (store_id, audit_id, at, actor, action, subject, detail)
             values ($1, $2, $3, $4, $5, $6, $7)""",
        store_id,
        new_id(now, store_id),
        now,
        actor,
        action,
        subject,
        detail,
    )


async def lines_about(
    reader: Connection, *, store_id: int, subject: str, limit: int = LISTED_MAX
) -> list[AuditLine]:
    """What was done to one subject, latest first."""
    rows = await reader.fetch(
        """
        select at, actor, action, subject, detail
          from audit_line
         where store_id = $1 and subject = $2
         order by at desc
         limit $3""",
        store_id,
        subject,
        limit,
    )
    return [_as_line(row) for row in rows]


async def latest_lines(reader: Connection, *, store_id: int, limit: int = LISTED_MAX) -> list[AuditLine]:
    """What was last done in one store, latest first."""
    rows = await reader.fetch(
        """
        select at, actor, action, subject, detail
          from audit_line
         where store_id = $1
         order by at desc
         limit $2""",
        store_id,
        limit,
    )
    return [_as_line(row) for row in rows]


def _as_line(row: Record) -> AuditLine:
    return AuditLine(
        at=row["at"],
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        detail=row["detail"],
    )
