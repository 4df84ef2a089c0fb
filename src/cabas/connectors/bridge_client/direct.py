"""A bridge that listens: asked over HTTPS, each request signed."""

import aiohttp

from cabas.connectors.bridge_client import ANSWER_BYTES_MAX, BridgeUnavailable, Reply
from cabas.kit.peers import Peer, signature, trust_of

CONNECT_SECONDS = 1.0
CONNECTIONS_MAX = 32
PURPOSE = "cabas-to-bridge"


class DirectCarrier:
    """:raises BadPeer: the peer's TLS files can't be read."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._trust = trust_of(peer)
        self._session: aiohttp.ClientSession | None = None

    async def carry(self, operation: str, body: bytes, *, seconds: float) -> Reply:
        """See `cabas.connectors.bridge_client.Carrier`."""
        url = f"{self._peer.url}/v1/{operation}"
        signed = signature(
            self._peer.name, self._peer.keys[0], purpose=PURPOSE, method="POST", url=url, body=body
        )
        headers = {**signed, "content-type": "application/json", "cabas-seconds": f"{seconds:.3f}"}
        try:
            async with self._open().post(url, data=body, headers=headers, allow_redirects=False) as answer:
                taken = bytearray()
                async for piece in answer.content.iter_any():
                    taken += piece
                    if len(taken) > ANSWER_BYTES_MAX:
                        raise BridgeUnavailable("bad_answer", "longer than any answer is")
                return Reply(answer.status, bytes(taken))
        except (aiohttp.ClientError, OSError) as problem:
            raise BridgeUnavailable("no_connection", type(problem).__name__) from problem

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS_MAX, ssl=self._trust or True),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS),
                trust_env=False,
            )
        return self._session
