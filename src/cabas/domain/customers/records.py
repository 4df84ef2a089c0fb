"""Writes and locks of customers; private to this context."""

from datetime import datetime
from typing import Any
from uuid import UUID

from cabas.domain.customers.model import AddressDetails, Contact
from cabas.kit.db import Connection, Record, Transaction


async def insert_customer(
    tx: Transaction,
    *,
    customer_id: UUID,
    contact: Contact,
    email_key: str | None,
    password_hash: str | None,
    preferences: dict[str, Any],
    now: datetime,
) -> bool:
    """False when an account has this e-mail already. A guest (no key) never collides."""
    return (
        await tx.execute(
            """
            insert into customer (customer_id, email, email_key, password_hash, name, phone,
                                  preferences, created_at)
                 values ($1, $2, $3, $4, $5, $6, $7, $8)
            on conflict (email_key) do nothing""",
            customer_id,
            contact.email,
            email_key,
            password_hash,
            contact.name,
            contact.phone,
            preferences,
            now,
        )
        == 1
    )


async def select_credentials(reader: Connection, *, email_key: str) -> Record | None:
    """``customer_id, password_hash`` of the account of this e-mail."""
    return await reader.fetchrow(
        "select customer_id, password_hash from customer where email_key = $1", email_key
    )


async def select_password(reader: Connection, *, customer_id: UUID) -> str | None:
    password_hash: str | None = await reader.fetchval(
        "select password_hash from customer where customer_id = $1 and erased_at is null", customer_id
    )
    return password_hash


async def lock_password(tx: Transaction, *, customer_id: UUID, password_hash: str) -> bool:
    """Whether the password is still this one; it stays so until the transaction ends."""
    return (
        await tx.fetchval(
            "select true from customer where customer_id = $1 and password_hash = $2 for share",
            customer_id,
            password_hash,
        )
        is not None
    )


async def update_password(
    tx: Transaction, *, customer_id: UUID, password_hash: str, previous_hash: str
) -> bool:
    """False when it was changed meanwhile."""
    return (
        await tx.execute(
            "update customer set password_hash = $2 where customer_id = $1 and password_hash = $3",
            customer_id,
            password_hash,
            previous_hash,
        )
        == 1
    )


async def update_email(
    tx: Transaction, *, customer_id: UUID, email: str, email_key: str, password_hash: str
) -> bool:
    """False when the password was changed meanwhile. Unique violation when another account has it."""
    return (
        await tx.execute(
            """
            update customer set email = $2, email_key = $3
             where customer_id = $1 and password_hash = $4 and erased_at is null""",
            customer_id,
            email,
            email_key,
            password_hash,
        )
        == 1
    )


async def update_profile(tx: Transaction, *, customer_id: UUID, name: str, phone: str) -> bool:
    return (
        await tx.execute(
            "update customer set name = $2, phone = $3 where customer_id = $1 and erased_at is null",
            customer_id,
            name,
            phone,
        )
        == 1
    )


async def merge_preferences(tx: Transaction, *, customer_id: UUID, changes: dict[str, Any]) -> bool:
    return (
        await tx.execute(
            """
            update customer set preferences = preferences || $2::jsonb
             where customer_id = $1 and erased_at is null""",
            customer_id,
            changes,
        )
        == 1
    )


async def lock_preferences(tx: Transaction, *, customer_id: UUID) -> dict[str, Any] | None:
    preferences: dict[str, Any] | None = await tx.fetchval(
        """
        select preferences from customer
         where customer_id = $1 and erased_at is null
           for no key update""",
        customer_id,
    )
    return preferences


async def lock_customer(tx: Transaction, *, customer_id: UUID) -> bool:
    """Whether the customer is still here; others wait until the transaction ends."""
    return (
        await tx.fetchval(
            """
            select true from customer
             where customer_id = $1 and erased_at is null
               for no key update""",
            customer_id,
        )
        is not None
    )


async def count_addresses(tx: Transaction, *, customer_id: UUID) -> int:
    count: int = await tx.fetchval(
        "select count(*) from customer_address where customer_id = $1", customer_id
    )
    return count


async def insert_address(
    tx: Transaction, *, customer_id: UUID, address_id: UUID, address: AddressDetails
) -> None:
    await tx.execute(
        """
        insert into customer_address
                    (customer_id, address_id, label, street, complement, postcode, city, instructions)
             values ($1, $2, $3, $4, $5, $6, $7, $8)""",
        customer_id,
        address_id,
        address.label,
        address.street,
        address.complement,
        address.postcode,
        address.city,
        address.instructions,
    )


async def update_address(
    tx: Transaction, *, customer_id: UUID, address_id: UUID, address: AddressDetails
) -> bool:
    return (
        await tx.execute(
            """
            update customer_address
               set label = $3, street = $4, complement = $5, postcode = $6, city = $7, instructions = $8
             where customer_id = $1 and address_id = $2""",
            customer_id,
            address_id,
            address.label,
            address.street,
            address.complement,
            address.postcode,
            address.city,
            address.instructions,
        )
        == 1
    )


async def delete_address(tx: Transaction, *, customer_id: UUID, address_id: UUID) -> bool:
    return (
        await tx.execute(
            "delete from customer_address where customer_id = $1 and address_id = $2", customer_id, address_id
        )
        == 1
    )


async def insert_passkey(
    tx: Transaction,
    *,
    credential_id: bytes,
    customer_id: UUID,
    public_key: bytes,
    sign_count: int,
    label: str,
    now: datetime,
) -> bool:
    """False when this passkey is registered already."""
    return (
        await tx.execute(
            """
            insert into passkey (credential_id, customer_id, public_key, sign_count, label, created_at)
                 values ($1, $2, $3, $4, $5, $6)
            on conflict (credential_id) do nothing""",
            credential_id,
            customer_id,
            public_key,
            sign_count,
            label,
            now,
        )
        == 1
    )


async def lock_passkey(tx: Transaction, *, credential_id: bytes) -> Record | None:
    """``customer_id, public_key, sign_count`` of a passkey whose owner is still here."""
    return await tx.fetchrow(
        """
        select p.customer_id, p.public_key, p.sign_count
          from passkey p
          join customer c on c.customer_id = p.customer_id
         where p.credential_id = $1 and c.erased_at is null
           for no key update of p""",
        credential_id,
    )


async def update_passkey_use(
    tx: Transaction, *, credential_id: bytes, sign_count: int, now: datetime
) -> None:
    await tx.execute(
        "update passkey set sign_count = $2, last_used_at = $3 where credential_id = $1",
        credential_id,
        sign_count,
        now,
    )


async def delete_passkey(tx: Transaction, *, customer_id: UUID, credential_id: bytes) -> bool:
    return (
        await tx.execute(
            "delete from passkey where customer_id = $1 and credential_id = $2", customer_id, credential_id
        )
        == 1
    )


async def delete_belongings(tx: Transaction, *, customer_id: UUID) -> dict[str, int]:
    """Addresses and passkeys go; returns how many of each."""
    row = await tx.fetchrow(
        """
        with gone_addresses as (delete from customer_address where customer_id = $1 returning 1),
             gone_passkeys as (delete from passkey where customer_id = $1 returning 1)
        select (select count(*) from gone_addresses) as addresses,
               (select count(*) from gone_passkeys) as passkeys""",
        customer_id,
    )
    return dict(row) if row else {}


async def blank_customer(tx: Transaction, *, customer_id: UUID, now: datetime) -> None:
    """The row stays, for the orders that name it; nothing personal stays in it."""
    await tx.execute(
        """
        update customer
           set email = '', email_key = null, password_hash = null, name = '', phone = '',
               birth_date = null, preferences = '{}', erased_at = $2
         where customer_id = $1""",
        customer_id,
        now,
    )
