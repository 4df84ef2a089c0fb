"""
The waiting room over HTTP: what a browser or a program holds, and the guards of the way to checkout.

Only holding a slot, the checkout page and the order are guarded. Browsing, the basket, orders already
placed and everything of the stores never meet the room.
"""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler
from litestar.types import HTTPResponseStartEvent, Message, Scope

from cabas.domain.waiting_room.model import FRACTION_MAX, Event, Place, RoomFirst, Trigger
from cabas.domain.waiting_room.tokens import ORDER_GRACE, Admission, session_digest
from cabas.kit.errors import Denied
from cabas.web import bearer, errors
from cabas.web.request import SESSION_COOKIE, ShopRequest

ENTRANCE = "/salle/entree"
PLACE, ADMITTED, LINE = "cabas_place", "cabas_admitted", "cabas_line"
PLACE_HEADER, ADMITTED_HEADER = "cabas-place", "cabas-admission"
PLACE_SECONDS = 6 * 3600
ADMITTED_SECONDS = int(ORDER_GRACE.total_seconds()) + 600
RETRY_SECONDS = 5
CAUGHT_INSIDE = timedelta(minutes=10)
"""When the room opens without warning, who is at checkout may finish."""

WAITING_ROOM = (
    "waiting_room: send the request again after `retry_after_seconds` with the header `cabas-place` set to"
    " `place`; once let in, with the `cabas-admission` that the answer carries."
)
_COMES_BACK = {"/panier/creneau": "/creneaux", "/minuit/commande": "/minuit"}
"""Where somebody goes on who was stopped while sending a form."""

_HEADERS = "room_headers"
_ADMITTED = "room_admitted"
_Connection = ASGIConnection[Any, Any, Any, Any]


class AccountFirst(Denied):
    """Only accounts get a place in this shop's waiting room."""

    code = "account_first"


async def before_checkout(connection: _Connection, _: BaseRouteHandler) -> None:
    """
    Guard of a page on the way to checkout.

    :raises RoomFirst: the room is on, and this browser was not let in.
    """
    await _require(_shop_request(connection), grace=timedelta(0))


async def join_early(connection: _Connection, _: BaseRouteHandler) -> None:
    """Of a page where people get ready: before the draw it gives a place, and never stands in the way."""
    request = _shop_request(connection)
    event = request.site.room.event
    if event is not None and request.now < event.opens_at:
        await _join_if_may(request, event)


async def before_order(connection: _Connection, _: BaseRouteHandler) -> None:
    """
    Guard of the order itself, sent from a page that was reached with an admission. It is taken a while
    after that has run out, and from who was at checkout when the room opened without warning.

    :raises RoomFirst: the room is on, and this browser was not let in.
    """
    request = _shop_request(connection)
    event = request.site.room.event
    caught = event is not None and _caught_inside(event, request.now)
    await _require(request, grace=ORDER_GRACE, excused=caught)


async def before_api_checkout(connection: _Connection, _: BaseRouteHandler) -> None:
    """
    Guard of the API, after the bearer's. A program sends back the ``cabas-place`` it was given until it is let
    in, then the ``cabas-admission``.

    :raises RoomFirst: not let in yet; ``place`` and ``position`` in its detail.
    :raises AccountFirst: a guest's basket, where only accounts may wait.
    """
    request = _shop_request(connection)
    room, now = request.site.room, request.now
    event = room.event
    shopper_id = bearer.shopper_of(request).shopper_id
    if event is None or not event.guards(now):
        return
    if room.policy.sign_in and bearer.shopper_of(request).customer_id is None:
        raise AccountFirst
    session = session_digest("bearer", str(shopper_id))
    given = request.headers.get(ADMITTED_HEADER)
    admitted = room.admissions.read(
        given, event_id=event.event_id, session=session, now=now, grace=ORDER_GRACE
    )
    if admitted is None:
        place = room.places.read(
            request.headers.get(PLACE_HEADER), event_id=event.event_id, owners=(shopper_id,)
        ) or room.join(event, shopper_id, now)
        standing = room.standing(event, place, now)
        admitted = room.let_in(event, standing.place, session, now) if standing.called else None
        if admitted is None:
            raise RoomFirst(
                retry_after_seconds=RETRY_SECONDS,
                place=room.places.write(standing.place),
                position=room.estimate(event, standing.rank, now).ahead,
            )
        _add_header(request, ADMITTED_HEADER, room.admissions.write(admitted))
    request.scope["state"][_ADMITTED] = admitted


async def _require(request: ShopRequest, *, grace: timedelta, excused: bool = False) -> None:
    event = request.site.room.event
    if event is None:
        return
    if request.now < event.opens_at:
        await _join_if_may(request, event)
        return
    if not event.guards(request.now):
        return
    admitted = admission_of(request, event, grace=grace) or await _let_in_on_the_way(request, event)
    if admitted is None and not excused:
        path = request.url.path
        target = path if request.method == "GET" else _COMES_BACK.get(path, "/commande")
        raise RoomFirst(retry_after_seconds=RETRY_SECONDS, page=f"{ENTRANCE}?{urlencode({'vers': target})}")
    request.scope["state"][_ADMITTED] = admitted


def _caught_inside(event: Event, now: datetime) -> bool:
    """Whether the room opened lately and at once: who was at checkout then had no way to see it coming."""
    at_once = event.trigger is not Trigger.SCHEDULE and event.opens_at == event.created_at
    return at_once and now - event.opens_at < CAUGHT_INSIDE


async def _join_if_may(request: ShopRequest, event: Event) -> None:
    owners = await owners_of(request)
    if may_join(request, owners):
        remember_place(request, event, place_of(request, event, owners=owners))


async def _let_in_on_the_way(request: ShopRequest, event: Event) -> Admission | None:
    """Who holds a place whose turn has come need not go round by the room's page."""
    room, token = request.site.room, _cookie(request, PLACE)
    if token is None:
        return None
    owners = await owners_of(request)
    place = room.places.read(token, event_id=event.event_id, owners=owners)
    if place is None or not may_join(request, owners):
        return None
    standing = room.standing(event, place, request.now)
    if not standing.called:
        return None
    admission = room.let_in(event, standing.place, session_of(request), request.now)
    if admission is not None:
        remember_admission(request, admission)
    return admission


async def owners_of(request: ShopRequest) -> tuple[UUID, ...]:
    """The guest of this browser, then the account: a place of either is theirs, a new one is the account's."""
    guest = request.visitor.id
    if not request.cookies.get(SESSION_COOKIE):
        return (guest,)
    try:
        async with request.read() as reader:
            person = await request.signed_in(reader)
    except errors.OVERLOADED:
        return (guest,)
    return (guest, person.customer_id) if person else (guest,)


def may_join(request: ShopRequest, owners: tuple[UUID, ...]) -> bool:
    """Where only accounts get a place, a guest has to sign in first."""
    return len(owners) > 1 or not request.site.room.policy.sign_in


def place_of(request: ShopRequest, event: Event, *, owners: tuple[UUID, ...]) -> Place:
    """The browser's place, if it is of one of ``owners``; else a new one for the last of them."""
    room = request.site.room
    known = room.places.read(_cookie(request, PLACE), event_id=event.event_id, owners=owners)
    return known or room.join(event, owners[-1], request.now)


def admission_of(request: ShopRequest, event: Event, *, grace: timedelta = timedelta(0)) -> Admission | None:
    return request.site.room.admissions.read(
        _cookie(request, ADMITTED),
        event_id=event.event_id,
        session=session_of(request),
        now=request.now,
        grace=grace,
    )


def session_of(request: ShopRequest) -> bytes:
    """What an admission is bound to: this browser's visitor, in this session."""
    return session_digest(str(request.visitor.id), request.cookies.get(SESSION_COOKIE) or "")


def remember_place(request: ShopRequest, event: Event, place: Place) -> None:
    """The place for us, and beside it the line that the page itself may read: ``event.bucket.who.store``."""
    _set_cookie(request, PLACE, request.site.room.places.write(place), PLACE_SECONDS, readable=False)
    line = line_word(event, place, request.visitor.store_id, request.now)
    _set_cookie(request, LINE, line, PLACE_SECONDS, readable=True)


def remember_admission(request: ShopRequest, admission: Admission) -> None:
    token = request.site.room.admissions.write(admission)
    _set_cookie(request, ADMITTED, token, ADMITTED_SECONDS, readable=False)


def line_word(event: Event, place: Place, store_id: int, now: datetime) -> str:
    """
    Before the draw a place shows no rank (``who`` is the person, from whom the page computes it once the
    secret is told); afterwards it does: ``~0.123456789``.
    """
    if place.bucket == 0 and place.resumed is None and now < event.opens_at:
        who = place.shopper_id.hex
    else:
        who = f"~{event.draw.rank(place).fraction / FRACTION_MAX:.9f}"
    return f"{event.event_id}_{place.bucket}_{who}_{store_id}"


async def send_room_headers(message: Message, scope: Scope) -> None:
    """Before an answer goes: the cookies that a guard set, and who ordered is counted out of the room."""
    if message["type"] != "http.response.start":
        return
    state: dict[str, Any] = scope.get("state", {})
    added = state.get(_HEADERS)
    if added:
        message["headers"] = [*message["headers"], *added]
    if state.get(_ADMITTED) is not None and _ordered(scope, message):
        scope["litestar_app"].state.site.room.note_order()


def _ordered(scope: Scope, start: HTTPResponseStartEvent) -> bool:
    """201 of the API, or the storefront's way on to the order's page."""
    if scope.get("method") != "POST":
        return False
    if scope["path"] == "/api/v1/orders":
        return start["status"] == 201
    leads_to = next((value for name, value in start["headers"] if name.lower() == b"location"), b"")
    return start["status"] == 303 and leads_to.startswith(b"/commandes/")


def _cookie(request: ShopRequest, name: str) -> str | None:
    return request.cookies.get(_full_name(request, name))


def _full_name(request: ShopRequest, name: str) -> str:
    """In production a cookie that no other host or path can set."""
    return f"__Host-{name}" if request.site.settings.secure else name


def _set_cookie(request: ShopRequest, name: str, value: str, seconds: int, *, readable: bool) -> None:
    attributes = f"Max-Age={seconds}; Path=/; SameSite=lax"
    if not readable:
        attributes = f"HttpOnly; {attributes}"
    if request.site.settings.secure:
        attributes = f"{attributes}; Secure"
    _add_header(request, "set-cookie", f"{_full_name(request, name)}={value}; {attributes}")


def _add_header(request: ShopRequest, name: str, value: str) -> None:
    request.scope["state"].setdefault(_HEADERS, []).append((name.encode(), value.encode("latin-1")))


def _shop_request(connection: _Connection) -> ShopRequest:
    if not isinstance(connection, ShopRequest):
        raise TypeError("the sites' requests are ShopRequests")
    return connection
