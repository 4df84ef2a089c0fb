"""Public reads of customers. `customer_by_session` is on the path of each page of one who signed in."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.customers.model import Address, Customer, Preferences, first_name_of
from cabas.kit import audit, sessions
from cabas.kit.db import Connection

ExportPart = Callable[[Connection, UUID], Awaitable[object]]
"""What another context holds on a customer, as a JSON-able value."""


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """A customer who proved who they are."""

    customer_id: UUID
    name: str
    email: str
    preferences: Preferences
    token_hash: bytes
    since: datetime
    seen_at: datetime
    """The last sign of life that was written."""

    @property
    def first_name(self) -> str:
        return first_name_of(self.name)

    def unseen(self, now: datetime) -> bool:
        """Whether a sign of life is due (`operations.note_seen`)."""
        return now - self.seen_at >= sessions.SEEN_EVERY


class Passkey(msgspec.Struct, frozen=True, kw_only=True):
    credential_id: bytes
    label: str
    created_at: datetime
    last_used_at: datetime | None

    @property
    def key(self) -> str:
        return self.credential_id.hex()


async def customer_by_session(reader: Connection, *, token_hash: bytes, now: datetime) -> SignedIn | None:
    """The customer of a site session; one look-up by two primary keys."""
    return await _signed_in(reader, token_hash, "session", now)


async def customer_by_token(reader: Connection, *, token_hash: bytes, now: datetime) -> SignedIn | None:
    """The customer of an API token."""
    return await _signed_in(reader, token_hash, "token", now)


async def _signed_in(reader: Connection, token_hash: bytes, kind: str, now: datetime) -> SignedIn | None:
    row = await reader.fetchrow(
        """
        select c.customer_id, c.name, c.email, c.preferences, s.token_hash,
               s.created_at as since, s.last_seen_at as seen_at
          from session s
          join customer c on c.customer_id = s.subject_id
         where s.token_hash = $1 and s.subject_kind = 'customer' and s.kind = $2
           and s.expires_at > $3 and s.revoked_at is null and c.erased_at is null""",
        token_hash,
        kind,
        now,
    )
    if row is None:
        return None
    return SignedIn(**{**row, "preferences": _as_preferences(row["preferences"])})


async def customer(reader: Connection, *, customer_id: UUID) -> Customer | None:
    """An account or a guest; None once erased."""
    row = await reader.fetchrow(
        """
        select customer_id, email, name, phone, birth_date, preferences, created_at,
               email_key is not null as has_account
          from customer
         where customer_id = $1 and erased_at is null""",
        customer_id,
    )
    return Customer(**{**row, "preferences": _as_preferences(row["preferences"])}) if row else None


async def account_of(reader: Connection, *, email_key: str) -> UUID | None:
    """Whose account this e-mail opens (`model.email_key`)."""
    found: UUID | None = await reader.fetchval(
        "select customer_id from customer where email_key = $1 and erased_at is null", email_key
    )
    return found


async def addresses(reader: Connection, *, customer_id: UUID) -> list[Address]:
    """Oldest first."""
    rows = await reader.fetch(
        """
        select address_id, label, street, complement, postcode, city, instructions
          from customer_address
         where customer_id = $1
         order by address_id""",
        customer_id,
    )
    return [Address(**dict(row)) for row in rows]


async def address(reader: Connection, *, customer_id: UUID, address_id: UUID) -> Address | None:
    row = await reader.fetchrow(
        """
        select address_id, label, street, complement, postcode, city, instructions
          from customer_address
         where customer_id = $1 and address_id = $2""",
        customer_id,
        address_id,
    )
    return Address(**dict(row)) if row else None


async def passkeys(reader: Connection, *, customer_id: UUID) -> list[Passkey]:
    rows = await reader.fetch(
        """
        select credential_id, label, created_at, last_used_at
          from passkey
         where customer_id = $1
         order by created_at""",
        customer_id,
    )
    return [Passkey(**dict(row)) for row in rows]


async def open_sessions(
    reader: Connection, *, customer_id: UUID, now: datetime
) -> list[sessions.OpenSession]:
    """Sessions and API tokens, last seen first."""
    return await sessions.open_sessions(reader, subject_kind="customer", subject_id=customer_id, now=now)


async def export(
    reader: Connection, *, customer_id: UUID, parts: Mapping[str, ExportPart], now: datetime
) -> dict[str, Any] | None:
    """
    Everything held on the person as one JSON-able value with readable keys; None once erased.

    :param parts: what other contexts hold, by the key it goes under.
    """
    person = await customer(reader, customer_id=customer_id)
    if person is None:
        return None
    held: dict[str, Any] = {
        "exported_at": now,
        "person": {
            "id": person.customer_id,
            "name": person.name,
            "email": person.email,
            "phone": person.phone,
            "birth_date": person.birth_date,
            "created_at": person.created_at,
        },
        "preferences": person.preferences,
        "addresses": await addresses(reader, customer_id=customer_id),
        "passkeys": [
            {"label": key.label, "created_at": key.created_at, "last_used_at": key.last_used_at}
            for key in await passkeys(reader, customer_id=customer_id)
        ],
        "sessions": [
            {
                "kind": one.kind,
                "device": one.label,
                "created_at": one.created_at,
                "last_seen_at": one.last_seen_at,
                "expires_at": one.expires_at,
            }
            for one in await open_sessions(reader, customer_id=customer_id, now=now)
        ],
        "history": [
            {"at": line.at, "action": line.action, "detail": line.detail}
            for line in await audit.lines_about(reader, store_id=0, subject=f"customer:{customer_id}")
        ],
    }
    for key, part in parts.items():
        held[key] = await part(reader, customer_id)
    plain: dict[str, Any] = msgspec.to_builtins(held)
    return plain


def _as_preferences(stored: dict[str, Any]) -> Preferences:
    return msgspec.convert(stored, Preferences)
