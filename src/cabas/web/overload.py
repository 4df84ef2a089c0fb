"""
Around the whole application: who is let in, who waits, who is sent away, and by when an answer is due.

Cheap work is refused before it costs anything: a 503 needs no database, no template and no session
(docs/algorithms/limiter.md).
"""

import asyncio
import contextlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from random import randrange
from time import monotonic
from typing import Final

import msgspec
from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from cabas.kit.buckets import Buckets, Rate
from cabas.kit.db import acquire_by
from cabas.web import classes, copies, errors
from cabas.web.classes import DEADLINE_SECONDS, FREE, P0, P2, P3, P4, P5, SAFE
from cabas.web.request import ShopRequest
from cabas.web.site import Site
from cabas.web.streams import Answer, AnswerToBody, Body, Replayed

SWEEP_SECONDS: Final = 0.01
PATIENCE_SECONDS: Final = 0.25
"""Under pressure P2 and below wait this long for a database connection, then make room."""

DRAWN: Final = Rate(burst=20, period=timedelta(seconds=1))
"""How many kept pages a second a process draws anew for readers who find no place."""

HOT: Final = frozenset({"/", "/magasins"})
"""Asked for by everybody: each has its own share of the drawing, whatever else is asked for."""

DEADLINE_MS_MIN = 50
RETRY_SECONDS: Final = ((1, 3), (1, 4), (2, 6), (3, 10), (5, 20), (30, 90))
"""By class, from … to: drawn anew for each, so that who is sent away together doesn't return together."""

_DEADLINE_HEADERS = frozenset({b"cabas-deadline", b"x-request-deadline"})
_PROOFS = frozenset({b"cookie", b"authorization"})
_CRAWLERS = (b"bot", b"crawl", b"spider")
_GONE: Final = object()


class Overload:
    """An ASGI application around another."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] | None = None) -> None:
        """:param headers: what every page carries, so that its copies carry it, too."""
        self._app = app
        self._sweeping = False
        self._drawing = Buckets(DRAWN)
        self._headers = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = FREE
        if scope["type"] == ScopeType.HTTP:
            kind = classes.class_of(scope["method"], scope["path"])
        if scope["type"] != ScopeType.HTTP or kind == FREE:
            await self._app(scope, receive, send)
            return
        start = monotonic()
        kind, seconds = terms_of(scope["headers"], kind, DEADLINE_SECONDS[kind])
        site: Site = scope["litestar_app"].state.site
        limiter = site.ladder.limiter
        if site.ladder.standing.level and _refused(site, kind, scope):
            limiter.refuse(kind)
            await _send_away(site, kind, scope, receive, send)
            return
        wait = site.addresses.wait_seconds(scope) if kind <= P2 and scope["method"] not in SAFE else 0.0
        if wait:
            await _send_away(
                site, kind, scope, receive, send, code="too_many", status=429, after=int(wait) + 1
            )
            return
        if limiter.enter(kind, start):
            await self._run(site, kind, scope, receive, send, by=start + seconds, watch=None)
            return
        if limiter.crowded(kind, start):
            limiter.refuse(kind)
            await self._turn_away(site, kind, scope, receive, send)
            return
        await self._wait(site, kind, scope, receive, send, by=start + seconds)

    async def _wait(
        self, site: Site, kind: int, scope: HTTPScope, receive: Receive, send: Send, *, by: float
    ) -> None:
        """
        For a place. A request that may wait for long and has no body is given up when its client goes; watching
        one that waits a tenth of a second at most would cost more than it saves.
        """
        watch: asyncio.Task[None] | None = None
        if scope["method"] in SAFE and classes.CLASSES[kind].patience_seconds is not None:
            watch = asyncio.ensure_future(_until_gone(receive))
            receive = Replayed(watch)
        try:
            admitted = await self._queue(site, kind, watch)
            if admitted is True:
                await self._run(site, kind, scope, receive, send, by=by, watch=watch)
            elif admitted is not _GONE:
                await self._turn_away(site, kind, scope, receive, send)
        finally:
            if watch:
                watch.cancel()

    async def _turn_away(self, site: Site, kind: int, scope: HTTPScope, receive: Receive, send: Send) -> None:
        if kind != P3 or not await self._send_copy(scope, receive, send):
            await _send_away(site, kind, scope, receive, send)

    async def _send_copy(self, scope: HTTPScope, receive: Receive, send: Send) -> bool:
        """
        The page as it last was, for somebody who came to read and found no place: false when there is none. Drawing
        one costs half of what a page costs, once for all who ask for it: so only some a second.
        """
        if scope["method"] != "GET" or scope["path"].startswith("/api/"):
            return False
        request = ShopRequest(scope, receive, send)
        if "application/json" in request.headers.get("accept", ""):
            return False
        body = copies.ready(request)
        whose = scope["path"] if scope["path"] in HOT else ""
        if body is None and not self._drawing.take(whose, monotonic()):
            body = copies.draw(request)
        if body is None:
            body = copies.earlier(request)
        if body is None:
            return False
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [
                    (b"content-type", b"text/html; charset=utf-8"),
                    (b"content-length", str(len(body)).encode()),
                    (b"cache-control", b"no-store"),
                    *self._headers,
                ],
            }
        )
        await send({"type": "http.response.body", "body": body, "more_body": False})
        return True

    async def _run(
        self,
        site: Site,
        kind: int,
        scope: HTTPScope,
        receive: Receive,
        send: Send,
        *,
        by: float,
        watch: "asyncio.Task[None] | None",
    ) -> None:
        """With a place: until the deadline, or until the client has gone."""
        limiter = site.ladder.limiter
        begun = monotonic()
        pressed = kind >= P2 and (site.ladder.standing.level or limiter.full_since is not None)
        token = acquire_by.set(min(by, begun + PATIENCE_SECONDS) if pressed else by)
        if scope["method"] in SAFE:
            answer = Answer(send)
        else:
            receive = Body(receive)
            answer = AnswerToBody(send, receive)
        try:
            async with asyncio.timeout(max(by - begun, 0.0)) as timeout:
                if watch:
                    watch.add_done_callback(lambda _: _hurry(timeout))
                await self._app(scope, receive, answer)
        except TimeoutError:
            if not timeout.expired():
                raise
            if not answer.status and not (watch and watch.done()):
                await _send_late(scope, receive, answer)
        finally:
            acquire_by.reset(token)
            end = monotonic()
            limiter.leave(kind, end - begun, end, ok=0 < answer.status < 500)

    async def _queue(self, site: Site, kind: int, watch: "asyncio.Task[None] | None") -> object:
        """True: admitted. False: shed. `_GONE`: nobody waits for the answer any more."""
        limiter = site.ladder.limiter
        waiter = _Waiter()
        limiter.wait(kind, waiter, monotonic())
        self._sweep_soon(site)
        try:
            if watch is None:
                return await waiter.settled
            await asyncio.wait((waiter.settled, watch), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            _withdraw(site, kind, waiter)
            raise
        if watch.done():
            _withdraw(site, kind, waiter)
            return _GONE
        return waiter.settled.result()

    def _sweep_soon(self, site: Site) -> None:
        if not self._sweeping and site.ladder.limiter.queued:
            self._sweeping = True
            asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep, site)

    def _sweep(self, site: Site) -> None:
        self._sweeping = False
        site.ladder.limiter.sweep(monotonic())
        self._sweep_soon(site)


class _Waiter:
    __slots__ = ("admitted", "settled")

    def __init__(self) -> None:
        self.settled: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.admitted: bool | None = None

    def settle(self, admitted: bool) -> None:  # noqa: FBT001 - as the limiter says it
        self.admitted = admitted
        if not self.settled.done():  # its request may have been cancelled in this very moment
            self.settled.set_result(admitted)


def _hurry(timeout: asyncio.Timeout) -> None:
    """Its client has gone: its deadline is now, unless it has ended anyway."""
    with contextlib.suppress(RuntimeError):
        timeout.reschedule(0.0)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _withdraw(site: Site, kind: int, waiter: _Waiter) -> None:
    """It no longer waits; a place that it was given meanwhile goes to the next."""
    limiter = site.ladder.limiter
    if waiter.admitted is None:
        limiter.forget(kind, waiter)
    elif waiter.admitted:
        limiter.leave(kind, 0.0, monotonic())


def terms_of(headers: Iterable[tuple[bytes, bytes]], kind: int, seconds: float) -> tuple[int, float]:
    """(class, seconds it may take): a crawler is of the last class, an order without any token isn't of the first."""
    proven = kind != P0
    for name, value in headers:
        if name in _DEADLINE_HEADERS:
            seconds = _sooner(value, seconds)
        elif name in _PROOFS:
            proven = True
        elif name == b"user-agent" and kind == P3:
            agent = value.lower()
            if any(word in agent for word in _CRAWLERS):
                kind = P5
    return (kind if proven else P2), seconds


def _sooner(value: bytes, seconds: float) -> float:
    """A client may want its answer earlier than we would give it up, never later. In milliseconds."""
    if not value.isdigit() or len(value) > 9:
        return seconds
    return min(seconds, max(int(value), DEADLINE_MS_MIN) / 1000)


def _refused(site: Site, kind: int, scope: HTTPScope) -> bool:
    """Whether the level takes it away. What it writes on L4 is refused where it would write (`ShopRequest`)."""
    level, method, path = site.ladder.standing.level, scope["method"], scope["path"]
    if (kind == P5 and level >= 1) or (kind == P4 and level >= 2):
        return True
    return level == 3 and classes.is_basket_write(method, path)


async def _send_away(
    site: Site,
    kind: int,
    scope: HTTPScope,
    receive: Receive,
    send: Send,
    *,
    code: str = "busy",
    status: int = 503,
    after: int = 0,
) -> None:
    """Without a database, a template or a session."""
    if scope["method"] not in SAFE:
        await Body(receive).read_away()
    first, last = RETRY_SECONDS[kind]
    seconds = after or randrange(first, last + 1)  # noqa: S311 - nothing secret
    path, headers = scope["path"], scope["headers"]
    accepted = next((value for name, value in headers if name == b"accept"), b"")
    if path.startswith("/api/") or b"application/json" in accepted:
        body, media = _problem(code, status, seconds), b"application/problem+json"
        extra: list[tuple[bytes, bytes]] = []
    else:
        body, extra = site.busy_page.body(headers, again=scope["method"] in SAFE, seconds=seconds)
        media = b"text/html; charset=utf-8"
    await send(
        {
            "type": "http.response.start",
            "status": status,
            "headers": [
                (b"content-type", media),
                (b"content-length", str(len(body)).encode()),
                (b"cache-control", b"no-store"),
                (b"retry-after", str(seconds).encode()),
                (b"x-content-type-options", b"nosniff"),
                *extra,
            ],
        }
    )
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send_late(scope: HTTPScope, receive: Receive, send: Send) -> None:
    """Its deadline has passed: the page as it last was, or a refusal."""
    request = ShopRequest(scope, receive, send)
    response = errors.handle(request, TimeoutError())
    await response.to_asgi_response(app=None, request=request)(scope, receive, send)


def _problem(code: str, status: int, seconds: int) -> bytes:
    return msgspec.json.encode(
        {
            "type": f"urn:cabas:problem:{code}",
            "title": code,
            "status": status,
            "code": code,
            "retry_after_seconds": seconds,
        }
    )
