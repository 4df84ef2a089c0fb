"""Kinds of refusal → HTTP, in one place: problem details (RFC 9457) for programs, a page for people."""

import logging
from random import randrange
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

from cabas.domain.waiting_room.model import RoomFirst
from cabas.kit import logs, tracing
from cabas.kit.db import PASSING_FAULTS
from cabas.kit.errors import Busy, Conflict, Denied, Gone, Invalid, NotFound, Refusal, TooEarly, TooMany
from cabas.web import pages
from cabas.web.request import ReadOnly, ShopRequest
from cabas.web.telemetry import template_of

STATUS: tuple[tuple[type[Refusal], int], ...] = (
    (Invalid, 422),
    (NotFound, 404),
    (Denied, 403),
    (Gone, 410),
    (TooEarly, 425),
    (TooMany, 429),
    (Busy, 503),
    (Conflict, 409),
)
_BY_CODE = {"key_missing": 400}
SIGN_IN_PAGES = {
    "sign_in_needed": "/console/connexion",
    "device_needed": "/preparation/appareil",
    "pin_needed": "/preparation/connexion",
}
"""Where a page that needs somebody sends a person who is not signed in."""

RETRY_SECONDS = 2
RETRY_SPREAD = 4
_ERROR_PAGES = frozenset({403, 404, 409, 422, 500, 503})
_log = logging.getLogger("cabas.web")

OVERLOADED = PASSING_FAULTS


def status_of(refusal: Refusal) -> int:
    if refusal.code in _BY_CODE:
        return _BY_CODE[refusal.code]
    return next((status for kind, status in STATUS if isinstance(refusal, kind)), 400)


def handle(request: Request[Any, Any, Any], problem: Exception) -> Response[Any]:
    """The one exception handler of the application."""
    status, code, detail, headers = _read(problem)
    if status >= 500 and code == "internal":
        _log.error(
            "request failed", exc_info=problem, extra={logs.FIELDS: {"route": template_of(request.scope)}}
        )
    if isinstance(problem, OVERLOADED) and (copy := copy_of(request)):
        return copy
    if wants_json(request):
        return problem_details(status, code, detail, headers)
    if code == RoomFirst.code and "page" in detail:
        return Redirect(detail["page"], status_code=303, headers={"cache-control": "no-store"})
    if code in SIGN_IN_PAGES and (request.method == "GET" or code == "pin_needed"):
        return Redirect(SIGN_IN_PAGES[code], status_code=303)
    return _error_page(request, status, code, detail, headers)


def retry_after() -> int:
    """Seconds, each time others: who was sent away together doesn't come back together."""
    return RETRY_SECONDS + randrange(RETRY_SPREAD)  # noqa: S311 - nothing secret


def copy_of(request: Request[Any, Any, Any]) -> Response[Any] | None:
    """The page as it last was, for a person who only wants to read."""
    if request.method != "GET" or wants_json(request):
        return None
    return pages.last_copy(_shop_request(request))


def problem_details(status: int, code: str, detail: dict[str, Any], headers: dict[str, str]) -> Response[Any]:
    body = {
        "type": f"urn:cabas:problem:{code}",
        "title": _title(code),
        "status": status,
        "code": code,
        **detail,
    }
    if status >= 500 and (reference := _reference()):
        body["instance"] = f"urn:cabas:trace:{reference}"
    return Response(body, status_code=status, media_type="application/problem+json", headers=headers)


def _title(code: str) -> str:
    """The code as a short sentence for people, the same each time (RFC 9457, 3.1.3)."""
    return code.replace("_", " ").capitalize()


def wants_json(request: Request[Any, Any, Any]) -> bool:
    return request.url.path.startswith("/api/") or "application/json" in request.headers.get("accept", "")


def _read(problem: Exception) -> tuple[int, str, dict[str, Any], dict[str, str]]:
    if isinstance(problem, Refusal):
        detail = dict(problem.detail)
        if str(problem) != problem.code:
            detail["detail"] = str(problem)
        headers = {}
        if isinstance(problem, (TooMany, Busy)):
            headers["retry-after"] = str(detail.get("retry_after_seconds", RETRY_SECONDS))
        return status_of(problem), problem.code, detail, headers
    if isinstance(problem, HTTPException):
        code = {401: "unauthenticated", 404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
            problem.status_code, "bad_request" if problem.status_code < 500 else "internal"
        )
        detail = {"detail": problem.detail} if problem.status_code < 500 else {}
        extra = getattr(problem, "extra", None)
        if problem.status_code == 400 and extra:
            detail["errors"] = extra
        return problem.status_code, code, detail, dict(problem.headers or {})
    if isinstance(problem, OVERLOADED):
        code = "read_only" if isinstance(problem, ReadOnly) else "busy"
        return 503, code, {}, {"retry-after": str(retry_after())}
    return 500, "internal", {}, {}


def _error_page(
    request: Request[Any, Any, Any], status: int, code: str, detail: dict[str, Any], headers: dict[str, str]
) -> Response[Any]:
    shown = (
        status if status in _ERROR_PAGES else 503 if status in (429, 425) else 404 if status == 410 else 422
    )
    shop_request = _shop_request(request)
    catalogue = shop_request.site.catalogues[shop_request.language]
    return pages.page(
        shop_request,
        f"ui/errors/{shown}.html",
        pages.Frame(title=catalogue(f"common.error_{shown}_title")),
        status=status,
        headers=headers,
        frame_extra={"error_reference": _reference() if status >= 500 else ""},
        code=code,
        detail={key: str(value) for key, value in detail.items()},
    )


def _reference() -> str:
    """By which the log knows this request: what people quote when they ask for help."""
    trace = tracing.current.get()
    return trace.trace_id if trace else ""


def _shop_request(request: Request[Any, Any, Any]) -> ShopRequest:
    made: ShopRequest = request.app.request_class(request.scope, request.receive)  # type: ignore[assignment]
    return made
