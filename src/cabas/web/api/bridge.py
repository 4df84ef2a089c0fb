"""
What a bridge asks of the shop: work, when it opens its connections itself; feeds in, order statuses out.

Each request is signed by the bridge (`cabas.kit.peers`) and counts once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, TypeVar, cast

from litestar import Request, post
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import JSONBody

from cabas.bridge.shapes import (
    AnswersTaken,
    FeedPart,
    FeedQuery,
    FeedTaken,
    OrderStatus,
    OrderStatuses,
    StatusQuery,
    WorkAnswers,
    WorkPage,
    WorkQuery,
)
from cabas.connectors.bridge_client import records
from cabas.connectors.bridge_client.pulled import NoncesInDatabase, next_work
from cabas.connectors.bridge_feeds import statuses, taking
from cabas.kit.peers import Doorkeeper, Unsigned
from cabas.web.api.body import StrictJson
from cabas.web.api.problems import answers
from cabas.web.request import ShopRequest

LOOK_EVERY_SECONDS = 0.1
STATUSES_EVERY_SECONDS = 1.0
BODY_BYTES_MAX = 400 * 1024
PURPOSE = "bridge-to-cabas"
TAGS = ["bridges"]
SECURITY: list[dict[str, list[str]]] = [{"bridge": []}]
T = TypeVar("T")


async def bridge_only(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Guard: signed by a bridge. :raises NotAuthorizedException: by none, too late, or sent before."""
    request = cast("Request[Any, Any, Any]", connection)  # a POST always is one
    try:
        peer = await _doorkeeper(request).admit(
            method=request.method, url=str(request.url), headers=request.headers, body=await request.body()
        )
    except Unsigned as problem:
        raise NotAuthorizedException(str(problem)) from problem
    request.scope["state"]["peer"] = peer


def _doorkeeper(request: Request[Any, Any, Any]) -> Doorkeeper:
    state = request.app.state
    if "doorkeeper" not in state:
        known = {peer.name: peer.keys for peer in state.site.settings.bridges}
        state["doorkeeper"] = Doorkeeper(known, NoncesInDatabase(state.site.database), purpose=PURPOSE)
    doorkeeper: Doorkeeper = state["doorkeeper"]
    return doorkeeper


@post(
    "/bridge/work",
    operation_id="fetchWork",
    summary="What the shop asks of this bridge",
    tags=TAGS,
    status_code=200,
    guards=[bridge_only],
    security=SECURITY,
    dto=StrictJson[WorkQuery],
    return_dto=None,
    responses=answers(401),
)
async def work(request: ShopRequest, data: JSONBody[WorkQuery]) -> WorkPage:
    """Each piece is given out once, to be answered within its seconds; nobody waits for it afterwards."""
    peer = _peer(request)
    found = await _awaited(request, data.wait, lambda: next_work(request.site.database, peer=peer))
    return WorkPage(items=found)


@post(
    "/bridge/answers",
    operation_id="answerWork",
    summary="Answers to what was fetched",
    tags=TAGS,
    status_code=200,
    guards=[bridge_only],
    security=SECURITY,
    dto=StrictJson[WorkAnswers],
    return_dto=None,
    request_max_body_size=BODY_BYTES_MAX,
    responses=answers(401, 413),
)
async def answer(request: ShopRequest, data: JSONBody[WorkAnswers]) -> AnswersTaken:
    """The first answer to a piece of work counts."""
    told = [(one.work, one.status, one.body.encode()) for one in data.items]
    async with request.transaction() as tx:
        return AnswersTaken(taken=await records.update_answers(tx, peer=_peer(request), answers=told))


@post(
    "/bridge/order-statuses",
    operation_id="orderStatuses",
    summary="Changes of orders' states after a number",
    tags=TAGS,
    status_code=200,
    guards=[bridge_only],
    security=SECURITY,
    dto=StrictJson[StatusQuery],
    return_dto=None,
    responses=answers(401),
)
async def order_statuses(request: ShopRequest, data: JSONBody[StatusQuery]) -> OrderStatuses:
    """At most 100 at once, numbered without a gap. A bridge keeps the last number that it has passed on."""

    async def look() -> list[OrderStatus]:
        async with request.read() as reader:
            return await statuses.statuses_after(reader, after=data.after)

    return OrderStatuses(items=await _awaited(request, data.wait, look, every=STATUSES_EVERY_SECONDS))


@post(
    "/bridge/feed-parts",
    operation_id="bringFeedPart",
    summary="A part of a feed of prices or stocks",
    tags=TAGS,
    status_code=200,
    guards=[bridge_only],
    security=SECURITY,
    dto=StrictJson[FeedPart],
    return_dto=None,
    request_max_body_size=BODY_BYTES_MAX,
    responses=answers(401, 413, _409="part_missing, feed_differs or feed_outdated."),
)
async def feed_part(request: ShopRequest, data: JSONBody[FeedPart]) -> FeedTaken:
    """Each part counts once, in order; sent again it is answered as it was. Bad rows are named, the others go in."""
    async with request.transaction() as tx:
        return await taking.take_part(tx, peer=_peer(request), part=data, now=request.now)


@post(
    "/bridge/feeds",
    operation_id="feedStanding",
    summary="How far a feed has come",
    tags=TAGS,
    status_code=200,
    guards=[bridge_only],
    security=SECURITY,
    dto=StrictJson[FeedQuery],
    return_dto=None,
    responses=answers(401),
)
async def feed(request: ShopRequest, data: JSONBody[FeedQuery]) -> FeedTaken:
    """After an interruption: `next_part` is where to go on."""
    async with request.read() as reader:
        return await taking.standing(reader, peer=_peer(request), feed=data.feed)


async def _awaited(
    request: ShopRequest,
    seconds: int,
    look: Callable[[], Awaitable[list[T]]],
    *,
    every: float = LOOK_EVERY_SECONDS,
) -> list[T]:
    """What there is, else what comes in so many seconds; no connection is held in between."""
    deadline = monotonic() + seconds
    while True:
        found = await look()
        if found or monotonic() >= deadline or request.site.draining.begun:
            return found
        await asyncio.sleep(every)


def _peer(request: ShopRequest) -> str:
    state: dict[str, Any] = request.scope["state"]
    peer: str = state["peer"]
    return peer


ROUTES = [work, answer, order_statuses, feed_part, feed]
