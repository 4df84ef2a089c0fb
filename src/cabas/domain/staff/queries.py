"""Public reads of staff. `staff_by_session` is on the path of every page of the store app and the console."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from cabas.domain.staff.model import IDLE, Device, Role, StaffActor, StaffName, StaffRole
from cabas.kit.db import Connection, Record

__all__ = [
    "Device",
    "StaffActor",
    "StaffMember",
    "StaffName",
    "device_by_secret",
    "devices_of_store",
    "member",
    "members_of_store",
    "names",
    "names_on_device",
    "staff_by_session",
    "staff_by_token",
]

LISTED_MAX = 500


class StaffMember(msgspec.Struct, frozen=True, kw_only=True):
    """For the manager's list."""

    staff_id: UUID
    name: str
    email: str
    roles: tuple[StaffRole, ...]
    has_pin: bool
    """In the store that was asked about."""
    created_at: datetime
    deactivated_at: datetime | None


async def staff_by_session(
    reader: Connection, *, token_hash: bytes, now: datetime, idle: timedelta = IDLE
) -> StaffActor | None:
    """
    Who works in this session, with what they may do there; None once it ended or stood idle.

    A session on a shared device has only the roles of the device's store.
    """
    return await _actor(reader, token_hash, "session", now, now - idle)


async def staff_by_token(reader: Connection, *, token_hash: bytes, now: datetime) -> StaffActor | None:
    """The bearer of an API token; a token of one store has only the roles of that store."""
    return await _actor(reader, token_hash, "token", now, None)


async def _actor(
    reader: Connection, token_hash: bytes, kind: str, now: datetime, seen_since: datetime | None
) -> StaffActor | None:
    row = await reader.fetchrow(
        """
        select p.staff_id, p.name, s.store_id as device_store_id, s.token_hash,
               s.created_at as since, s.last_seen_at as seen_at,
               array(select r.role || ':' || r.store_id
                       from staff_role r
                      where r.staff_id = p.staff_id and s.store_id in (0, r.store_id)) as roles
          from session s
          join staff p on p.staff_id = s.subject_id
         where s.token_hash = $1 and s.subject_kind = 'staff' and s.kind = $2
           and s.expires_at > $3 and s.revoked_at is null and p.deactivated_at is null
           and ($4::timestamptz is null or s.last_seen_at > $4)""",
        token_hash,
        kind,
        now,
        seen_since,
    )
    return StaffActor(**{**row, "roles": _as_roles(row["roles"])}) if row else None


async def device_by_secret(reader: Connection, *, token_hash: bytes, now: datetime) -> Device | None:
    """The enrolled device of this cookie."""
    row = await reader.fetchrow(
        """
        select subject_id as device_id, store_id, label, token_hash
          from session
         where token_hash = $1 and subject_kind = 'device' and expires_at > $2 and revoked_at is null""",
        token_hash,
        now,
    )
    return Device(**dict(row)) if row else None


async def devices_of_store(reader: Connection, *, store_id: int, now: datetime) -> list[Device]:
    rows = await reader.fetch(
        """
        select subject_id as device_id, store_id, label, token_hash
          from session
         where subject_kind = 'device' and store_id = $1 and expires_at > $2 and revoked_at is null
         order by created_at
         limit $3""",
        store_id,
        now,
        LISTED_MAX,
    )
    return [Device(**dict(row)) for row in rows]


async def names_on_device(reader: Connection, *, store_id: int) -> list[StaffName]:
    """Who may type a PIN in this store, by name; nothing else about them."""
    rows = await reader.fetch(
        """
        select p.staff_id, p.name
          from staff_pin n
          join staff p on p.staff_id = n.staff_id
         where n.store_id = $1 and p.deactivated_at is null
           and exists (select from staff_role r where r.store_id = $1 and r.staff_id = p.staff_id)
         order by lower(p.name), p.staff_id
         limit $2""",
        store_id,
        LISTED_MAX,
    )
    return [StaffName(**dict(row)) for row in rows]


async def names(reader: Connection, *, staff_ids: Collection[UUID]) -> dict[UUID, str]:
    """What those people are called, who left included."""
    rows = await reader.fetch(
        "select staff_id, name from staff where staff_id = any($1::uuid[]) limit $2",
        list(staff_ids),
        LISTED_MAX,
    )
    return {row["staff_id"]: row["name"] for row in rows}


async def members_of_store(reader: Connection, *, store_id: int) -> list[StaffMember]:
    """Everyone with a role in this store (`NETWORK`: head office), active ones first."""
    return await _members(reader, store_id, None)


async def member(reader: Connection, *, store_id: int, staff_id: UUID) -> StaffMember | None:
    """One person with a role in this store."""
    found = await _members(reader, store_id, staff_id)
    return found[0] if found else None


async def _members(reader: Connection, store_id: int, staff_id: UUID | None) -> list[StaffMember]:
    rows = await reader.fetch(
        """
        select p.staff_id, p.name, coalesce(p.email, '') as email, p.created_at, p.deactivated_at,
               array(select r.role || ':' || r.store_id
                       from staff_role r where r.staff_id = p.staff_id) as roles,
               exists (select from staff_pin n
                        where n.store_id = $1 and n.staff_id = p.staff_id) as has_pin
          from staff p
         where p.staff_id in (select staff_id from staff_role where store_id = $1)
           and ($2::uuid is null or p.staff_id = $2)
         order by p.deactivated_at is not null, lower(p.name), p.staff_id
         limit $3""",
        store_id,
        staff_id,
        LISTED_MAX,
    )
    return [_as_member(row) for row in rows]


def _as_member(row: Record) -> StaffMember:
    return StaffMember(**{**row, "roles": _as_roles(row["roles"])})


def _as_roles(pairs: list[str]) -> tuple[StaffRole, ...]:
    split = (pair.rsplit(":", 1) for pair in pairs)
    return tuple(sorted(StaffRole(role=Role(role), store_id=int(store)) for role, store in split))
