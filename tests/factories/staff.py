"""Staff for tests: a picker and a manager of store 1, someone at head office."""

from datetime import datetime
from functools import cache
from uuid import UUID

from cabas.domain.staff import operations as staff
from cabas.domain.staff import queries
from cabas.domain.staff.model import NETWORK, SHIFT, SYSTEM, Role, StaffActor, StaffRole
from cabas.kit import passwords
from cabas.kit.db import Transaction
from cabas.kit.sessions import open_session

PASSWORD = "douze-poireaux-verts"
PIN = "4827"
STORE = 1
OTHER_STORE = 2


async def make_store(tx: Transaction, store_id: int) -> None:
    """The least of a store that rows may refer to."""
    await tx.execute(
        """
        insert into store (store_id, slug, name, format, street, postcode, city, department, region,
                           latitude, longitude, phone, email, legal_entity, opening_hours, has_drive,
                           delivers, search_name)
             values ($1, 'store-' || $1::int, 'Store', 'super', '1 rue', '37000', 'Tours', '37', 'Centre',
                     47, 0, '0', 'a@b.fr', '{}', '{}', true, true, 'store')
        on conflict do nothing""",
        store_id,
    )


async def make_staff(
    tx: Transaction,
    *,
    now: datetime,
    role: Role = Role.PICKER,
    store_id: int = STORE,
    name: str = "Sacha",
    email: str = "",
    pin: str = "",
) -> UUID:
    for known in (NETWORK, store_id):
        await make_store(tx, known)
    staff_id = await staff.create_staff(
        tx,
        name=name,
        email=email,
        password_hash=_hash(PASSWORD) if email else None,
        roles=[StaffRole(role=role, store_id=store_id)],
        actor=SYSTEM,
        now=now,
    )
    if pin:
        await staff.set_pin(
            tx, store_id=store_id, staff_id=staff_id, pin_hash=_hash(pin), actor=SYSTEM, now=now
        )
    return staff_id


async def at_work(tx: Transaction, staff_id: UUID, *, now: datetime, device_store_id: int = 0) -> StaffActor:
    """Signed in, without the detour of a password."""
    opened = await open_session(
        tx,
        subject_kind="staff",
        subject_id=staff_id,
        kind="session",
        label="test",
        now=now,
        lifetime=SHIFT,
        store_id=device_store_id,
    )
    actor = await queries.staff_by_session(tx, token_hash=opened.token_hash, now=now)
    assert actor is not None
    return actor


@cache
def _hash(secret: str) -> str:
    return passwords.hash_secret_now(secret)
