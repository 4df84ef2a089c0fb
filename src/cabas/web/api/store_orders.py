"""What a store's own system does: pull its gap-free stream of orders, and answer with a receipt."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from cabas.domain.orders import dispatch
from cabas.domain.orders.dispatch import Dispatched
from cabas.domain.staff.model import Permission, require
from cabas.web import bearer
from cabas.web.api.arrivals import next_dispatch
from cabas.web.api.body import StrictJson
from cabas.web.api.problems import answers
from cabas.web.api.wire import StorePath, store_named
from cabas.web.request import ShopRequest

WAIT_SECONDS_MAX = 25
SEQ_MAX = 2**53 - 1
TAGS = ["store systems"]
SECURITY: list[dict[str, list[str]]] = [{"staff": []}]

Seq = Annotated[int, QueryParameter(ge=0, le=SEQ_MAX)]


class DispatchShape(msgspec.Struct, frozen=True, kw_only=True):
    """`body` is the exact text that `sha256` is the digest of (UTF-8): canonical JSON."""

    store_seq: int
    """Runs from 1 without a gap, for this store alone."""
    order: UUID
    revision: int
    kind: str
    """`order_placed`, `order_changed` or `order_cancelled`."""
    body: str
    sha256: str
    dispatched_at: datetime
    received_at: datetime | None


class DispatchList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[DispatchShape]
    next: str | None
    """The number to ask `after` next time, while there is more; null when this is all there is."""


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    store_seq: Annotated[int, msgspec.Meta(ge=1, le=SEQ_MAX)]
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-fA-F]{64}$")]
    """Of the body as it was received."""


class Received(msgspec.Struct, frozen=True, kw_only=True):
    received_at: datetime
    """When it was first received: saying it again changes nothing."""


@get(
    "/store/{store:str}/orders",
    operation_id="pullOrders",
    summary="The store's orders after a number",
    tags=TAGS,
    guards=[bearer.staff_only],
    security=SECURITY,
    responses=answers(401, _403="not_allowed: not in this store.", _404="store_unknown."),
)
async def pull(
    request: ShopRequest,
    store: StorePath,
    after: Annotated[int, QueryParameter(ge=0, le=SEQ_MAX, description="The last number that was seen.")] = 0,
    wait: Annotated[
        int,
        QueryParameter(
            ge=0,
            le=WAIT_SECONDS_MAX,
            description="Seconds to wait for something new, when there is nothing yet.",
        ),
    ] = 0,
) -> DispatchList:
    """At most 100 at once, in the order of their numbers. Pull again until `next` is null."""
    store_id = store_named(request, store).store_id
    require(bearer.staff_of(request), Permission.SEE_ORDERS, store_id)
    found = await _after(request, store_id, after)
    if not found and wait and await next_dispatch(request, store_id=store_id, after=after, seconds=wait):
        found = await _after(request, store_id, after)
    full = len(found) == dispatch.PULLED_MAX
    return DispatchList(items=[_shape(one) for one in found], next=str(found[-1].store_seq) if full else None)


@post(
    "/store/{store:str}/orders/{order:uuid}/receipt",
    operation_id="acknowledgeOrder",
    summary="Say that the store has the order",
    tags=TAGS,
    guards=[bearer.staff_only],
    security=SECURITY,
    dto=StrictJson[Receipt],
    return_dto=None,
    responses=answers(
        401,
        413,
        _403="not_allowed: not in this store.",
        _404="store_unknown; dispatch_not_found: this store was never sent that.",
        _409="digest_differs: pull it again.",
    ),
)
async def acknowledge(
    request: ShopRequest, store: StorePath, order: FromPath[UUID], data: JSONBody[Receipt]
) -> Received:
    """The shopper sees it at once: "reçue par le magasin"."""
    actor = bearer.staff_of(request)
    store_id = store_named(request, store).store_id
    require(actor, Permission.PREPARE_ORDERS, store_id)
    async with request.transaction() as tx:
        received_at = await dispatch.acknowledge(
            tx,
            store_id=store_id,
            order_id=order,
            store_seq=data.store_seq,
            sha256=bytes.fromhex(data.sha256),
            actor=actor.label,
            now=request.now,
        )
    return Received(received_at=received_at)


async def _after(request: ShopRequest, store_id: int, after: int) -> list[Dispatched]:
    async with request.read() as reader:
        return await dispatch.pull(reader, store_id=store_id, after=after)


def _shape(one: Dispatched) -> DispatchShape:
    return DispatchShape(
        store_seq=one.store_seq,
        order=one.order_id,
        revision=one.revision,
        kind=one.kind,
        body=one.body,
        sha256=one.sha256,
        dispatched_at=one.dispatched_at,
        received_at=one.received_at,
    )


ROUTES = [pull, acknowledge]
