"""Faults on command, as a network and an old system have them."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

import msgspec
from aiohttp import web

Kind = Literal["latency", "error", "hang", "reset", "half", "wrong", "drip", "down"]
KINDS: Final = ("latency", "error", "hang", "reset", "half", "wrong", "drip", "down")
HANG_SECONDS = 3600.0
_WRONG = b"<html><body><h1>Maintenance</h1></body></html>"


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """
    ``latency`` and ``drip`` last ``seconds``. ``effect``: what was asked happens first, only its answer suffers.
    ``times``: so many requests, then all is well again; None: until it is taken away. ``face``: "": all.
    """

    kind: Kind
    seconds: float = 1.0
    effect: bool = False
    times: int | None = None
    face: Literal["", "rest", "soap", "files", "v1", "pay"] = ""


class Faults:
    """Which fault is on; counts the requests of each face."""

    def __init__(self, fault: Fault | None = None) -> None:
        self.fault = fault
        self.requests: dict[str, int] = {}
        self.listen: Callable[[bool], Awaitable[None]] | None = None

    async def set(self, fault: Fault | None) -> None:
        """From now on. While it is down, nobody listens."""
        self.fault = fault
        if self.listen is not None:
            await self.listen(fault is None or fault.kind != "down")

    def take(self, face: str) -> Fault | None:
        """The fault of this request, if it has one."""
        self.requests[face] = self.requests.get(face, 0) + 1
        fault = self.fault
        if fault is None or fault.face not in ("", face):
            return None
        if fault.times is not None:
            left = fault.times - 1
            self.fault = msgspec.structs.replace(fault, times=left) if left else None
        return fault


def middleware(faults: Faults) -> Any:
    @web.middleware
    async def suffer(request: web.Request, handler: Any) -> web.StreamResponse:
        fault = faults.take(request.path.split("/")[1])
        if fault is None:
            answer: web.StreamResponse = await handler(request)
            return answer
        body, kind = b"{}", "application/json"
        if fault.effect or fault.kind in ("latency", "half", "drip"):
            if fault.kind == "latency":
                await asyncio.sleep(fault.seconds)
            answer = await handler(request)
            if fault.kind == "latency":
                return answer
            body, kind = getattr(answer, "body", b"") or b"", answer.content_type
        return await _spoil(request, fault, body, kind)

    return suffer


async def _spoil(request: web.Request, fault: Fault, body: bytes, kind: str) -> web.StreamResponse:
    match fault.kind:
        case "error":
            return web.Response(status=500, text="ORA-03113: end-of-file on communication channel")
        case "wrong":
            return web.Response(body=_WRONG, content_type="text/html")
        case "hang":
            await asyncio.sleep(HANG_SECONDS)
            return web.Response(status=204)
        case "half" | "drip":
            return await _partly(request, fault, body, kind)
        case _:
            return _reset(request)


async def _partly(request: web.Request, fault: Fault, body: bytes, kind: str) -> web.StreamResponse:
    """Half the body and the connection is gone; or all of it, so slowly that nobody will wait."""
    response = web.StreamResponse(headers={"content-length": str(len(body)), "content-type": kind})
    await response.prepare(request)
    if fault.kind == "half":
        await response.write(body[: len(body) // 2])
        return _reset(request, response)
    for place in range(len(body)):
        await response.write(body[place : place + 1])
        await asyncio.sleep(fault.seconds)
    return response


def _reset(request: web.Request, response: web.StreamResponse | None = None) -> web.StreamResponse:
    transport = request.transport
    if transport is not None:
        raw = transport.get_extra_info("socket")
        if raw is not None:  # no goodbye: the other end sees a reset
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        transport.abort()
    return response or web.Response(status=204)
