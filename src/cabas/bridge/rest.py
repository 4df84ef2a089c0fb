"""An adapter to a JSON interface, as a table: what is asked there for each of our operations, and what it means."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

import aiohttp
import msgspec

from cabas.bridge.port import Adapter, BadOptions, Faulty, FeedPage, Refused
from cabas.bridge.shapes import OPERATIONS, FeedKind, FeedMode, FeedRow

ANSWER_BYTES_MAX = 4 * 1024 * 1024
CONNECT_SECONDS = 1.0
MISREAD = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError)


class Call(msgspec.Struct, frozen=True):
    """
    ``ask``: ``"POST /cards/{card}/movements"``, its braces filled from the request's fields. ``read``: of request and
    the system's JSON our answer's fields, times and days as texts. ``send``: of the request's fields, as JSON has
    them, the system's JSON. ``query``: its parameters; empty ones are left out.
    """

    ask: str
    read: Callable[[Any, Any], Any]
    send: Callable[[Any], Any] | None = None
    query: Callable[[Any], Mapping[str, Any]] | None = None


class Feed(msgspec.Struct, frozen=True):
    """
    A list that is read page by page, in the order of a number that grows with each change: ``?after=&limit=`` gives
    ``{"rows": […], "more": true}``. ``row``: of one of them our `FeedRow`'s fields, that number as ``row``.
    """

    ask: str
    row: Callable[[Any], Any]


class RestAdapter(Adapter):
    """Options: ``url``; ``token``, a bearer's; ``headers``. A subclass says ``calls`` and ``refusals``."""

    calls: ClassVar[Mapping[str, Call]] = {}
    refusals: ClassVar[Mapping[str, str]] = {}
    """The system's codes, each with ours. A status 4xx whose code isn't here is a fault."""

    pages: ClassVar[Mapping[FeedKind, Feed]] = {}

    def __init__(self, options: Mapping[str, Any], *, seconds: float) -> None:
        super().__init__(options, seconds=seconds)
        if not str(options.get("url", "")).startswith(("http://", "https://")):
            raise BadOptions('url = "https://…" is needed')
        self.url = str(options["url"]).rstrip("/")
        self.headers = dict(options.get("headers", {}))
        if options.get("token"):
            self.headers["authorization"] = f"Bearer {options['token']}"
        self._session: aiohttp.ClientSession | None = None

    def __init_subclass__(cls) -> None:
        cls.served = frozenset(cls.calls)
        cls.feeds = frozenset(cls.pages)

    async def answer(self, operation: str, request: Any) -> Any:
        """See `Adapter.answer`."""
        call = self.calls[operation]
        method, path = call.ask.split(" ", 1)
        asked = msgspec.to_builtins(request)
        values = {name: quote(str(value), safe="") for name, value in asked.items()}
        body = await self.fetch(
            method,
            path.format(**values),
            body=call.send(asked) if call.send else None,
            query=call.query(asked) if call.query else None,
        )
        return self.understood(OPERATIONS[operation].answer, lambda: call.read(request, body))

    async def page(self, kind: FeedKind, *, mode: FeedMode, cursor: str, limit: int) -> FeedPage | None:
        """See `Adapter.page`. A full feed goes from 0, a delta from the last number."""
        feed = self.pages[kind]
        method, path = feed.ask.split(" ", 1)
        told = await self.fetch(method, path, query={"after": cursor or "0", "limit": limit})
        rows = self.understood(list[FeedRow], lambda: [feed.row(one) for one in told["rows"]])
        more = self.understood(bool, lambda: told["more"])
        return FeedPage(rows=rows, cursor=str(rows[-1].row), last=not more, mode=mode) if rows else None

    def understood(self, kind: Any, read: Callable[[], Any]) -> Any:
        """:raises Faulty: what the system said isn't what the mapping expects."""
        try:
            return msgspec.convert(read(), kind)
        except (*MISREAD, msgspec.ValidationError) as problem:
            raise Faulty(f"the answer is not as expected: {problem!r}") from problem

    async def fetch(self, method: str, path: str, *, body: Any = None, query: Any = None) -> Any:
        """
        The answer's JSON.

        :raises Refused: a code of ``refusals``.
        :raises Faulty: no connection, no JSON, any other status than 2xx.
        """
        given = {name: str(value) for name, value in (query or {}).items() if value not in (None, "")}
        try:
            async with self._open().request(
                method, self.url + path, json=body, params=given, headers=self.headers, allow_redirects=False
            ) as answer:
                raw = await answer.content.read(ANSWER_BYTES_MAX)
                if not answer.content.at_eof():
                    raise Faulty("the answer is longer than any is")
        except (aiohttp.ClientError, OSError) as problem:
            raise Faulty(type(problem).__name__) from problem
        return self._read(answer.status, raw)

    def code_of(self, body: Any) -> str:
        """Where the system puts its code. Another one's: override it."""
        return str(body.get("error", "")) if isinstance(body, dict) else ""

    def _read(self, status: int, raw: bytes) -> Any:
        try:
            body = msgspec.json.decode(raw) if raw else {}
        except msgspec.DecodeError as problem:
            raise Faulty(f"status {status}, not JSON") from problem
        if 200 <= status < 300:
            return body
        code = self.code_of(body)
        if 400 <= status < 500 and code in self.refusals:
            raise Refused(self.refusals[code])
        raise Faulty(f"status {status} {code}")

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self.seconds, sock_connect=CONNECT_SECONDS),
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
