"""Writes and locks of staff; private to this context."""

from datetime import datetime
from uuid import UUID

from cabas.domain.staff.model import StaffRole
from cabas.kit.db import Connection, Record, Transaction


async def insert_staff(
    tx: Transaction,
    *,
    staff_id: UUID,
    name: str,
    email: str | None,
    password_hash: str | None,
    now: datetime,
) -> bool:
    """False when somebody has this e-mail already."""
    return (
        await tx.execute(
            """
            insert into staff (staff_id, name, email, password_hash, created_at)
                 values ($1, $2, $3, $4, $5)
            on conflict (email) do nothing""",
            staff_id,
            name,
            email,
            password_hash,
            now,
        )
        == 1
    )


async def insert_role(tx: Transaction, *, staff_id: UUID, held: StaffRole) -> bool:
    """False when they have it already."""
    return (
        await tx.execute(
            "insert into staff_role (staff_id, role, store_id) values ($1, $2, $3) on conflict do nothing",
            staff_id,
            held.role.value,
            held.store_id,
        )
        == 1
    )


async def delete_role(tx: Transaction, *, staff_id: UUID, held: StaffRole) -> bool:
    return (
        await tx.execute(
            "delete from staff_role where staff_id = $1 and role = $2 and store_id = $3",
            staff_id,
            held.role.value,
            held.store_id,
        )
        == 1
    )


async def lock_roles(tx: Transaction, *, staff_id: UUID) -> list[Record] | None:
    """``role, store_id`` of an active person, who stays so until the transaction ends; None: unknown."""
    known = await tx.fetchval(
        "select true from staff where staff_id = $1 and deactivated_at is null for no key update", staff_id
    )
    if known is None:
        return None
    return await tx.fetch("select role, store_id from staff_role where staff_id = $1", staff_id)


async def select_credentials(reader: Connection, *, email: str) -> Record | None:
    """``staff_id, password_hash`` of an active account."""
    return await reader.fetchrow(
        "select staff_id, password_hash from staff where email = $1 and deactivated_at is null", email
    )


async def lock_password(tx: Transaction, *, staff_id: UUID, password_hash: str) -> bool:
    """Whether it is still their password, and they are still active."""
    return (
        await tx.fetchval(
            """
            select true from staff
             where staff_id = $1 and password_hash = $2 and deactivated_at is null
               for share""",
            staff_id,
            password_hash,
        )
        is not None
    )


async def update_password(tx: Transaction, *, staff_id: UUID, password_hash: str) -> bool:
    return (
        await tx.execute(
            "update staff set password_hash = $2 where staff_id = $1 and deactivated_at is null",
            staff_id,
            password_hash,
        )
        == 1
    )


async def upsert_pin(tx: Transaction, *, store_id: int, staff_id: UUID, pin_hash: str) -> None:
    await tx.execute(
        """
        insert into staff_pin (store_id, staff_id, pin_hash) values ($1, $2, $3)
        on conflict (store_id, staff_id)
        do update set pin_hash = excluded.pin_hash, failures = 0, locked_until = null""",
        store_id,
        staff_id,
        pin_hash,
    )


async def delete_pins(tx: Transaction, *, staff_id: UUID, store_id: int | None = None) -> int:
    return await tx.execute(
        "delete from staff_pin where staff_id = $1 and ($2::int is null or store_id = $2)", staff_id, store_id
    )


async def select_pin_lock(reader: Connection, *, store_id: int, staff_id: UUID) -> datetime | None:
    locked_until: datetime | None = await reader.fetchval(
        "select locked_until from staff_pin where store_id = $1 and staff_id = $2", store_id, staff_id
    )
    return locked_until


async def count_pin_attempt(
    tx: Transaction,
    *,
    store_id: int,
    staff_id: UUID,
    failures_max: int,
    locked_until: datetime,
    now: datetime,
) -> str | None:
    """
    Count a try as failed before it is checked (a success clears it), so that tries at the same
    time can't exceed the limit. Returns the PIN's hash; None when locked or without a PIN.
    """
    pin_hash: str | None = await tx.fetchval(
        """
        update staff_pin n
           set failures = case when n.failures + 1 >= $3 then 0 else n.failures + 1 end,
               locked_until = case when n.failures + 1 >= $3 then $4::timestamptz end
          from staff p
         where n.store_id = $1 and n.staff_id = $2 and p.staff_id = n.staff_id and p.deactivated_at is null
           and (n.locked_until is null or n.locked_until <= $5)
           and exists (select from staff_role r where r.store_id = $1 and r.staff_id = $2)
     returning n.pin_hash""",
        store_id,
        staff_id,
        failures_max,
        locked_until,
        now,
    )
    return pin_hash


async def clear_pin_failures(tx: Transaction, *, store_id: int, staff_id: UUID, pin_hash: str) -> bool:
    """False when the PIN was changed or taken away meanwhile."""
    return (
        await tx.execute(
            """
            update staff_pin set failures = 0, locked_until = null
             where store_id = $1 and staff_id = $2 and pin_hash = $3""",
            store_id,
            staff_id,
            pin_hash,
        )
        == 1
    )


async def update_deactivated(tx: Transaction, *, staff_id: UUID, now: datetime) -> None:
    await tx.execute(
        "update staff set deactivated_at = $2, password_hash = null where staff_id = $1", staff_id, now
    )
