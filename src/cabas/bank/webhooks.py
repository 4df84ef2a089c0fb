"""
Words to the merchant that something happened: signed, sent until they are taken, as late and as often as commanded.

``bank-signature: t=<seconds>,v1=<hex>``, the HMAC-SHA256 of ``<t>.<body>``.
"""

import asyncio
import hashlib
import hmac
import time
from contextlib import suppress

import aiohttp

from cabas.bank.store import Row, Store, text_of

LOOKED_EVERY = 0.1
SECONDS_MAX = 5.0
ATTEMPTS_MAX = 8
AT_ONCE = 20
_TAKEN = range(200, 300)


class Herald:
    """:param url: where the merchant listens; "": nobody does, and words wait."""

    def __init__(self, store: Store, *, url: str, secret: str) -> None:
        self._store, self._url, self._secret = store, url, secret.encode()

    async def run(self) -> None:
        """Until cancelled."""
        if not self._url:
            return
        timeout = aiohttp.ClientTimeout(total=SECONDS_MAX)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                due = self._store.due_webhooks(limit=AT_ONCE)
                await asyncio.gather(*(self._say(session, row) for row in due))
                if len(due) < AT_ONCE:
                    await asyncio.sleep(LOOKED_EVERY)

    async def _say(self, session: aiohttp.ClientSession, row: Row) -> None:
        body = text_of({"id": row["EVENT"], "type": row["KIND"], "reference": row["REFERENCE"]}).encode()
        headers = {"content-type": "application/json", "bank-signature": sign(self._secret, body)}
        taken = False
        with suppress(aiohttp.ClientError, TimeoutError, OSError):
            async with session.post(self._url, data=body, headers=headers, allow_redirects=False) as answer:
                taken = answer.status in _TAKEN
        last = row["ATTEMPTS"] + 1 >= ATTEMPTS_MAX
        self._store.webhook_ended(row["NUM"], delivered=taken or last, again_in=2.0 ** row["ATTEMPTS"])


def sign(secret: bytes, body: bytes, *, at: int | None = None) -> str:
    stamp = int(time.time()) if at is None else at
    digest = hmac.digest(secret, f"{stamp}.".encode() + body, hashlib.sha256).hex()
    return f"t={stamp},v1={digest}"
