"""
The client of a bank that takes cards: JSON under ``/v1``, a bearer's key, an ``Idempotency-Key`` for what is done.

``cabas bank`` speaks it. No card's number passes here: the shopper types it on the bank's own page.
"""

import hashlib
import hmac
import re
from datetime import datetime, timedelta
from typing import Any, Final

import aiohttp
import msgspec

from cabas.domain.payments.model import BankState, Seen
from cabas.domain.payments.ports import BankAway, BankRefused, NewPayment

SECONDS_MAX = 5.0
ANSWER_BYTES_MAX = 64 * 1024
CONNECTIONS_MAX = 16
SIGNATURE_AGE_MAX = timedelta(minutes=10)
"""Of a word from the bank: an older one is a replay. Each attempt is signed anew."""

_SIGNATURE = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_AWAY: Final = frozenset({401, 403, 408, 425, 429})
"""About us or about now, not about the payment: to be mended, then asked again."""

_STATES: Final = {
    "waiting": BankState.WAITING,
    "confirming": BankState.WAITING,
    "authorised": BankState.HELD,
    "captured": BankState.CAPTURED,
    "cancelled": BankState.RELEASED,
    "declined": BankState.REFUSED,
}


class _Payment(msgspec.Struct, frozen=True, kw_only=True):
    reference: str
    id: str
    state: str
    authorised: int
    captured: int
    refunded: int
    page: str
    problem: str = ""


class _Problem(msgspec.Struct, frozen=True):
    error: str


class BankClient:
    """A `cabas.domain.payments.ports.CardBank`. :param url: without ``/v1``. ``key``: what we bear."""

    def __init__(self, url: str, key: str, *, seconds: float = SECONDS_MAX) -> None:
        self._url, self._key, self._seconds = url.rstrip("/"), key, seconds
        self._session: aiohttp.ClientSession | None = None

    async def open(self, payment: NewPayment) -> Seen:
        body = {
            "reference": payment.key,
            "amount": payment.cents,
            "title": payment.title,
            "language": payment.language,
            "return_url": payment.back,
            "expires_in": payment.expires_in,
        }
        return await self._do(payment.key, "/v1/payments", f"{payment.key}.open", body)

    async def look(self, key: str) -> Seen | None:
        try:
            return await self._ask(key, "GET", f"/v1/payments/{key}")
        except BankRefused as refused:
            if refused.code == "payment_unknown":
                return None
            raise BankAway(refused.code) from refused

    async def capture(self, key: str, cents: int) -> Seen:
        return await self._do(key, f"/v1/payments/{key}/capture", f"{key}.capture", {"amount": cents})

    async def release(self, key: str) -> Seen:
        return await self._do(key, f"/v1/payments/{key}/cancel", f"{key}.cancel", {})

    async def refund(self, key: str, *, total_cents: int) -> Seen:
        seen = await self.look(key)
        if seen is None:
            raise BankRefused("payment_unknown")
        missing = total_cents - seen.refunded_cents
        if missing <= 0:
            return seen
        # Keyed by where it starts from: of two who would refund different amounts from there, one is told no.
        once = f"{key}.refund.{seen.refunded_cents}"
        return await self._do(key, f"/v1/payments/{key}/refunds", once, {"amount": missing})

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _do(self, key: str, path: str, once: str, body: dict[str, Any]) -> Seen:
        return await self._ask(key, "POST", path, once=once, body=body)

    async def _ask(
        self, key: str, method: str, path: str, *, once: str = "", body: dict[str, Any] | None = None
    ) -> Seen:
        headers = {"authorization": f"Bearer {self._key}", "content-type": "application/json"}
        if once:
            headers["idempotency-key"] = once
        sent = None if body is None else msgspec.json.encode(body)
        try:
            async with self._open_session().request(
                method, self._url + path, data=sent, headers=headers, allow_redirects=False
            ) as answer:
                raw = b""
                async for chunk in answer.content.iter_chunked(ANSWER_BYTES_MAX):
                    raw += chunk
                    if len(raw) > ANSWER_BYTES_MAX:
                        raise BankAway("too long an answer")
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise BankAway(type(problem).__name__) from problem
        return _read(key, answer.status, raw)

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._seconds),
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX),
            )
        return self._session


def key_told(secret: bytes, signature: str, body: bytes, *, now: datetime) -> str | None:
    """
    Which payment the bank's word is about; None: it is not the bank's, or too old. What it says of it is not read.

    :param signature: ``t=<seconds>,v1=<hex>``, the HMAC-SHA256 of ``<t>.<body>``.
    """
    found = _SIGNATURE.fullmatch(signature)
    if found is None or not secret:
        return None
    expected = hmac.digest(secret, f"{found[1]}.".encode() + body, hashlib.sha256).hex()
    if not hmac.compare_digest(expected, found[2]):
        return None
    if abs(now.timestamp() - int(found[1])) > SIGNATURE_AGE_MAX.total_seconds():
        return None
    try:
        return msgspec.json.decode(body, type=_Word).reference
    except msgspec.DecodeError:
        return None


class _Word(msgspec.Struct, frozen=True):
    reference: str


def _read(key: str, status: int, raw: bytes) -> Seen:
    try:
        if status == 200:
            payment = msgspec.json.decode(raw, type=_Payment)
            if payment.reference != key:
                raise BankAway("an answer about another payment")
            return Seen(
                reference=payment.id,
                state=_STATES[payment.state],
                held_cents=payment.authorised,
                captured_cents=payment.captured,
                refunded_cents=payment.refunded,
                page=payment.page,
                problem=payment.problem,
            )
        if 400 <= status < 500 and status not in _AWAY:
            raise BankRefused(msgspec.json.decode(raw, type=_Problem).error)
    except (msgspec.DecodeError, KeyError) as problem:
        raise BankAway(f"an answer that can't be read, status {status}") from problem
    raise BankAway(f"status {status}")
