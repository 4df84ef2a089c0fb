"""What a customer tells of themselves: name, phone, e-mail, password, preferences, consents, addresses."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from cabas.domain.customers import queries, records
from cabas.domain.customers.model import (
    ADDRESSES_MAX,
    BUDGET_CENTS_MAX,
    CHANNELS,
    SUBSTITUTIONS,
    AddressDetails,
    AddressNotFound,
    BadDetails,
    Consent,
    CustomerNotFound,
    TooManyKept,
    check_email,
    check_new_password,
    check_profile,
    email_key,
)
from cabas.domain.customers.operations.entry import EmailTaken, WrongPassword, confirm_password
from cabas.kit import audit, passwords, sessions
from cabas.kit.db import Transaction, Transactions
from cabas.kit.ids import new_id

LANGUAGE_LENGTH_MAX = 8


async def change_profile(tx: Transaction, *, customer_id: UUID, name: str, phone: str) -> None:
    """
    :raises BadDetails: some fields can't be kept.
    :raises CustomerNotFound: they have left.
    """
    name, phone = check_profile(name=name, phone=phone)
    if not await records.update_profile(tx, customer_id=customer_id, name=name, phone=phone):
        raise CustomerNotFound


async def change_email(
    transactions: Transactions, *, customer_id: UUID, email: str, password: str, now: datetime
) -> None:
    """
    :param password: the current one.
    :raises BadDetails: it isn't an e-mail address.
    :raises WrongPassword: it isn't the current password.
    :raises EmailTaken: another account has it.
    :raises TooMany: too many attempts.
    """
    email = check_email(email)
    proved = await confirm_password(transactions, customer_id=customer_id, password=password, now=now)
    try:
        async with transactions() as tx:
            if not await records.update_email(
                tx, customer_id=customer_id, email=email, email_key=email_key(email), password_hash=proved
            ):
                raise WrongPassword
            await _note(tx, customer_id, "customer.email_changed", {}, now)
    except asyncpg.UniqueViolationError as taken:
        raise EmailTaken from taken


async def change_password(
    transactions: Transactions,
    *,
    customer_id: UUID,
    current: str,
    new: str,
    keep: bytes | None,
    now: datetime,
) -> None:
    """
    Change it, and end all other sessions and tokens.

    :param keep: hash of the session that asks, which goes on.
    :raises BadDetails: the new one is too weak (field ``new_password``).
    :raises WrongPassword: ``current`` isn't the current password.
    :raises TooMany: too many attempts.
    """
    async with transactions() as tx:
        person = await queries.customer(tx, customer_id=customer_id)
    if person is None:
        raise CustomerNotFound
    chosen = check_new_password(new, field="new_password", personal=(person.email, person.name))
    proved = await confirm_password(transactions, customer_id=customer_id, password=current, now=now)
    password_hash = await passwords.hash_secret(chosen)
    async with transactions() as tx:
        if not await records.update_password(
            tx, customer_id=customer_id, password_hash=password_hash, previous_hash=proved
        ):
            raise WrongPassword
        ended = await sessions.revoke_all(
            tx, subject_kind="customer", subject_id=customer_id, now=now, but=keep
        )
        await _note(tx, customer_id, "customer.password_changed", {"sessions_ended": ended}, now)


async def set_preferences(
    tx: Transaction,
    *,
    customer_id: UUID,
    store_id: int | msgspec.UnsetType = msgspec.UNSET,
    substitution: str | msgspec.UnsetType = msgspec.UNSET,
    language: str | msgspec.UnsetType = msgspec.UNSET,
    budget_cents: int | msgspec.UnsetType | None = msgspec.UNSET,
) -> None:
    """
    Change what is said and leave the rest.

    :raises BadDetails: a value is not one of those possible.
    :raises CustomerNotFound: they have left.
    """
    said = {
        "store_id": store_id,
        "substitution": substitution,
        "language": language,
        "budget_cents": budget_cents,
    }
    changes = {key: value for key, value in said.items() if value is not msgspec.UNSET}
    wrong = {key: "invalid" for key, value in changes.items() if not _possible(key, value)}
    if wrong:
        raise BadDetails(wrong)
    if not await records.merge_preferences(tx, customer_id=customer_id, changes=changes):
        raise CustomerNotFound


async def set_consents(
    tx: Transaction, *, customer_id: UUID, choices: Mapping[str, bool], now: datetime
) -> None:
    """
    Give or withdraw consent to marketing, by channel. The instant is that of the last change,
    and each change leaves its proof.

    :raises BadDetails: a channel that doesn't exist.
    :raises CustomerNotFound: they have left.
    """
    unknown = {channel: "invalid" for channel in choices if channel not in CHANNELS}
    if unknown:
        raise BadDetails(unknown)
    stored = await records.lock_preferences(tx, customer_id=customer_id)
    if stored is None:
        raise CustomerNotFound
    consents: dict[str, Any] = stored.get("consents", {})
    changed = {
        channel: given
        for channel, given in choices.items()
        if consents.get(channel, {"given": False})["given"] != given
    }
    if not changed:
        return
    fresh = {channel: msgspec.to_builtins(Consent(given=given, at=now)) for channel, given in changed.items()}
    await records.merge_preferences(tx, customer_id=customer_id, changes={"consents": {**consents, **fresh}})
    await _note(tx, customer_id, "customer.consents_changed", changed, now)


async def add_address(tx: Transaction, *, customer_id: UUID, address: AddressDetails, now: datetime) -> UUID:
    """
    :param address: from `model.check_address`.
    :raises TooManyKept: they keep as many as one may.
    :raises CustomerNotFound: they have left.
    """
    if not await records.lock_customer(tx, customer_id=customer_id):
        raise CustomerNotFound
    if await records.count_addresses(tx, customer_id=customer_id) >= ADDRESSES_MAX:
        raise TooManyKept(limit=ADDRESSES_MAX)
    address_id = new_id(now)
    await records.insert_address(tx, customer_id=customer_id, address_id=address_id, address=address)
    return address_id


async def change_address(
    tx: Transaction, *, customer_id: UUID, address_id: UUID, address: AddressDetails
) -> None:
    """:raises AddressNotFound: there is none, or it is somebody else's."""
    if not await records.update_address(tx, customer_id=customer_id, address_id=address_id, address=address):
        raise AddressNotFound


async def remove_address(tx: Transaction, *, customer_id: UUID, address_id: UUID) -> None:
    """:raises AddressNotFound: there is none, or it is somebody else's."""
    if not await records.delete_address(tx, customer_id=customer_id, address_id=address_id):
        raise AddressNotFound


def _possible(key: str, value: object) -> bool:
    match key:
        case "store_id":
            return isinstance(value, int) and 0 <= value <= 65_535
        case "substitution":
            return value in SUBSTITUTIONS
        case "language":
            return isinstance(value, str) and len(value) <= LANGUAGE_LENGTH_MAX and value.isascii()
        case _:
            return value is None or (isinstance(value, int) and 0 <= value <= BUDGET_CENTS_MAX)


async def _note(
    tx: Transaction, customer_id: UUID, action: str, detail: dict[str, Any], now: datetime
) -> None:
    subject = f"customer:{customer_id}"
    await audit.record(tx, store_id=0, actor=subject, action=action, subject=subject, detail=detail, now=now)
