"""An order once it is placed: look, change until the cut-off, cancel, arrive."""

from uuid import UUID

from litestar import get, post, put
from litestar.params import FromPath, JSONBody

from cabas.domain.orders import operations as orders
from cabas.domain.orders import queries as order_queries
from cabas.domain.orders.model import Order, OrderNotFound
from cabas.kit.db import Connection
from cabas.kit.text import clean_line
from cabas.policies import ORDER_BOUNDS
from cabas.web import bearer
from cabas.web.api.body import OptionalBody, StrictJson
from cabas.web.api.cart_shapes import NewQuantity
from cabas.web.api.order_shapes import Arrival, Cancellation, OrderShape, order_shape
from cabas.web.api.problems import answers
from cabas.web.api.wire import GtinPath
from cabas.web.bearer import Shopper
from cabas.web.request import ShopRequest

TAGS = ["orders"]
SECURITY: list[dict[str, list[str]]] = [{"shopper": []}]
_GONE = "order_not_found: no such order, or not this bearer's."
_CLOSED = "order_closed: the cut-off has passed, or the store has begun."


@get(
    "/orders/{order:uuid}",
    operation_id="getOrder",
    summary="How the order stands",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    responses=answers(401, _404=_GONE),
)
async def show_order(request: ShopRequest, order: FromPath[UUID]) -> OrderShape:
    async with request.read() as reader:
        return await _shape(reader, request, await _own(reader, bearer.shopper_of(request), order))


@put(
    "/orders/{order:uuid}/lines/{gtin:str}",
    operation_id="changeOrderLine",
    summary="Change one line until the cut-off",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    dto=StrictJson[NewQuantity],
    return_dto=None,
    responses=answers(
        401,
        413,
        _404=_GONE,
        _409=f"{_CLOSED} product_not_sold: a new line's product isn't on sale.",
        _422="bad_quantity: beyond `maximum`; order_empty: cancel the order instead.",
    ),
)
async def change_line(
    request: ShopRequest, order: FromPath[UUID], gtin: GtinPath, data: JSONBody[NewQuantity]
) -> OrderShape:
    """
    A new revision, told to the store. Lines that stay keep the price that was agreed; new ones take
    the price of now. 0 takes the line out.
    """
    shopper = bearer.shopper_of(request)
    async with request.transaction() as tx:
        await _own(tx, shopper, order)
        changed = await orders.change_lines(
            tx,
            order_id=order,
            shopper_id=shopper.shopper_id,
            quantities={int(gtin): data.quantity},
            bounds=ORDER_BOUNDS,
            now=request.now,
        )
        return await _shape(tx, request, changed)


@post(
    "/orders/{order:uuid}/cancellation",
    operation_id="cancelOrder",
    summary="Cancel the order until the cut-off",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    dto=StrictJson[Cancellation],
    operation_class=OptionalBody,
    return_dto=None,
    responses=answers(401, 413, _404=_GONE, _409=_CLOSED),
)
async def cancel(
    request: ShopRequest, order: FromPath[UUID], data: JSONBody[Cancellation | None] = None
) -> OrderShape:
    """Free of charge, and idempotent; the place in the slot is free again at once."""
    shopper = bearer.shopper_of(request)
    async with request.transaction() as tx:
        await _own(tx, shopper, order)
        await orders.cancel(
            tx,
            order_id=order,
            shopper_id=shopper.shopper_id,
            reason=clean_line(data.reason) if data else "",
            now=request.now,
        )
        return await _shape(tx, request, await _own(tx, shopper, order))


@post(
    "/orders/{order:uuid}/arrival",
    operation_id="announceArrival",
    summary="Say that the shopper is there",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    dto=StrictJson[Arrival],
    operation_class=OptionalBody,
    return_dto=None,
    responses=answers(401, 413, _404=_GONE, _409="order_wrong_state: cancelled, or handed over."),
)
async def arrive(
    request: ShopRequest, order: FromPath[UUID], data: JSONBody[Arrival | None] = None
) -> OrderShape:
    """The store sees it at once; saying it again only changes the bay."""
    shopper = bearer.shopper_of(request)
    async with request.transaction() as tx:
        await _own(tx, shopper, order)
        await orders.announce_arrival(
            tx,
            order_id=order,
            shopper_id=shopper.shopper_id,
            bay=clean_line(data.bay) if data else "",
            now=request.now,
        )
        return await _shape(tx, request, await _own(tx, shopper, order))


async def _own(reader: Connection, shopper: Shopper, order_id: UUID) -> Order:
    """:raises OrderNotFound: not there, not theirs, or of another basket than the token's."""
    order = await order_queries.order_of_shopper(reader, order_id=order_id, shopper_id=shopper.shopper_id)
    if not shopper.may_open(order.cart_id):
        raise OrderNotFound
    return order


async def _shape(reader: Connection, request: ShopRequest, order: Order) -> OrderShape:
    lines = await order_queries.lines(
        reader, store_id=order.store_id, order_id=order.order_id, revision=order.revision
    )
    history = await order_queries.history(reader, store_id=order.store_id, order_id=order.order_id)
    return order_shape(order, lines, history, now=request.now)


ROUTES = [show_order, change_line, cancel, arrive]
