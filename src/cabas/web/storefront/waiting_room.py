"""
The waiting room's pages. Nearly everything is static and served by the edge; the application writes a
place when somebody comes, and an admission when it is their turn.
"""

from secrets import randbelow
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from cabas.domain.waiting_room import queries
from cabas.domain.waiting_room.line import Estimate, next_poll_seconds
from cabas.domain.waiting_room.model import Event
from cabas.domain.waiting_room.serving import REVEAL_AFTER
from cabas.kit.errors import NotFound
from cabas.web.dates import clock_time
from cabas.web.pages import HTML, is_local, keep_visitor
from cabas.web.request import ShopRequest
from cabas.web.room_guard import (
    admission_of,
    may_join,
    owners_of,
    place_of,
    remember_admission,
    remember_place,
    session_of,
)
from cabas.web.room_page import room_page

TARGET = "/creneaux"
DRAWN_SECONDS, SPREAD_SECONDS = 3, 6
REFRESH_MIN, REFRESH_MAX = 5, 60
NO_STORE = {"cache-control": "no-store"}
_SECOND = {"cache-control": "public, max-age=1"}


class EventUnknown(NotFound):
    """No room was ever opened under this number."""

    code = "room_event_unknown"


@get("/salle", include_in_schema=False)
async def page(request: ShopRequest, lang: FromQuery[str] = "") -> Response[str]:
    """The static page, for a shop without an edge in front of it."""
    language = lang if lang in request.site.catalogues else request.language
    html = room_page(request.site.renderer, request.site.catalogues[language])
    return Response(html, media_type=HTML, headers={"cache-control": "public, max-age=60"})


@get("/salle/entree", include_in_schema=False)
async def enter(request: ShopRequest, vers: FromQuery[str] = TARGET) -> Response[Any]:
    """
    Come in, or find out where one stands. Joining writes nothing but cookies; who was called goes on
    to ``vers`` with an admission.
    """
    target = vers if is_local(vers) else TARGET
    event, now = request.site.room.event, request.now
    if event is None or (now >= event.opens_at and not event.guards(now)):
        return _go(request, target)
    if now >= event.opens_at and admission_of(request, event) is not None:
        return _go(request, target)
    owners = await owners_of(request)
    if not may_join(request, owners):
        back = f"/salle/entree?{urlencode({'vers': target})}"
        return _go(request, f"/compte/connexion?{urlencode({'return_to': back})}")
    place = place_of(request, event, owners=owners)
    if now < event.opens_at:
        remember_place(request, event, place)
        return _waiting(request, event, target, estimate=None)
    standing = request.site.room.standing(event, place, now)
    remember_place(request, event, standing.place)
    if standing.called:
        admission = request.site.room.let_in(event, standing.place, session_of(request), now)
        if admission is not None:
            remember_admission(request, admission)
            return _go(request, target)
    estimate = request.site.room.estimate(event, standing.rank, now)
    return _waiting(request, event, target, estimate=estimate)


@get("/salle/serving.json", include_in_schema=False)
async def serving(request: ShopRequest) -> Response[bytes]:
    """What the edge serves from disk, for a shop without one."""
    room = request.site.room
    headers = {**_SECOND, "age": str(room.age_seconds(request.now))}
    return Response(room.serving, media_type="application/json", headers=headers)


@get("/salle/tirage/{event:int}", include_in_schema=False)
async def draw(request: ShopRequest, event: FromPath[int]) -> Response[Any]:
    """An event's digest, and once it is over its secret: whoever waited may compute the draw again."""
    async with request.read() as reader:
        found = await queries.event_of(reader, event_id=event)
    if found is None:
        raise EventUnknown
    revealed = request.now >= found.opens_at + REVEAL_AFTER
    return Response(
        {
            "event": found.event_id,
            "opens_at": found.opens_at,
            "digest": found.draw.digest.hex(),
            "secret": found.draw.secret.hex() if revealed else None,
            "rank": "first 48 bits of HMAC-SHA256(secret, event as 8 bytes, then the shopper's id as 16)",
        }
    )


def _waiting(request: ShopRequest, event: Event, target: str, *, estimate: Estimate | None) -> Response[str]:
    html = room_page(
        request.site.renderer,
        request.site.catalogues[request.language],
        estimate=estimate,
        draw_at=None if estimate else clock_time(event.opens_at, request.language),
        target=target,
        refresh_seconds=_refresh_seconds(request, event, estimate),
    )
    return keep_visitor(request, Response(html, media_type=HTML, headers=NO_STORE))


def _refresh_seconds(request: ShopRequest, event: Event, estimate: Estimate | None) -> int:
    """When a browser without scripts comes again: soon after the draw, spread; then by its distance."""
    if estimate is None:
        until = int((event.opens_at - request.now).total_seconds())
        return min(until + DRAWN_SECONDS + randbelow(SPREAD_SECONDS), REFRESH_MAX)
    return max(next_poll_seconds(ahead=estimate.ahead, per_second=event.per_second), REFRESH_MIN)


def _go(request: ShopRequest, target: str) -> Response[Any]:
    response: Response[Any] = Redirect(target, status_code=303, headers=NO_STORE)
    return keep_visitor(request, response)


ROUTES = [page, enter, serving, draw]
