"""
What goes in and out around the application: bodies that are read to their end, answers whose status is noted.
"""

import asyncio
import contextlib
from collections.abc import Awaitable
from typing import Any, Final

from litestar.types import Message, Receive, Send

BODY_BYTES: Final = 64 * 1024
BODY_SECONDS: Final = 1.0
"""How much of a refused request is read, and for how long; the connection of more, or of slower, may break."""


class Answer:
    """Notes the status as it goes by."""

    __slots__ = ("_send", "status")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status = 0

    def __call__(self, message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        return self._send(message)


class Body:
    """
    What came with a request. Left unread it would break the connection, and with it the next request on it: so
    what a handler didn't want is read before the answer goes out.
    """

    __slots__ = ("_read", "_receive")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._read = False

    async def __call__(self) -> Any:
        message = await self._receive()
        self._read = self._read or message["type"] != "http.request" or not message.get("more_body")
        return message

    async def read_away(self) -> None:
        length = 0
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BODY_SECONDS):
                while not self._read and length <= BODY_BYTES:
                    length += len((await self()).get("body", b""))


class AnswerToBody(Answer):
    __slots__ = ("_body",)

    def __init__(self, send: Send, body: Body) -> None:
        super().__init__(send)
        self._body = body

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            await self._body.read_away()
        await self._send(message)


class Replayed:
    """What a request without a body is read from, while somebody else watches for its client to go."""

    def __init__(self, watch: "asyncio.Task[None]") -> None:
        self._watch = watch
        self._told = False

    async def __call__(self) -> Any:
        if not self._told:
            self._told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait((self._watch,))
        return {"type": "http.disconnect"}
