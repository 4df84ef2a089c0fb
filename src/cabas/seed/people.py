"""
The people of the demo: a shopper, a picker and a manager in one store, and head office.

Their secrets are drawn afresh each time and kept nowhere but in the hands of who asked.
"""

import secrets
from datetime import date, datetime
from uuid import UUID

import msgspec

from cabas.domain.customers.model import TOKEN_LIFETIME as SHOPPER_TOKEN_LIFETIME
from cabas.domain.staff.model import DEVICE_LIFETIME, NETWORK, BadPin, Role, check_pin
from cabas.domain.staff.model import TOKEN_LIFETIME as STAFF_TOKEN_LIFETIME
from cabas.kit.db import Transaction
from cabas.kit.errors import NotFound
from cabas.kit.ids import new_id
from cabas.kit.passwords import hash_secret
from cabas.kit.sessions import open_session
from cabas.seed.network import SHOWCASE_SLUG

SHOPPER_EMAIL = "claire.dubois@example.fr"
PICKER_EMAIL = "karim.benali@example.fr"
MANAGER_EMAIL = "sophie.lambert@example.fr"
HEAD_OFFICE_EMAIL = "siege@example.fr"
PIN_DIGITS = 6
_LABEL = "demo"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    password: str
    token: str


class Colleague(msgspec.Struct, frozen=True, kw_only=True):
    """``store``: its number. ``device_token``: the secret of an enrolled device, to type the PIN on."""

    store: int
    name: str
    pin: str
    token: str
    device_token: str


class StoreManager(Colleague, frozen=True, kw_only=True):
    email: str
    password: str


class DemoPeople(msgspec.Struct, frozen=True, kw_only=True):
    """All sign-ins of the demo, in clear."""

    shopper: Account
    head_office: Account
    picker: Colleague
    manager: StoreManager


class NoDemoStore(NotFound):
    """The database has no Tours-Nord: it wasn't seeded."""

    code = "no_demo_store"


async def seed_people(tx: Transaction, *, now: datetime) -> DemoPeople:
    """
    Create the demo's people, or give them new secrets when they are there.

    :raises NoDemoStore: the database wasn't seeded.
    """
    store_id = await tx.fetchval("select store_id from store where slug = $1", SHOWCASE_SLUG)
    if store_id is None:
        raise NoDemoStore
    device_token = await _device(tx, store_id, now)
    picker_id = await _staff(tx, "Karim Benali", PICKER_EMAIL, None, Role.PICKER, store_id, now)
    manager_password = _password()
    manager_id = await _staff(
        tx, "Sophie Lambert", MANAGER_EMAIL, manager_password, Role.MANAGER, store_id, now
    )
    return DemoPeople(
        shopper=await _shopper(tx, store_id, now),
        head_office=await _head_office(tx, now),
        picker=Colleague(
            store=store_id,
            name="Karim Benali",
            pin=await _pin(tx, store_id, picker_id),
            token=await _staff_token(tx, picker_id, store_id, now),
            device_token=device_token,
        ),
        manager=StoreManager(
            store=store_id,
            name="Sophie Lambert",
            pin=await _pin(tx, store_id, manager_id),
            token=await _staff_token(tx, manager_id, store_id, now),
            device_token=device_token,
            email=MANAGER_EMAIL,
            password=manager_password,
        ),
    )


async def _shopper(tx: Transaction, store_id: int, now: datetime) -> Account:
    password = _password()
    customer_id = await tx.fetchval(
        """
        insert into customer (customer_id, email, email_key, password_hash, name, phone, birth_date,
                              preferences, created_at)
             values ($1, $2, $2, $3, 'Claire Dubois', '0639981234', $4, $5, $6)
        on conflict (email_key) do update set password_hash = excluded.password_hash
          returning customer_id""",
        new_id(now),
        SHOPPER_EMAIL,
        await hash_secret(password),
        date(1988, 4, 12),
        {"store_id": store_id, "language": "fr"},
        now,
    )
    await _address(tx, customer_id, store_id, now)
    await _forget_tokens(tx, customer_id)
    opened = await open_session(
        tx,
        subject_kind="customer",
        subject_id=customer_id,
        kind="token",
        label=_LABEL,
        now=now,
        lifetime=SHOPPER_TOKEN_LIFETIME,
    )
    return Account(email=SHOPPER_EMAIL, password=password, token=opened.secret)


async def _address(tx: Transaction, customer_id: UUID, store_id: int, now: datetime) -> None:
    """One address, in the store's own town, so that it can be delivered to."""
    await tx.execute(
        """
        insert into customer_address (customer_id, address_id, label, street, complement, postcode, city,
                                      instructions)
        select $1, $2, 'Maison', '14 rue des Lilas-Blancs', 'Bâtiment B, 2e étage', s.postcode, s.city,
               'Sonner à Dubois'
          from store s
         where s.store_id = $3 and not exists (select from customer_address where customer_id = $1)""",
        customer_id,
        new_id(now),
        store_id,
    )


async def _head_office(tx: Transaction, now: datetime) -> Account:
    password = _password()
    staff_id = await _staff(tx, "Hélène Morvan", HEAD_OFFICE_EMAIL, password, Role.HEAD_OFFICE, NETWORK, now)
    return Account(
        email=HEAD_OFFICE_EMAIL, password=password, token=await _staff_token(tx, staff_id, NETWORK, now)
    )


async def _staff(
    tx: Transaction,
    name: str,
    email: str,
    password: str | None,
    role: Role,
    store_id: int,
    now: datetime,
) -> UUID:
    staff_id: UUID = await tx.fetchval(
        """
        insert into staff (staff_id, name, email, password_hash, created_at)
             values ($1, $2, $3, $4, $5)
        on conflict (email) do update set password_hash = excluded.password_hash, deactivated_at = null
          returning staff_id""",
        new_id(now, store_id),
        name,
        email,
        await hash_secret(password) if password else None,
        now,
    )
    await tx.execute(
        "insert into staff_role (staff_id, role, store_id) values ($1, $2, $3) on conflict do nothing",
        staff_id,
        role.value,
        store_id,
    )
    return staff_id


async def _pin(tx: Transaction, store_id: int, staff_id: UUID) -> str:
    pin = _drawn_pin()
    await tx.execute(
        """
        insert into staff_pin (store_id, staff_id, pin_hash)
             values ($1, $2, $3)
        on conflict (store_id, staff_id)
        do update set pin_hash = excluded.pin_hash, failures = 0, locked_until = null""",
        store_id,
        staff_id,
        await hash_secret(pin),
    )
    return pin


async def _staff_token(tx: Transaction, staff_id: UUID, store_id: int, now: datetime) -> str:
    await _forget_tokens(tx, staff_id)
    opened = await open_session(
        tx,
        subject_kind="staff",
        subject_id=staff_id,
        kind="token",
        label=_LABEL,
        now=now,
        lifetime=STAFF_TOKEN_LIFETIME,
        store_id=store_id,
    )
    return opened.secret


async def _device(tx: Transaction, store_id: int, now: datetime) -> str:
    """A phone of the store, enrolled; the one of last time is replaced."""
    await tx.execute(
        "delete from session where subject_kind = 'device' and store_id = $1 and label = $2", store_id, _LABEL
    )
    opened = await open_session(
        tx,
        subject_kind="device",
        subject_id=new_id(now, store_id),
        kind="session",
        label=_LABEL,
        now=now,
        lifetime=DEVICE_LIFETIME,
        store_id=store_id,
    )
    return opened.secret


async def _forget_tokens(tx: Transaction, subject_id: UUID) -> None:
    """Of earlier runs: whoever kept an old card signs in no more."""
    await tx.execute("delete from session where subject_id = $1 and label = $2", subject_id, _LABEL)


def _password() -> str:
    return secrets.token_urlsafe(12)


def _drawn_pin() -> str:
    while True:
        try:
            return check_pin(f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}")
        except BadPin:
            continue
