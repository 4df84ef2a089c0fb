"""
A load generator light enough to share the machine with what it measures: raw HTTP/1.1 over keep-alive
connections, each sending its next request when it has the answer to the last (a closed loop).
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import cast

import msgspec
import uvloop

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


class Volley(msgspec.Struct, frozen=True, kw_only=True):
    """``statuses``: how often each came. ``latencies_ms``: sorted."""

    seconds: float
    statuses: dict[int, int]
    latencies_ms: list[float]
    sample: bytes
    """One answer that was not a success, or b""."""

    @property
    def rate(self) -> float:
        """Answers of success a second."""
        return sum(count for status, count in self.statuses.items() if status < 300) / self.seconds

    def percentile(self, percent: float) -> float:
        return self.latencies_ms[min(int(len(self.latencies_ms) * percent / 100), len(self.latencies_ms) - 1)]


def fire(requests: Sequence[bytes], *, port: int, connections: int) -> Volley:
    """Send all requests, as fast as the answers come, over so many connections."""
    return uvloop.run(_fire(requests, port, connections))


async def _fire(requests: Sequence[bytes], port: int, connections: int) -> Volley:
    loop = asyncio.get_running_loop()
    pending = iter(requests)
    shared = _Shared()
    guns = [_Gun(pending, shared, loop.create_future()) for _ in range(connections)]
    for gun in guns:
        await loop.create_connection(partial(_itself, gun), "127.0.0.1", port)
    started = time.perf_counter()
    for gun in guns:
        gun.shoot()
    await asyncio.gather(*(gun.done for gun in guns))
    return Volley(
        seconds=time.perf_counter() - started,
        statuses=dict(shared.statuses),
        latencies_ms=sorted(shared.latencies),
        sample=shared.sample,
    )


def _itself(gun: "_Gun") -> "_Gun":
    return gun


class _Shared:
    def __init__(self) -> None:
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.sample = b""


class _Gun(asyncio.Protocol):
    """One connection; ``done`` is set when no request is left."""

    def __init__(self, pending: Iterator[bytes], shared: _Shared, done: "asyncio.Future[None]") -> None:
        self._pending, self._shared, self.done = pending, shared, done
        self._buffer = b""
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def shoot(self) -> None:
        request = next(self._pending, None)
        if request is None or self._transport is None:
            self.done.set_result(None)
            return
        self._sent_at = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(_HEAD_END)
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.find(_LENGTH)
        length = int(head[at + len(_LENGTH) :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._buffer) < end + len(_HEAD_END) + length:
            return
        status = int(head[9:12])
        self._shared.statuses[status] += 1
        self._shared.latencies.append((time.perf_counter() - self._sent_at) * 1000)
        if status >= 300 and not self._shared.sample:
            self._shared.sample = self._buffer
        self._buffer = b""
        self.shoot()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server hung up"))
