"""The order: one request, one write, once for its key (docs/algorithms/slot-reservation.md)."""

from typing import Annotated, Any

from litestar import Request as HttpRequest
from litestar import Response, post
from litestar.params import HeaderParameter, JSONBody

from cabas.domain.carts.model import CartNotFound
from cabas.domain.checkout import operations as checkout
from cabas.domain.checkout.model import KEY_LENGTH_MAX, Address, Contact, KeyMissing, Request
from cabas.domain.customers.model import check_address, check_contact
from cabas.kit.ids import place_of
from cabas.policies import DEFAULTS
from cabas.web import bearer, order_figures
from cabas.web.api.body import StrictJson
from cabas.web.api.order_shapes import NewAddress, NewContact, NewOrder, OrderPlaced, placed_shape
from cabas.web.api.problems import answers
from cabas.web.api.slot_refusals import telling_more
from cabas.web.request import ShopRequest
from cabas.web.room_guard import WAITING_ROOM, before_api_checkout

KEY_HEADER = "idempotency-key"
REPLAYED_HEADER = "idempotency-replayed"


async def require_key(request: HttpRequest[Any, Any, Any]) -> None:
    """:raises KeyMissing: no key, or an empty or endless one."""
    if not 0 < len(request.headers.get(KEY_HEADER, "")) <= KEY_LENGTH_MAX:
        raise KeyMissing


@post(
    "/orders",
    operation_id="placeOrder",
    summary="Make the basket an order in its slot",
    tags=["orders"],
    guards=[bearer.shopper_only, before_api_checkout],
    security=[{"shopper": []}],
    before_request=require_key,
    dto=StrictJson[NewOrder],
    return_dto=None,
    responses=answers(
        401,
        413,
        _400="key_missing: no `Idempotency-Key`; or malformed.",
        _404="cart_not_found, or slot_unknown.",
        _409="slot_full (with `nearest`), slot_closed, cart_ordered, cart_changed, cart_empty,"
        " below_minimum, not_delivered, too_many_orders; or in_flight: the"
        " first request with this key isn't answered yet.",
        _422="key_reused: this key was used with another body; age_unconfirmed, bad_details.",
        _425="slot_not_open: bookings open at `opens_at`.",
        _503=WAITING_ROOM,
    ),
)
async def place_order(
    request: ShopRequest,
    data: JSONBody[NewOrder],
    idempotency_key: Annotated[
        str,
        HeaderParameter(
            name="Idempotency-Key",
            min_length=1,
            max_length=KEY_LENGTH_MAX,
            description="Made by the client, one a purchase, and sent again unchanged with each retry.",
        ),
    ],
) -> Response[OrderPlaced]:
    """
    The same key with the same body answers the same order, marked `idempotency-replayed: true`.
    A slot that was held is taken; one that is merely free may be ordered too.
    """
    shopper = bearer.shopper_of(request)
    if not shopper.may_open(data.cart):
        raise CartNotFound
    slot_id = int(data.slot)
    wanted = Request(
        cart_id=data.cart,
        shopper_id=shopper.shopper_id,
        customer_id=shopper.customer_id,
        slot_id=slot_id,
        key=idempotency_key,
        payment_method=data.payment.method,
        contact=contact_of(data.contact),
        language=request.language,
        adult=data.adult,
    )
    with order_figures.attempt() as attempt:
        async with (
            telling_more(request, store_id=place_of(data.cart), slot_id=slot_id),
            request.one_statement() as tx,
        ):
            placed = await checkout.place_order(
                tx,
                request=wanted,
                weight_tolerance_percent=DEFAULTS.weight_tolerance_percent,
                open_orders_max=DEFAULTS.open_orders_max,
                now=request.now,
            )
        attempt.placed(created=placed.created)
    headers = {} if placed.created else {REPLAYED_HEADER: "true"}
    return Response(placed_shape(placed), headers=headers)


def contact_of(given: NewContact) -> Contact:
    """:raises cabas.domain.customers.model.BadDetails: with the fields at fault."""
    checked = check_contact(name=given.name, email=given.email, phone=given.phone)
    return Contact(
        name=checked.name,
        email=checked.email,
        phone=checked.phone,
        address=_address(given.address) if given.address else None,
    )


def _address(given: NewAddress) -> Address:
    checked = check_address(
        label="",
        street=given.street,
        complement=given.complement,
        postcode=given.postcode,
        city=given.city,
        instructions=given.instructions,
    )
    return Address(
        street=checked.street,
        postcode=checked.postcode,
        city=checked.city,
        complement=checked.complement,
        instructions=checked.instructions,
    )


ROUTES = [place_order]
