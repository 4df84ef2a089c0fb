"""
Coming in: accounts, guests, sign in and out, API tokens.

What checks or makes a password takes the opener of transactions: argon2 takes a tenth of a
second, and no connection is held meanwhile.
"""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from cabas.domain.customers import records
from cabas.domain.customers.model import (
    ATTEMPTS_PER_ACCOUNT,
    ATTEMPTS_PER_ADDRESS,
    SESSION_LIFETIME,
    TOKEN_LIFETIME,
    TOKENS_MAX,
    Contact,
    TooManyKept,
    check_account,
    check_contact,
    email_key,
    normal_password,
)
from cabas.domain.customers.queries import open_sessions
from cabas.kit import audit, limiter, passwords, sessions
from cabas.kit.db import Transaction, Transactions
from cabas.kit.errors import Conflict, Invalid
from cabas.kit.ids import new_id
from cabas.kit.sessions import Opened


class WrongCredentials(Invalid):
    """No account has this e-mail with this password. Which of the two is wrong isn't said."""

    code = "wrong_credentials"


class WrongPassword(Invalid):
    """It isn't the account's current password."""

    code = "wrong_password"


class EmailTaken(Conflict):
    """Another account has this e-mail."""

    code = "email_taken"


class SignedUp(msgspec.Struct, frozen=True, kw_only=True):
    """
    The same answer whether or not the e-mail had an account, so that it can't be told from it.

    ``secret`` goes into the cookie in both cases; it opens nothing when ``customer_id`` is None.
    """

    secret: str
    customer_id: UUID | None


async def sign_up(
    transactions: Transactions,
    *,
    name: str,
    email: str,
    phone: str,
    password: str,
    address: str,
    label: str,
    now: datetime,
    language: str = "",
) -> SignedUp:
    """
    Make an account and open its first session. An e-mail that has an account is left as it is.

    :param address: the network address of who asks, for the limits.
    :param label: the device, for the list of sessions.
    :raises BadDetails: some fields can't be kept (the same for known and unknown e-mails).
    :raises TooMany: too many attempts.
    """
    contact, chosen = check_account(name=name, email=email, phone=phone, password=password)
    key = email_key(contact.email)
    async with transactions() as tx:
        await _count(tx, "sign_up", key, address, now)
    password_hash = await passwords.hash_secret(chosen)
    async with transactions() as tx:
        customer_id = await create_account(
            tx, contact=contact, password_hash=password_hash, language=language, now=now
        )
        if customer_id is None:
            return SignedUp(secret=secrets.token_urlsafe(sessions.SECRET_BYTES), customer_id=None)
        opened = await _open(tx, customer_id, label, now)
    return SignedUp(secret=opened.secret, customer_id=customer_id)


async def create_account(
    tx: Transaction, *, contact: Contact, password_hash: str, now: datetime, language: str = ""
) -> UUID | None:
    """The new customer's id; None when the e-mail has an account already."""
    customer_id = new_id(now)
    made = await records.insert_customer(
        tx,
        customer_id=customer_id,
        contact=contact,
        email_key=email_key(contact.email),
        password_hash=password_hash,
        preferences={"language": language} if language else {},
        now=now,
    )
    if not made:
        return None
    await _note(tx, customer_id, "customer.signed_up", now)
    return customer_id


async def make_guest(tx: Transaction, *, name: str, email: str, phone: str, now: datetime) -> UUID:
    """
    A customer without an account, for one order. The e-mail may be an account's: they stay
    apart, now and later, since an e-mail that was only typed proves nothing.

    :raises BadDetails: some fields can't be kept.
    """
    customer_id = new_id(now)
    await records.insert_customer(
        tx,
        customer_id=customer_id,
        contact=check_contact(name=name, email=email, phone=phone, phone_required=True),
        email_key=None,
        password_hash=None,
        preferences={},
        now=now,
    )
    return customer_id


async def sign_in(
    transactions: Transactions,
    *,
    email: str,
    password: str,
    address: str,
    label: str,
    now: datetime,
    replaces: bytes | None = None,
) -> Opened:
    """
    Open a session. Failed attempts count, by account and by address; successes don't.

    :param replaces: hash of the session this browser had: it ends.
    :raises WrongCredentials: unknown e-mail or other password, in the same time.
    :raises TooMany: too many attempts.
    """
    key = email_key(email)
    async with transactions() as tx:
        attempts = await _count(tx, "sign_in", key, address, now)
        found = await records.select_credentials(tx, email_key=key)
    password_hash: str | None = found["password_hash"] if found else None
    if not await passwords.secret_matches(password_hash, normal_password(password)):
        raise WrongCredentials
    if found is None or password_hash is None:
        raise WrongCredentials
    fresh_hash = (
        await passwords.hash_secret(normal_password(password)) if passwords.outdated(password_hash) else None
    )
    customer_id: UUID = found["customer_id"]
    async with transactions() as tx:
        if not await records.lock_password(tx, customer_id=customer_id, password_hash=password_hash):
            raise WrongCredentials
        await limiter.give_back(tx, *attempts)
        if fresh_hash:
            await records.update_password(
                tx, customer_id=customer_id, password_hash=fresh_hash, previous_hash=password_hash
            )
        if replaces:
            await sessions.revoke(tx, token_hash=replaces, now=now)
        return await _open(tx, customer_id, label, now)


async def open_session(
    tx: Transaction, *, customer_id: UUID, label: str, now: datetime, replaces: bytes | None
) -> Opened:
    """A session for someone who has just proved who they are by other means (a passkey)."""
    if replaces:
        await sessions.revoke(tx, token_hash=replaces, now=now)
    return await _open(tx, customer_id, label, now)


async def sign_out(tx: Transaction, *, token_hash: bytes, now: datetime) -> None:
    """End this session; harmless when it has ended."""
    await sessions.revoke(tx, token_hash=token_hash, now=now)


async def revoke_session(tx: Transaction, *, customer_id: UUID, key: str, now: datetime) -> bool:
    """End one of their sessions or tokens. False when it isn't theirs or had ended."""
    return await sessions.revoke_of(tx, subject_kind="customer", subject_id=customer_id, key=key, now=now)


async def revoke_sessions(
    tx: Transaction, *, customer_id: UUID, now: datetime, but: bytes | None = None
) -> int:
    """End all their sessions and tokens, except the one of ``but``; returns how many."""
    return await sessions.revoke_all(tx, subject_kind="customer", subject_id=customer_id, now=now, but=but)


async def note_seen(tx: Transaction, *, token_hash: bytes, now: datetime) -> None:
    """A sign of life; written at most every five minutes."""
    await sessions.note_seen(tx, token_hash=token_hash, now=now)


async def issue_token(
    tx: Transaction,
    *,
    customer_id: UUID,
    label: str,
    now: datetime,
    lifetime: timedelta = TOKEN_LIFETIME,
) -> Opened:
    """
    A bearer token for the API; its secret is shown this once.

    :raises TooManyKept: they have as many as one may.
    """
    open_now = await open_sessions(tx, customer_id=customer_id, now=now)
    if sum(1 for one in open_now if one.kind == "token") >= TOKENS_MAX:
        raise TooManyKept(limit=TOKENS_MAX)
    await _note(tx, customer_id, "customer.token_issued", now)
    return await sessions.open_session(
        tx,
        subject_kind="customer",
        subject_id=customer_id,
        kind="token",
        label=label,
        now=now,
        lifetime=lifetime,
    )


async def confirm_password(
    transactions: Transactions, *, customer_id: UUID, password: str, now: datetime
) -> str:
    """
    The hash of the current password, once it is proved; a grave step compares it again.

    :raises WrongPassword: it isn't.
    :raises TooMany: too many attempts.
    """
    async with transactions() as tx:
        attempt = await limiter.count_attempt(
            tx,
            bucket=limiter.account_bucket("confirm", str(customer_id)),
            limit=ATTEMPTS_PER_ACCOUNT,
            now=now,
        )
        password_hash = await records.select_password(tx, customer_id=customer_id)
    if not await passwords.secret_matches(password_hash, normal_password(password)) or password_hash is None:
        raise WrongPassword
    async with transactions() as tx:
        await limiter.give_back(tx, attempt)
    return password_hash


async def _count(
    tx: Transaction, purpose: str, account: str, address: str, now: datetime
) -> tuple[limiter.Attempt, limiter.Attempt]:
    """Always the account first: two attempts can't wait for each other."""
    return (
        await limiter.count_attempt(
            tx, bucket=limiter.account_bucket(purpose, account), limit=ATTEMPTS_PER_ACCOUNT, now=now
        ),
        await limiter.count_attempt(
            tx, bucket=limiter.address_bucket(purpose, address), limit=ATTEMPTS_PER_ADDRESS, now=now
        ),
    )


async def _open(tx: Transaction, customer_id: UUID, label: str, now: datetime) -> Opened:
    return await sessions.open_session(
        tx,
        subject_kind="customer",
        subject_id=customer_id,
        kind="session",
        label=label,
        now=now,
        lifetime=SESSION_LIFETIME,
    )


async def _note(tx: Transaction, customer_id: UUID, action: str, now: datetime) -> None:
    subject = f"customer:{customer_id}"
    await audit.record(tx, store_id=0, actor=subject, action=action, subject=subject, detail={}, now=now)
