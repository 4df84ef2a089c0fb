"""
What a waiting person holds: a place, then an admission. Signed, and checked without the database.

A token names the key that signed it, so that two keys live while one replaces the other.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from struct import Struct
from uuid import UUID

import msgspec

from cabas.domain.waiting_room.model import SKEW, Place
from cabas.kit.signing import Signer

ADMISSION_LIFETIME = timedelta(minutes=10)
ORDER_GRACE = timedelta(minutes=20)
"""An order that is sent this long after its admission ran out is still taken: nobody types against a clock."""

TOKEN_LENGTH_MAX = 200
SESSION_BYTES = 16
_ADMISSION = Struct("!q16s16sq")  # event, shopper, session's digest, Unix seconds of expiry


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    event_id: int
    shopper_id: UUID
    session: bytes
    expires_at: datetime


class Keys:
    """Signs with the first secret; opens what any of them signed, by the key's name."""

    def __init__(self, secrets: tuple[bytes, ...], purpose: str) -> None:
        self._signers = {_key_id(secret): Signer((secret,), purpose) for secret in reversed(secrets)}
        self._current = _key_id(secrets[0])

    def sign(self, payload: bytes) -> str:
        return f"{self._current}.{self._signers[self._current].sign(payload)}"

    def open(self, token: str) -> bytes | None:
        key_id, _, signed = token[:TOKEN_LENGTH_MAX].partition(".")
        signer = self._signers.get(key_id)
        return signer.open(signed) if signer and signed.isascii() else None


class PlaceTokens:
    """A place holds for its person only: the guest's id, or the account's."""

    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self._keys = Keys(secrets, "room-place")

    def write(self, place: Place) -> str:
        return self._keys.sign(msgspec.msgpack.encode(place))

    def read(self, token: str | None, *, event_id: int, owners: tuple[UUID, ...]) -> Place | None:
        """None: not signed by us, for another event, or somebody else's."""
        payload = self._keys.open(token) if token else None
        if payload is None:
            return None
        try:
            place = msgspec.msgpack.decode(payload, type=Place)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None
        return place if place.event_id == event_id and place.shopper_id in owners else None


class AdmissionTokens:
    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self._keys = Keys(secrets, "room-admission")

    def write(self, admission: Admission) -> str:
        return self._keys.sign(
            _ADMISSION.pack(
                admission.event_id,
                admission.shopper_id.bytes,
                admission.session,
                int(admission.expires_at.timestamp()),
            )
        )

    def read(
        self,
        token: str | None,
        *,
        event_id: int,
        session: bytes,
        now: datetime,
        grace: timedelta = timedelta(0),
    ) -> Admission | None:
        """None: forged, of another event or session, run out, or from a clock that is far ahead."""
        payload = self._keys.open(token) if token else None
        if payload is None or len(payload) != _ADMISSION.size:
            return None
        event, shopper, bound_to, expires = _ADMISSION.unpack(payload)
        expires_at = datetime.fromtimestamp(expires, tz=UTC)
        if event != event_id or bound_to != session:
            return None
        if now >= expires_at + grace or expires_at - now > ADMISSION_LIFETIME + SKEW:
            return None
        return Admission(
            event_id=event, shopper_id=UUID(bytes=shopper), session=bound_to, expires_at=expires_at
        )


def session_digest(*secrets: str) -> bytes:
    """What binds an admission to a session: the digest of the cookies or tokens that make it."""
    return hashlib.sha256("\0".join(secrets).encode()).digest()[:SESSION_BYTES]


def _key_id(secret: bytes) -> str:
    return hashlib.sha256(b"key-id:" + secret).hexdigest()[:6]
