"""Who is on the team: people, their roles, PINs. Every deed leaves an audit line."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.staff import records
from cabas.domain.staff.model import (
    NAME_LENGTH_MAX,
    NETWORK,
    NotAllowed,
    Permission,
    Role,
    StaffActor,
    StaffRole,
    check_pin,
    require,
)
from cabas.domain.staff.operations.entry import staff_email
from cabas.kit import audit, passwords, sessions
from cabas.kit.db import Transaction
from cabas.kit.errors import Conflict, Invalid, NotFound
from cabas.kit.ids import new_id
from cabas.kit.password_rules import weakness
from cabas.kit.text import clean_line

EMAIL_LENGTH_MAX = 254


class StaffNotFound(NotFound):
    """There is no such active person, or not in this store."""

    code = "staff_not_found"


class StaffEmailTaken(Conflict):
    """Somebody on the staff has this e-mail."""

    code = "email_taken"


class BadStaffDetails(Invalid):
    """A field can't be kept: ``fields`` says which and why."""

    code = "bad_details"

    def __init__(self, **fields: str) -> None:
        super().__init__(fields=fields)
        self.fields = fields


async def hash_pin(pin: str) -> str:
    """
    The hash to give to `set_pin`.

    :raises BadPin: not 4 to 8 digits, or too easy.
    """
    return await passwords.hash_secret(check_pin(pin))


async def hash_password(password: str, *, name: str, email: str) -> str:
    """
    The hash to give to `create_staff` or `set_password`.

    :raises BadStaffDetails: too weak (field ``password``).
    """
    problem = weakness(password, personal=(name, email))
    if problem:
        raise BadStaffDetails(password=problem.value)
    return await passwords.hash_secret(password)


async def create_staff(
    tx: Transaction,
    *,
    name: str,
    roles: Collection[StaffRole],
    actor: StaffActor,
    now: datetime,
    email: str = "",
    password_hash: str | None = None,
) -> UUID:
    """
    A new person with these roles. An e-mail is needed to sign in by password only.

    :raises BadStaffDetails: no name, no role, or too long.
    :raises NotAllowed: the actor may not give one of these roles.
    :raises StaffEmailTaken: somebody has this e-mail.
    """
    name = clean_line(name)
    if not name or len(name) > NAME_LENGTH_MAX:
        raise BadStaffDetails(name="too_long" if name else "required")
    if not roles:
        raise BadStaffDetails(roles="required")
    address = staff_email(email)
    if len(address) > EMAIL_LENGTH_MAX or (address and "@" not in address):
        raise BadStaffDetails(email="email_invalid")
    for held in roles:
        _require_may_give(actor, held)
    staff_id = new_id(now)
    if not await records.insert_staff(
        tx, staff_id=staff_id, name=name, email=address or None, password_hash=password_hash, now=now
    ):
        raise StaffEmailTaken
    for held in roles:
        await _give(tx, staff_id, held, actor, now)
    return staff_id


async def give_role(
    tx: Transaction, *, staff_id: UUID, held: StaffRole, actor: StaffActor, now: datetime
) -> None:
    """
    :raises NotAllowed: the actor may not give it.
    :raises StaffNotFound: no such active person.
    """
    _require_may_give(actor, held)
    if await records.lock_roles(tx, staff_id=staff_id) is None:
        raise StaffNotFound
    await _give(tx, staff_id, held, actor, now)


async def take_role(
    tx: Transaction, *, staff_id: UUID, held: StaffRole, actor: StaffActor, now: datetime
) -> None:
    """
    Take a role away; without any role left in the store their PIN and sessions there end too.

    :raises NotAllowed: the actor may not.
    :raises StaffNotFound: no such active person, or they don't have it.
    """
    _require_may_give(actor, held)
    roles = await _roles_of(tx, staff_id)
    if not await records.delete_role(tx, staff_id=staff_id, held=held):
        raise StaffNotFound
    if not any(other.store_id == held.store_id for other in roles if other != held):
        await records.delete_pins(tx, staff_id=staff_id, store_id=held.store_id)
        await sessions.revoke_in_store(
            tx, subject_kind="staff", store_id=held.store_id, subject_id=staff_id, now=now
        )
    await _note(tx, held.store_id, actor, "staff.role_taken", staff_id, {"role": held.role.value}, now)


async def set_pin(
    tx: Transaction, *, store_id: int, staff_id: UUID, pin_hash: str, actor: StaffActor, now: datetime
) -> None:
    """
    Set or replace someone's PIN in a store (`hash_pin`); what they had open there ends.

    :raises NotAllowed: the actor doesn't manage the store's staff.
    :raises StaffNotFound: no such active person in this store.
    """
    if actor.staff_id != staff_id or store_id not in actor.store_ids:
        require(actor, Permission.MANAGE_STAFF, store_id)
    if not any(held.store_id == store_id for held in await _roles_of(tx, staff_id)):
        raise StaffNotFound
    await records.upsert_pin(tx, store_id=store_id, staff_id=staff_id, pin_hash=pin_hash)
    await sessions.revoke_in_store(tx, subject_kind="staff", store_id=store_id, subject_id=staff_id, now=now)
    await _note(tx, store_id, actor, "staff.pin_set", staff_id, {}, now)


async def set_password(
    tx: Transaction,
    *,
    staff_id: UUID,
    password_hash: str,
    actor: StaffActor,
    now: datetime,
    keep: bytes | None = None,
) -> None:
    """
    Set someone's password (`hash_password`); their sessions and tokens end, but ``keep``.

    :raises NotAllowed: it is neither their own nor that of someone they manage.
    :raises StaffNotFound: no such active person.
    """
    await _require_manages(tx, staff_id, actor)
    await records.update_password(tx, staff_id=staff_id, password_hash=password_hash)
    await sessions.revoke_all(tx, subject_kind="staff", subject_id=staff_id, now=now, but=keep)
    await _note(tx, NETWORK, actor, "staff.password_set", staff_id, {}, now)


async def deactivate(tx: Transaction, *, staff_id: UUID, actor: StaffActor, now: datetime) -> None:
    """
    They no longer work here: sessions, tokens and PINs end at once; the name stays for the audit.

    :raises NotAllowed: the actor doesn't manage staff in every store they have a role in.
    :raises StaffNotFound: no such active person.
    """
    roles = await _require_manages(tx, staff_id, actor)
    await records.update_deactivated(tx, staff_id=staff_id, now=now)
    await records.delete_pins(tx, staff_id=staff_id)
    ended = await sessions.revoke_all(tx, subject_kind="staff", subject_id=staff_id, now=now)
    for store_id in sorted({held.store_id for held in roles}) or [NETWORK]:
        await _note(tx, store_id, actor, "staff.deactivated", staff_id, {"sessions_ended": ended}, now)


def _require_may_give(actor: StaffActor, held: StaffRole) -> None:
    """Head office is made by head office alone, and only there; a store's roles by its manager too."""
    if (held.role is Role.HEAD_OFFICE) != (held.store_id == NETWORK):
        raise NotAllowed(role=held.role.value, store=held.store_id)
    require(actor, Permission.MANAGE_STAFF, held.store_id)


async def _require_manages(tx: Transaction, staff_id: UUID, actor: StaffActor) -> list[StaffRole]:
    roles = await _roles_of(tx, staff_id)
    if actor.staff_id != staff_id:
        for store_id in {held.store_id for held in roles} or {NETWORK}:
            require(actor, Permission.MANAGE_STAFF, store_id)
    return roles


async def _roles_of(tx: Transaction, staff_id: UUID) -> list[StaffRole]:
    rows = await records.lock_roles(tx, staff_id=staff_id)
    if rows is None:
        raise StaffNotFound
    return [StaffRole(role=Role(row["role"]), store_id=row["store_id"]) for row in rows]


async def _give(tx: Transaction, staff_id: UUID, held: StaffRole, actor: StaffActor, now: datetime) -> None:
    if await records.insert_role(tx, staff_id=staff_id, held=held):
        await _note(tx, held.store_id, actor, "staff.role_given", staff_id, {"role": held.role.value}, now)


async def _note(
    tx: Transaction,
    store_id: int,
    actor: StaffActor,
    action: str,
    staff_id: UUID,
    detail: dict[str, Any],
    now: datetime,
) -> None:
    await audit.record(
        tx,
        store_id=store_id,
        actor=actor.label,
        action=action,
        subject=f"staff:{staff_id}",
        detail=detail,
        now=now,
    )
