"""
How requests were answered: counted by the names of OpenTelemetry's conventions for HTTP servers, logged when they were
slow or drawn by lot, recorded in their trace when that is sampled.

A roll-out judges its canary by the counts (deploy/rollout/kubernetes.py). A line for each request is not wanted: at the
stroke it would cost more than it tells.
"""

import logging
from datetime import timedelta
from random import random
from time import monotonic
from typing import Any, Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from prometheus_client import Histogram

from cabas.kit import logs, tracing
from cabas.kit.buckets import Buckets, Rate
from cabas.kit.tracing import Span

SLOW_SECONDS: Final = 1.0
SLOW_TOLD: Final = Rate(burst=10, period=timedelta(seconds=1))
"""How many slow requests a second a process logs: at the stroke each waits its turn, and the counts tell them all."""

_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOT_COUNTED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines all the time: they would make any release look busy and well."""

_WAITS_ON_PURPOSE: Final = ("/preparation/flux", "/api/v1/store/{store}/orders")

_DURATION: Final = Histogram(
    "http_server_request_duration_seconds",
    "From the request to the end of its answer, in this process.",
    ("http_request_method", "http_response_status_code"),
    buckets=_BOUNDS,
)
_log = logging.getLogger("cabas.web.requests")


class Answered:
    """
    An ASGI application around another, outermost: what is sent away counts, too. An answer that broke before it
    began is a 500, as the server makes of it; a client that left without one is not counted.
    """

    def __init__(self, app: ASGIApp, *, log_share: float = 0.0) -> None:
        """:param log_share: of requests that went well, how many are logged."""
        self._app = app
        self._log_share = log_share
        self._slow = Buckets(SLOW_TOLD)
        self._kept: dict[tuple[str, int], Histogram] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["path"] in _NOT_COUNTED:
            await self._app(scope, receive, send)
            return
        status = 0

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        trace, caller = tracing.begin(scope["headers"])
        span = tracing.start(scope["method"], kind="server", parent=caller) if trace.sampled else None
        token = tracing.current.set(span.trace if span else trace)
        broke: Exception | None = None
        begun = monotonic()
        try:
            await self._app(scope, receive, seen)
        except Exception as problem:
            status, broke = 500, problem
            raise
        finally:
            seconds = monotonic() - begun
            if status:
                self._note(scope["method"], status, seconds)
                self._tell(scope, status, seconds, broke)
            if span:
                _end(span, scope, status)
            tracing.current.reset(token)

    def _note(self, method: str, status: int, seconds: float) -> None:
        key = (method if method in _METHODS else "_OTHER", status)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _DURATION.labels(*key)
        kept.observe(seconds)

    def _tell(self, scope: HTTPScope, status: int, seconds: float, broke: Exception | None) -> None:
        slow = seconds > SLOW_SECONDS
        if not slow and broke is None and random() >= self._log_share:  # noqa: S311 - nothing secret
            return
        template = template_of(scope)
        request = {logs.REQUEST: logs.request_of(scope["method"], template, status=status, seconds=seconds)}
        if broke is not None:
            _log.error("request failed", exc_info=broke, extra=request)
        elif slow and template not in _WAITS_ON_PURPOSE and not self._slow.take("", monotonic()):
            _log.warning("slow request", extra=request)
        elif not slow:
            _log.info("request", extra=request)


def template_of(scope: Any) -> str:
    """The route that was asked for, without what fills its places; "" when there is none."""
    template: str = scope.get("path_template") or ""
    return template


def _end(span: Span, scope: HTTPScope, status: int) -> None:
    method, template = scope["method"], template_of(scope)
    span.end(
        name=f"{method} {template}".strip(),
        error=str(status) if status >= 500 else "",
        attributes={
            "http.request.method": method if method in _METHODS else "_OTHER",
            "http.route": template,
            "http.response.status_code": status,
        },
    )
