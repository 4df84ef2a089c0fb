"""
Requests between programs of one owner, signed as RFC 9421 says (HMAC-SHA256).

Covered: method, path, query and the body's digest; with them the time of signing, a nonce, the name of the peer
and what the signature is for. A request counts once, and only near the time at which it was signed: by the wire's
clock, which no rehearsal shifts.
"""

import base64
import secrets
import ssl
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    MappingKeyResolver,
    algorithms,
)

COVERED: Final = ("@method", "@path", "@query", "content-digest")
TOLERANCE = timedelta(seconds=60)
"""How far two clocks may differ, and how long a request may be under way."""

KEY_BYTES_MIN = 32
NONCE_LENGTH_MAX = 64
_LABEL = "cabas"


class Unsigned(Exception):
    """Not signed by a peer, for something else, too old, or seen before. The text says which, for a log."""


class Peer(msgspec.Struct, frozen=True, kw_only=True):
    """``keys``: the current first; older ones are still believed. ``url``: where it listens; "": it calls us."""

    name: str
    keys: tuple[bytes, ...]
    url: str = ""
    authority_file: str = ""
    """Certificates to believe instead of the system's."""
    certificate_file: str = ""
    private_key_file: str = ""
    """With these the connection is mutual TLS."""
    services: tuple[str, ...] = ()


class BadPeer(ValueError):
    """A peer's description can't be used."""


class Signed(msgspec.Struct):
    """What is signed: a request as the library looks at it."""

    method: str
    url: str
    headers: dict[str, str]


class Nonces(Protocol):
    async def first(self, *, peer: str, nonce: str, until: datetime) -> bool:
        """False when this peer has used the nonce before; kept ``until`` then."""
        ...


class NoncesInMemory:
    """For one process, forgotten with it."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], datetime] = {}

    async def first(self, *, peer: str, nonce: str, until: datetime) -> bool:
        """See `Nonces`."""
        now = datetime.now(UTC)
        self._seen = {one: end for one, end in self._seen.items() if end > now}
        if (peer, nonce) in self._seen:
            return False
        self._seen[peer, nonce] = until
        return True


def key_of(text: str) -> bytes:
    """:raises BadPeer: not 32 bytes or more in base64."""
    try:
        key = base64.b64decode(text.strip(), altchars=b"-_" if set(text) & set("-_") else None, validate=True)
    except (ValueError, Base64Error) as problem:
        raise BadPeer("a key is written in base64") from problem
    if len(key) < KEY_BYTES_MIN:
        raise BadPeer(f"a key needs {KEY_BYTES_MIN} bytes or more")
    return key


def signature(
    peer: str,
    key: bytes,
    *,
    purpose: str,
    method: str,
    url: str,
    body: bytes,
    created: datetime | None = None,
) -> dict[str, str]:
    """The headers that sign one request; each has a nonce of its own."""
    message = Signed(method, url, {})
    signer = HTTPMessageSigner(
        signature_algorithm=algorithms.HMAC_SHA256,
        key_resolver=MappingKeyResolver(public_keys={}, private_keys={peer: key}),
    )
    signer.sign(
        message,
        key_id=peer,
        created=created or datetime.now(UTC),
        nonce=secrets.token_urlsafe(18),
        tag=purpose,
        label=_LABEL,
        covered_component_ids=COVERED,
        body=body,
    )
    return message.headers


class _Verifier(HTTPMessageVerifier):
    max_clock_skew = TOLERANCE


class Doorkeeper:
    """
    Knows the peers that may call.

    :param purpose: what their signatures must be for: a request to one end is none to the other.
    """

    def __init__(self, peers: Mapping[str, tuple[bytes, ...]], nonces: Nonces, *, purpose: str) -> None:
        self._peers = peers
        self._nonces = nonces
        self._purpose = purpose

    async def admit(self, *, method: str, url: str, headers: Mapping[str, str], body: bytes) -> str:
        """
        The peer that signed the request.

        :raises Unsigned: none did.
        """
        message = Signed(method, url, {name.lower(): value for name, value in headers.items()})
        verified = self._verified(message, body)
        nonce = verified.nonce or ""
        if not 0 < len(nonce) <= NONCE_LENGTH_MAX:
            raise Unsigned("no nonce")
        peer = str(verified.parameters["keyid"])
        created = datetime.fromtimestamp(int(verified.parameters["created"]), UTC)
        if not await self._nonces.first(peer=peer, nonce=nonce, until=created + 2 * TOLERANCE):
            raise Unsigned("seen before")
        return peer

    def _verified(self, message: Signed, body: bytes) -> Any:
        problem: Exception | None = None
        for place in range(max((len(keys) for keys in self._peers.values()), default=0)):
            known = {name: keys[place] for name, keys in self._peers.items() if place < len(keys)}
            verifier = _Verifier(
                signature_algorithm=algorithms.HMAC_SHA256,
                key_resolver=MappingKeyResolver(public_keys=known, private_keys={}),
            )
            try:
                return verifier.verify(
                    message,
                    max_age=timedelta(0),  # beyond the tolerance
                    expect_tag=self._purpose,
                    require_components=COVERED,
                    body=body,
                )[0]
            except InvalidSignature as refused:
                problem = refused
        raise Unsigned(str(problem) if problem else "no peer is known")


def trust_of(peer: Peer) -> ssl.SSLContext | None:
    """The TLS of connections to this peer; None: as the system has it. :raises BadPeer: files that can't be read."""
    if not (peer.authority_file or peer.certificate_file):
        return None
    try:
        context = ssl.create_default_context(cafile=peer.authority_file or None)
        if peer.certificate_file:
            context.load_cert_chain(peer.certificate_file, peer.private_key_file or None)
    except (OSError, ssl.SSLError) as problem:
        raise BadPeer(f"{peer.name}: {problem}") from problem
    return context


class _Told(msgspec.Struct, forbid_unknown_fields=True):
    key: str = ""
    key_file: str = ""
    older_keys: list[str] = []
    url: str = ""
    authority_file: str = ""
    certificate_file: str = ""
    private_key_file: str = ""
    services: list[str] = []


def peers_of(text: str) -> tuple[Peer, ...]:
    """
    From TOML, a table for each: ``[name]`` ``key`` (or ``key_file``), ``url``, TLS files.

    :raises BadPeer: it can't be read, with the reason.
    """
    try:
        told = msgspec.toml.decode(text.encode(), type=dict[str, _Told])
    except msgspec.DecodeError as problem:
        raise BadPeer(str(problem)) from problem
    return tuple(_peer(name, one) for name, one in told.items())


def _peer(name: str, told: _Told) -> Peer:
    try:
        current = told.key or Path(told.key_file).read_text()
        keys = tuple(key_of(one) for one in (current, *told.older_keys))
    except (OSError, BadPeer) as problem:
        raise BadPeer(f"{name}: {problem}") from problem
    return Peer(
        name=name,
        keys=keys,
        url=told.url.rstrip("/"),
        authority_file=told.authority_file,
        certificate_file=told.certificate_file,
        private_key_file=told.private_key_file,
        services=tuple(told.services),
    )
