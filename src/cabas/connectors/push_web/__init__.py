"""
Web Push (RFC 8030): encrypted for the one browser (RFC 8291), signed by our VAPID key (RFC 8292).

A push service's address comes from a stranger's browser. Whatever its name resolves to at the
moment of connecting must be a public address, and no redirect is followed.
"""

import base64
import hashlib
import socket
import ssl
import time
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from http_ece import ECEException
from py_vapid import Vapid02
from pywebpush import WebPusher, WebPushException

from cabas.domain.messages.endpoint import check_endpoint, is_public
from cabas.domain.messages.model import BadEndpoint, Note, Subscription, SubscriptionGone, TransportError

KEPT_SECONDS = 24 * 3600
"""How long a push service keeps a notification for a device that is away: after a day it is no news."""

SECONDS_MAX = 10.0
TOKEN_SECONDS = 12 * 3600
TOPIC_LENGTH = 32
_GONE = frozenset({404, 410})
_TAKEN = range(200, 300)
_PASSING = frozenset({401, 403, 408, 425, 429})
"""401 and 403 are about our key, not about the browser: to be mended, then tried again."""


class PublicResolver(AbstractResolver):
    """Names to public addresses only."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        public = [one for one in found if is_public(one["host"])]
        if not public:
            raise OSError(f"{host} has no public address")
        return public

    async def close(self) -> None:
        await self._inner.close()


class WebPush:
    """
    :param key: the VAPID private key, 32 bytes in base64url.
    :param subject: whom a push service may write to about us: ``mailto:…``.
    :param resolver: see `PublicResolver`. ``trust``: the certificates to believe; None: the system's.
    """

    def __init__(
        self,
        key: str,
        subject: str,
        *,
        resolver: AbstractResolver | None = None,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._vapid = Vapid02(private_key=_private_key(key))
        self._subject = subject
        self._resolver = resolver
        self._trust = trust
        self._session: aiohttp.ClientSession | None = None

    async def send(self, subscription: Subscription, note: Note) -> None:
        """See `cabas.domain.messages.ports.Pusher`."""
        try:
            endpoint = check_endpoint(subscription.endpoint)
        except BadEndpoint as refused:
            raise SubscriptionGone from refused
        try:
            body = _encrypted(subscription, note)
        except (WebPushException, ECEException, ValueError) as problem:
            raise SubscriptionGone from problem  # keys that are none: no browser can be behind them
        try:
            status = await self._post(endpoint, body, self._headers(endpoint, note))
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise TransportError(type(problem).__name__, permanent=False) from problem
        if status in _GONE:
            raise SubscriptionGone
        if status not in _TAKEN:
            permanent = status < 500 and status not in _PASSING
            raise TransportError(f"push service answered {status}", permanent=permanent)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post(self, endpoint: str, body: bytes, headers: dict[str, str]) -> int:
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(
                resolver=PublicResolver(self._resolver) if self._resolver is None else self._resolver,
                ssl=self._trust or True,
                use_dns_cache=False,
                limit=16,
            )
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=aiohttp.ClientTimeout(total=SECONDS_MAX), trust_env=False
            )
        async with self._session.post(endpoint, data=body, headers=headers, allow_redirects=False) as answer:
            return answer.status

    def _headers(self, endpoint: str, note: Note) -> dict[str, str]:
        parts = urlsplit(endpoint)
        claims = {
            "aud": f"{parts.scheme}://{parts.netloc}",
            "sub": self._subject,
            "exp": int(time.time()) + TOKEN_SECONDS,  # the services' clock, not a rehearsal's
        }
        signed: dict[str, str] = self._vapid.sign(claims)
        # The same message again takes the place of the one that still waits.
        topic = base64.urlsafe_b64encode(hashlib.sha256(note.message_id.bytes).digest()).decode()
        return {
            **signed,
            "ttl": str(KEPT_SECONDS),
            "urgency": "normal",
            "topic": topic[:TOPIC_LENGTH],
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
        }


def public_key(key: str) -> str:
    """What a browser needs to subscribe: the point, in base64url."""
    point = _private_key(key).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def _private_key(key: str) -> ec.EllipticCurvePrivateKey:
    scalar = int.from_bytes(base64.urlsafe_b64decode(key + "=" * (-len(key) % 4)), "big")
    return ec.derive_private_key(scalar, ec.SECP256R1())


def _encrypted(subscription: Subscription, note: Note) -> bytes:
    payload = {"id": str(note.message_id), "title": note.title, "body": note.body, "path": note.path}
    receiver: dict[str, Any] = {
        "endpoint": subscription.endpoint,
        "keys": {"p256dh": subscription.p256dh, "auth": subscription.auth},
    }
    sealed = WebPusher(receiver).encode(msgspec.json.encode(payload), content_encoding="aes128gcm")
    body: bytes = sealed["body"]
    return body
