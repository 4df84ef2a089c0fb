"""Coming to work: by e-mail and password, by PIN on a store's device, by API token; and going."""

from datetime import datetime, timedelta
from math import ceil
from uuid import UUID

from cabas.domain.staff import records
from cabas.domain.staff.model import (
    ATTEMPTS_PER_ACCOUNT,
    ATTEMPTS_PER_ADDRESS,
    PIN_FAILURES_MAX,
    PIN_FAILURES_PER_DEVICE,
    PIN_LOCK,
    SEEN_EVERY,
    SHIFT,
    TOKEN_LIFETIME,
    Device,
    Permission,
    StaffActor,
    require,
)
from cabas.kit import audit, limiter, passwords, sessions
from cabas.kit.db import Transaction, Transactions
from cabas.kit.errors import Invalid, TooMany
from cabas.kit.sessions import Opened
from cabas.kit.text import clean_line


class WrongStaffCredentials(Invalid):
    """No active account has this e-mail with this password."""

    code = "wrong_credentials"


class WrongPin(Invalid):
    """It isn't this person's PIN in this store."""

    code = "wrong_pin"


class PinLocked(TooMany):
    """Too many wrong PINs, by this person or on this device; ``retry_after_seconds`` in detail."""

    code = "pin_locked"


async def sign_in(
    transactions: Transactions,
    *,
    email: str,
    password: str,
    address: str,
    label: str,
    now: datetime,
    replaces: bytes | None = None,
    shift: timedelta = SHIFT,
) -> Opened:
    """
    Open a session for head office or a manager. Failed attempts count, successes don't.

    :raises WrongStaffCredentials: unknown e-mail or other password, in the same time.
    :raises TooMany: too many attempts.
    """
    email = staff_email(email)
    async with transactions() as tx:
        attempts = (
            await limiter.count_attempt(
                tx,
                bucket=limiter.account_bucket("staff", email),
                limit=ATTEMPTS_PER_ACCOUNT,
                now=now,
            ),
            await limiter.count_attempt(
                tx,
                bucket=limiter.address_bucket("staff", address),
                limit=ATTEMPTS_PER_ADDRESS,
                now=now,
            ),
        )
        found = await records.select_credentials(tx, email=email)
    password_hash: str | None = found["password_hash"] if found else None
    if not await passwords.secret_matches(password_hash, password):
        raise WrongStaffCredentials
    if found is None or password_hash is None:
        raise WrongStaffCredentials
    staff_id: UUID = found["staff_id"]
    async with transactions() as tx:
        if not await records.lock_password(tx, staff_id=staff_id, password_hash=password_hash):
            raise WrongStaffCredentials
        await limiter.give_back(tx, *attempts)
        return await _open(tx, staff_id, 0, label, now, shift, replaces)


async def sign_in_by_pin(
    transactions: Transactions,
    *,
    device: Device,
    staff_id: UUID,
    pin: str,
    now: datetime,
    replaces: bytes | None = None,
    shift: timedelta = SHIFT,
) -> Opened:
    """
    Open a session on a store's shared device, with the roles of that store alone.

    :raises WrongPin: not their PIN here (or nobody with a PIN here).
    :raises PinLocked: five wrong ones, by this person or on this device, in five minutes.
    """
    async with transactions() as tx:
        attempt = await _count_on_device(tx, device, now)
        pin_hash = await records.count_pin_attempt(
            tx,
            store_id=device.store_id,
            staff_id=staff_id,
            failures_max=PIN_FAILURES_MAX,
            locked_until=now + PIN_LOCK,
            now=now,
        )
        if pin_hash is None:
            locked = await records.select_pin_lock(tx, store_id=device.store_id, staff_id=staff_id)
            if locked and locked > now:
                raise PinLocked(retry_after_seconds=max(1, ceil((locked - now).total_seconds())))
    if not await passwords.secret_matches(pin_hash, pin.strip()) or pin_hash is None:
        raise WrongPin
    async with transactions() as tx:
        if not await records.clear_pin_failures(
            tx, store_id=device.store_id, staff_id=staff_id, pin_hash=pin_hash
        ):
            raise WrongPin
        await limiter.give_back(tx, attempt)
        return await _open(tx, staff_id, device.store_id, device.label, now, shift, replaces)


async def lock(tx: Transaction, *, token_hash: bytes, now: datetime) -> None:
    """End this session, by hand: signing out, or handing the device on."""
    await sessions.revoke(tx, token_hash=token_hash, now=now)


async def note_seen(tx: Transaction, *, token_hash: bytes, now: datetime) -> None:
    """A sign of life, without which a session ends idle; written at most every minute."""
    await sessions.note_seen(tx, token_hash=token_hash, now=now, every=SEEN_EVERY)


async def issue_token(
    tx: Transaction,
    *,
    staff_id: UUID,
    store_id: int,
    label: str,
    actor: StaffActor,
    now: datetime,
    lifetime: timedelta = TOKEN_LIFETIME,
) -> Opened:
    """
    A bearer token for the API; its secret is shown this once.

    :param store_id: the token has only the roles of this store; `NETWORK`: all of theirs.
    :raises NotAllowed: the actor doesn't manage staff there.
    """
    require(actor, Permission.MANAGE_STAFF, store_id)
    await audit.record(
        tx,
        store_id=store_id,
        actor=actor.label,
        action="staff.token_issued",
        subject=f"staff:{staff_id}",
        detail={"label": clean_line(label)[: sessions.LABEL_LENGTH_MAX]},
        now=now,
    )
    return await sessions.open_session(
        tx,
        subject_kind="staff",
        subject_id=staff_id,
        kind="token",
        label=label,
        now=now,
        lifetime=lifetime,
        store_id=store_id,
    )


def staff_email(email: str) -> str:
    """Staff e-mails are kept in lower case."""
    return clean_line(email).lower()


async def _count_on_device(tx: Transaction, device: Device, now: datetime) -> limiter.Attempt:
    try:
        return await limiter.count_attempt(
            tx, bucket=f"pin:device:{device.device_id}", limit=PIN_FAILURES_PER_DEVICE, now=now
        )
    except TooMany as reached:
        raise PinLocked(retry_after_seconds=reached.detail["retry_after_seconds"]) from reached


async def _open(
    tx: Transaction,
    staff_id: UUID,
    store_id: int,
    label: str,
    now: datetime,
    shift: timedelta,
    replaces: bytes | None,
) -> Opened:
    if replaces:
        await sessions.revoke(tx, token_hash=replaces, now=now)
    return await sessions.open_session(
        tx,
        subject_kind="staff",
        subject_id=staff_id,
        kind="session",
        label=label,
        now=now,
        lifetime=shift,
        store_id=store_id,
    )
