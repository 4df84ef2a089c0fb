"""
Sessions and API tokens of whoever signs in: a random 256-bit secret, of which the database
keeps only the SHA-256. What a subject is, and what it may do, is the caller's matter.
"""

import secrets
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

import msgspec

from cabas.kit.db import Connection, Transaction
from cabas.kit.signing import fingerprint
from cabas.kit.text import clean_line

SECRET_BYTES = 32
LABEL_LENGTH_MAX = 120
LISTED_MAX = 100
SEEN_EVERY = timedelta(minutes=5)
"""How often a sign of life is written at most."""

SubjectKind = Literal["customer", "staff", "device"]
Kind = Literal["session", "token"]


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """``secret`` is shown once and kept by the bearer alone."""

    secret: str
    subject_id: UUID
    expires_at: datetime

    @property
    def token_hash(self) -> bytes:
        return fingerprint(self.secret)


class OpenSession(msgspec.Struct, frozen=True, kw_only=True):
    token_hash: bytes
    kind: str
    label: str
    store_id: int
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime

    @property
    def key(self) -> str:
        """Names the session on a page; opens nothing."""
        return self.token_hash.hex()


async def open_session(
    tx: Transaction,
    *,
    subject_kind: SubjectKind,
    subject_id: UUID,
    kind: Kind,
    label: str,
    now: datetime,
    lifetime: timedelta,
    store_id: int = 0,
) -> Opened:
    """A fresh secret for this subject."""
    opened = Opened(
        secret=secrets.token_urlsafe(SECRET_BYTES), subject_id=subject_id, expires_at=now + lifetime
    )
    await tx.execute(
        """
        insert into session (token_hash, subject_kind, subject_id, store_id, kind, label,
                             created_at, last_seen_at, expires_at)
             values ($1, $2, $3, $4, $5, $6, $7, $7, $8)""",
        opened.token_hash,
        subject_kind,
        subject_id,
        store_id,
        kind,
        clean_line(label)[:LABEL_LENGTH_MAX],
        now,
        opened.expires_at,
    )
    return opened


async def note_seen(
    tx: Transaction, *, token_hash: bytes, now: datetime, every: timedelta = SEEN_EVERY
) -> None:
    """A sign of life. Cheap to repeat: within ``every`` of the last one nothing is written."""
    await tx.execute(
        """
        update session set last_seen_at = $2
         where token_hash = $1 and last_seen_at <= $3 and revoked_at is null""",
        token_hash,
        now,
        now - every,
    )


async def revoke(tx: Transaction, *, token_hash: bytes, now: datetime) -> bool:
    """End the session whose secret one holds. False when it had ended."""
    return (
        await tx.execute(
            "update session set revoked_at = $2 where token_hash = $1 and revoked_at is null", token_hash, now
        )
        == 1
    )


async def revoke_of(
    tx: Transaction, *, subject_kind: SubjectKind, subject_id: UUID, key: str, now: datetime
) -> bool:
    """End one of the subject's sessions by its key. False when it isn't theirs, or had ended."""
    try:
        token_hash = bytes.fromhex(key)
    except ValueError:
        return False
    return (
        await tx.execute(
            """
            update session set revoked_at = $4
             where token_hash = $1 and subject_kind = $2 and subject_id = $3 and revoked_at is null""",
            token_hash,
            subject_kind,
            subject_id,
            now,
        )
        == 1
    )


async def revoke_all(
    tx: Transaction, *, subject_kind: SubjectKind, subject_id: UUID, now: datetime, but: bytes | None = None
) -> int:
    """End all sessions and tokens of the subject, except the one of ``but``; returns how many."""
    return await tx.execute(
        """
        update session set revoked_at = $3
         where subject_kind = $1 and subject_id = $2 and revoked_at is null
           and ($4::bytea is null or token_hash <> $4)""",
        subject_kind,
        subject_id,
        now,
        but,
    )


async def revoke_in_store(
    tx: Transaction, *, subject_kind: SubjectKind, store_id: int, subject_id: UUID | None, now: datetime
) -> int:
    """End what is open in one store (of one subject, or of all); returns how many."""
    return await tx.execute(
        """
        update session set revoked_at = $4
         where subject_kind = $1 and store_id = $2 and revoked_at is null and expires_at > $4
           and ($3::uuid is null or subject_id = $3)""",
        subject_kind,
        store_id,
        subject_id,
        now,
    )


async def open_sessions(
    reader: Connection, *, subject_kind: SubjectKind, subject_id: UUID, now: datetime
) -> list[OpenSession]:
    """What is open for this subject, last seen first."""
    rows = await reader.fetch(
        """
        select token_hash, kind, label, store_id, created_at, last_seen_at, expires_at
          from session
         where subject_kind = $1 and subject_id = $2 and revoked_at is null and expires_at > $3
         order by last_seen_at desc
         limit $4""",
        subject_kind,
        subject_id,
        now,
        LISTED_MAX,
    )
    return [OpenSession(**dict(row)) for row in rows]


async def delete_all(tx: Transaction, *, subject_kind: SubjectKind, subject_id: UUID) -> int:
    """Forget the subject's sessions altogether (erasure)."""
    return await tx.execute(
        "delete from session where subject_kind = $1 and subject_id = $2", subject_kind, subject_id
    )


async def purge(tx: Transaction, *, before: datetime) -> int:
    """Forget sessions that ran out before this instant; returns how many."""
    return await tx.execute("delete from session where expires_at < $1", before)
