"""
Passkeys (WebAuthn): made, used to sign in, used to confirm a grave step, removed.

A challenge is kept by nobody: it goes to the browser signed (``state``) and comes back with the
answer. It is good for five minutes, for one kind of ceremony, and once.
"""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec

from cabas.domain.customers import queries, records
from cabas.domain.customers.model import (
    LABEL_LENGTH_MAX,
    PASSKEYS_MAX,
    Customer,
    CustomerNotFound,
    TooManyKept,
)
from cabas.domain.customers.operations.entry import open_session
from cabas.kit import audit, limiter
from cabas.kit.db import Connection, Transaction
from cabas.kit.errors import Invalid, NotFound, TooMany
from cabas.kit.sessions import Opened
from cabas.kit.signing import Signer
from cabas.kit.text import clean_line

CEREMONY_LIFETIME: Final = timedelta(minutes=5)
_CHALLENGE_BYTES = 32
_ONCE: Final = limiter.Limit(attempts=1, period=2 * CEREMONY_LIFETIME)


class PasskeyRefused(Invalid):
    """The passkey's answer doesn't hold: forged, late, used before, unknown, or from another site."""

    code = "passkey_refused"


class PasskeyNotFound(NotFound):
    """There is no such passkey, or it is somebody else's."""

    code = "passkey_not_found"


class RelyingParty(msgspec.Struct, frozen=True, kw_only=True):
    """The site as WebAuthn names it: ``id`` is its host, ``origin`` scheme and host and port."""

    id: str
    origin: str
    name: str


class Ceremony(msgspec.Struct, frozen=True, kw_only=True):
    """``options`` is the JSON for the browser; ``state`` comes back with the answer."""

    options: str
    state: str


class _State(msgspec.Struct, frozen=True, array_like=True):
    kind: Literal["register", "use"]
    challenge: bytes
    expires_at: datetime
    customer_id: UUID | None


async def start_registration(
    reader: Connection, *, customer: Customer, party: RelyingParty, signer: Signer, now: datetime
) -> Ceremony:
    """
    :raises TooManyKept: they have as many as one may.
    """
    known = await queries.passkeys(reader, customer_id=customer.customer_id)
    if len(known) >= PASSKEYS_MAX:
        raise TooManyKept(limit=PASSKEYS_MAX)
    from cabas.kit import passkeys  # noqa: PLC0415 - heavy to load, see its docstring

    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    options = passkeys.registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=customer.customer_id.bytes,
        user_name=customer.email,
        display_name=customer.name,
        challenge=challenge,
        known=[key.credential_id for key in known],
    )
    state = _State("register", challenge, now + CEREMONY_LIFETIME, customer.customer_id)
    return Ceremony(options=options, state=_seal(state, signer))


async def finish_registration(
    tx: Transaction,
    *,
    customer_id: UUID,
    credential: str,
    state: str,
    label: str,
    party: RelyingParty,
    signer: Signer,
    now: datetime,
) -> None:
    """
    Keep a new passkey.

    :param credential: the browser's answer as JSON.
    :raises PasskeyRefused: the answer doesn't hold.
    """
    from cabas.kit import passkeys  # noqa: PLC0415 - heavy to load, see its docstring

    opened = await _unseal(tx, state, "register", signer, now)
    if opened.customer_id != customer_id:
        raise PasskeyRefused
    if not await records.lock_customer(tx, customer_id=customer_id):
        raise CustomerNotFound
    if len(await queries.passkeys(tx, customer_id=customer_id)) >= PASSKEYS_MAX:
        raise TooManyKept(limit=PASSKEYS_MAX)
    try:
        made = passkeys.verify_registration(
            credential, challenge=opened.challenge, rp_id=party.id, origin=party.origin
        )
    except passkeys.BadAnswer as problem:
        raise PasskeyRefused from problem
    added = await records.insert_passkey(
        tx,
        credential_id=made.credential_id,
        customer_id=customer_id,
        public_key=made.public_key,
        sign_count=made.sign_count,
        label=clean_line(label)[:LABEL_LENGTH_MAX],
        now=now,
    )
    if not added:
        raise PasskeyRefused
    await _note(tx, customer_id, "customer.passkey_added", now)


def start_authentication(*, party: RelyingParty, signer: Signer, now: datetime) -> Ceremony:
    """The browser shows the passkeys it has for the site: no list is sent, so none can be read off."""
    from cabas.kit import passkeys  # noqa: PLC0415 - heavy to load, see its docstring

    challenge = secrets.token_bytes(_CHALLENGE_BYTES)
    options = passkeys.authentication_options(rp_id=party.id, challenge=challenge)
    state = _State("use", challenge, now + CEREMONY_LIFETIME, None)
    return Ceremony(options=options, state=_seal(state, signer))


async def sign_in_by_passkey(
    tx: Transaction,
    *,
    credential: str,
    state: str,
    party: RelyingParty,
    signer: Signer,
    label: str,
    now: datetime,
    replaces: bytes | None = None,
) -> Opened:
    """:raises PasskeyRefused: the answer doesn't hold."""
    customer_id = await _verify_use(tx, credential, state, party, signer, now)
    return await open_session(tx, customer_id=customer_id, label=label, now=now, replaces=replaces)


async def confirm_passkey(
    tx: Transaction,
    *,
    customer_id: UUID,
    credential: str,
    state: str,
    party: RelyingParty,
    signer: Signer,
    now: datetime,
) -> None:
    """
    The customer who is signed in proves it again, in the transaction of what they ask.

    :raises PasskeyRefused: the answer doesn't hold, or is another customer's.
    """
    if await _verify_use(tx, credential, state, party, signer, now) != customer_id:
        raise PasskeyRefused


async def remove_passkey(tx: Transaction, *, customer_id: UUID, key: str, now: datetime) -> None:
    """:raises PasskeyNotFound: there is none, or it is somebody else's."""
    try:
        credential_id = bytes.fromhex(key)
    except ValueError:
        raise PasskeyNotFound from None
    if not await records.delete_passkey(tx, customer_id=customer_id, credential_id=credential_id):
        raise PasskeyNotFound
    await _note(tx, customer_id, "customer.passkey_removed", now)


async def _verify_use(
    tx: Transaction, credential: str, state: str, party: RelyingParty, signer: Signer, now: datetime
) -> UUID:
    from cabas.kit import passkeys  # noqa: PLC0415 - heavy to load, see its docstring

    opened = await _unseal(tx, state, "use", signer, now)
    try:
        named = passkeys.named(credential)
        known = await records.lock_passkey(tx, credential_id=named.credential_id)
        if known is None:
            raise PasskeyRefused
        owner: UUID = known["customer_id"]
        if named.user_handle not in (None, owner.bytes):
            raise PasskeyRefused
        sign_count = passkeys.verify_use(
            credential,
            challenge=opened.challenge,
            rp_id=party.id,
            origin=party.origin,
            public_key=known["public_key"],
            sign_count=known["sign_count"],
        )
    except passkeys.BadAnswer as problem:
        raise PasskeyRefused from problem
    await records.update_passkey_use(tx, credential_id=named.credential_id, sign_count=sign_count, now=now)
    return owner


def _seal(state: _State, signer: Signer) -> str:
    return signer.sign(msgspec.json.encode(state))


async def _unseal(tx: Transaction, text: str, kind: str, signer: Signer, now: datetime) -> _State:
    payload = signer.open(text)
    if payload is None:
        raise PasskeyRefused
    try:
        state = msgspec.json.decode(payload, type=_State)
    except msgspec.DecodeError as problem:
        raise PasskeyRefused from problem
    if state.kind != kind or state.expires_at <= now:
        raise PasskeyRefused
    used = hashlib.sha256(state.challenge).hexdigest()[:32]
    try:
        await limiter.count_attempt(tx, bucket=f"passkey:once:{used}", limit=_ONCE, now=now)
    except TooMany as problem:
        raise PasskeyRefused from problem
    return state


async def _note(tx: Transaction, customer_id: UUID, action: str, now: datetime) -> None:
    subject = f"customer:{customer_id}"
    await audit.record(tx, store_id=0, actor=subject, action=action, subject=subject, detail={}, now=now)
