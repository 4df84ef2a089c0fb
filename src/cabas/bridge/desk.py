"""
The desk: each request to its adapter, within its time, and what changes something once for each key.

A key is written down before the system is asked, and its answer after. When the answer was lost in between (a half
answer, a crash, a deadline), the next request with that key first asks the system what came of it.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Mapping
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry, Counter, Histogram

from cabas.bridge.journal import Journal
from cabas.bridge.port import Adapter, Faulty, Refused
from cabas.bridge.shapes import OPERATIONS, EraseRequest, OrderStatus, Problem

RETRY_SECONDS = 5.0
SECONDS_MIN = 0.05


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes


class Serving(msgspec.Struct):
    """An adapter with its limits."""

    adapter: Adapter
    seconds: float
    places: asyncio.Semaphore


class _Lock(msgspec.Struct):
    lock: asyncio.Lock
    users: int = 0


class Desk:
    """:param services: ``loyalty``, ``registry``, ``orders`` → who serves it."""

    def __init__(
        self, services: Mapping[str, Serving], journal: Journal, registry: CollectorRegistry
    ) -> None:
        self._services = services
        self._journal = journal
        self._locks: dict[tuple[str, str], _Lock] = {}
        self._requests = Counter(
            "bridge_requests",
            "Requests to the grocer's systems.",
            ("operation", "outcome"),
            registry=registry,
        )
        self._seconds = Histogram(
            "bridge_request_seconds", "How long they took.", ("operation",), registry=registry
        )

    async def answer(self, path: str, body: bytes, *, seconds: float | None = None) -> Reply:
        """Whatever happens, an answer: the operation's, or a problem."""
        begun = perf_counter()
        try:
            reply, outcome = Reply(200, await self._answered(path, body, seconds)), "ok"
        except Refused as refused:
            reply, outcome = problem(refused.status, refused.code, refused.detail), refused.code
        except Faulty as faulty:
            reply, outcome = problem(503, "outcome_unknown", str(faulty), retry_after=RETRY_SECONDS), "faulty"
        except TimeoutError:
            reply, outcome = problem(504, "no_answer_in_time", retry_after=RETRY_SECONDS), "timeout"
        self._requests.labels(path if path in OPERATIONS else "unknown", outcome).inc()
        if path in OPERATIONS:
            self._seconds.labels(path).observe(perf_counter() - begun)
        return reply

    async def _answered(self, path: str, body: bytes, seconds: float | None) -> bytes:
        operation = OPERATIONS.get(path)
        serving = self._services.get(path.partition("/")[0])
        if operation is None or serving is None or path not in serving.adapter.served:
            raise Refused("not_served", path)
        try:
            request = msgspec.json.decode(body, type=operation.request)
        except msgspec.DecodeError as bad:
            raise Refused("bad_request", str(bad)) from bad
        limit = max(min(seconds or serving.seconds, serving.seconds), SECONDS_MIN)
        async with self._place(serving), asyncio.timeout(limit):
            if key := _key(path, request):
                return await self._once(path, key, request, body, serving.adapter)
            return _encoded(path, await serving.adapter.answer(path, request))

    async def _once(self, path: str, key: str, request: Any, body: bytes, adapter: Adapter) -> bytes:
        fingerprint = hashlib.sha256(msgspec.json.encode(request, order="sorted")).hexdigest()
        async with self._lock(path, key):
            did = await self._journal.did(path, key)
            if did is not None and did.fingerprint != fingerprint:
                raise Refused("key_reused", "the same key with other content")
            if did is not None and did.answer is not None:
                return did.answer
            found = await adapter.recover(path, request) if did is not None else None
            if found is None:
                await self._journal.asking(path, key, fingerprint)
                found = await self._asked(path, key, adapter.answer(path, request))
            answer = _encoded(path, found)
            await self._journal.answered(path, key, answer)
            if isinstance(request, EraseRequest):
                await self._journal.forget_person(request.ref)
            return answer

    async def _asked(self, path: str, key: str, answer: Awaitable[Any]) -> Any:
        try:
            return await answer
        except Refused:
            await self._journal.refused(path, key)
            raise

    @asynccontextmanager
    async def _place(self, serving: Serving) -> AsyncIterator[None]:
        """Full: no waiting. The shop has something else to serve."""
        if serving.places.locked():
            raise Faulty("too many requests at once")
        async with serving.places:
            yield

    @asynccontextmanager
    async def _lock(self, path: str, key: str) -> AsyncIterator[None]:
        held = self._locks.setdefault((path, key), _Lock(asyncio.Lock()))
        held.users += 1
        try:
            async with held.lock:
                yield
        finally:
            held.users -= 1
            if not held.users:
                del self._locks[path, key]


def problem(status: int, code: str, detail: str = "", *, retry_after: float | None = None) -> Reply:
    title = code.replace("_", " ").capitalize()
    told = Problem(status=status, code=code, title=title, detail=detail, retry_after=retry_after)
    return Reply(status, msgspec.json.encode(told))


def _key(path: str, request: Any) -> str | None:
    if isinstance(request, OrderStatus):
        return f"status-{request.seq}"
    return str(request.key) if OPERATIONS[path].keyed else None


def _encoded(path: str, answer: Any) -> bytes:
    if not isinstance(answer, OPERATIONS[path].answer):
        raise Faulty(f"the adapter answered {type(answer).__name__}")
    return msgspec.json.encode(answer)
