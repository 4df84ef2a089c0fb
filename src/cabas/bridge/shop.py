"""The shop as a bridge reaches it: signed requests outwards."""

from typing import Any, TypeVar

import aiohttp
import msgspec

from cabas.bridge.shapes import Problem
from cabas.kit.peers import Peer, signature, trust_of

PURPOSE = "bridge-to-cabas"
T = TypeVar("T")


class ShopAway(Exception):
    """No answer, or none that can be understood: ask again later."""


class ShopRefused(Exception):
    """A plain no. ``status`` 409: see ``code`` and ``body``."""

    def __init__(self, status: int, code: str, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {code}")
        self.status, self.code, self.body = status, code, body


class Shop:
    """:param peer: this bridge's name and keys, and the shop's address."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._trust = trust_of(peer)
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, name: str, request: Any, answer: type[T], *, seconds: float) -> T:
        """
        ``POST /api/v1/bridge/{name}``.

        :raises ShopAway: see there.
        :raises ShopRefused: see there.
        """
        url = f"{self._peer.url}/api/v1/bridge/{name}"
        body = msgspec.json.encode(request)
        signed = signature(
            self._peer.name, self._peer.keys[0], purpose=PURPOSE, method="POST", url=url, body=body
        )
        headers = {**signed, "content-type": "application/json"}
        timeout = aiohttp.ClientTimeout(total=seconds, sock_connect=5)
        try:
            async with self._open().post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as told:
                raw = await told.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise ShopAway(type(problem).__name__) from problem
        return _read(told.status, raw, answer)

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=16, ssl=self._trust or True), trust_env=True
            )
        return self._session


def _read(status: int, raw: bytes, answer: type[T]) -> T:
    try:
        if status == 200:
            return msgspec.json.decode(raw, type=answer)
        problem = msgspec.json.decode(raw, type=Problem)
        body = msgspec.json.decode(raw, type=dict[str, Any])
    except msgspec.DecodeError as bad:
        raise ShopAway(f"status {status}, not as expected") from bad
    if status in (408, 425, 429) or status >= 500:
        raise ShopAway(f"status {status}")
    raise ShopRefused(status, problem.code, body)
