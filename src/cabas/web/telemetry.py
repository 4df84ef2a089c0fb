"""
How requests were answered, by the names of OpenTelemetry's semantic conventions for HTTP servers.

A roll-out judges its canary by these (deploy/rollout/kubernetes.py).
"""

from time import monotonic
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Histogram

_BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_NOT_COUNTED: Final = frozenset({"/healthz", "/readyz", "/metrics"})
"""Asked by machines all the time: they would make any release look busy and well."""

_DURATION: Final = Histogram(
    "http_server_request_duration_seconds",
    "From the request to the end of its answer, in this process.",
    ("http_request_method", "http_response_status_code"),
    buckets=_BOUNDS,
)


class Answered:
    """
    An ASGI application around another, outermost: what is sent away counts, too. An answer that broke before it
    began is a 500, as the server makes of it; a client that left without one is not counted.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
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

        begun = monotonic()
        try:
            await self._app(scope, receive, seen)
        except Exception:
            status = 500
            raise
        finally:
            if status:
                self._note(scope["method"], status, monotonic() - begun)

    def _note(self, method: str, status: int, seconds: float) -> None:
        key = (method if method in _METHODS else "_OTHER", status)
        kept = self._kept.get(key)
        if kept is None:
            kept = self._kept[key] = _DURATION.labels(*key)
        kept.observe(seconds)
