"""Baskets: open one, set its lines, look at it, keep a place in a slot."""

from uuid import UUID

from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody

from cabas.domain.carts import operations as carts
from cabas.domain.carts import queries as cart_queries
from cabas.domain.carts.model import CartNotFound
from cabas.domain.slots import operations as slots
from cabas.domain.slots import queries as slot_queries
from cabas.kit.ids import new_id, place_of
from cabas.policies import DEFAULTS
from cabas.web import bearer
from cabas.web.api.body import StrictJson
from cabas.web.api.cart_shapes import (
    CartChoices,
    CartOpened,
    CartShape,
    HoldShape,
    LineSet,
    NewCart,
    NewQuantity,
    SlotChoice,
    cart_shape,
    hold_shape,
)
from cabas.web.api.options import allowing
from cabas.web.api.problems import answers
from cabas.web.api.slot_refusals import telling_more
from cabas.web.api.wire import GtinPath, store_named
from cabas.web.api.wishes import shown as shown_wishes
from cabas.web.bearer import Shopper
from cabas.web.request import ShopRequest
from cabas.web.room_guard import WAITING_ROOM, before_api_checkout

TAGS = ["baskets"]
SECURITY: list[dict[str, list[str]]] = [{"shopper": []}]
_ORDERED = "cart_ordered: it has become an order."
_GONE = "cart_not_found: no such basket, or not this bearer's."


@post(
    "/carts",
    operation_id="openCart",
    summary="Open an empty basket in a store",
    tags=TAGS,
    guards=[bearer.shopper_or_stranger],
    security=[{}, *SECURITY],
    dto=StrictJson[NewCart],
    return_dto=None,
    responses=answers(401, 413, _404="store_unknown."),
)
async def open_cart(request: ShopRequest, data: JSONBody[NewCart]) -> CartOpened:
    """Without a bearer the basket is a guest's; with a customer's token it belongs to the account."""
    store = store_named(request, data.store)
    shopper = bearer.shopper_if_any(request) or Shopper(shopper_id=new_id(request.now), customer_id=None)
    async with request.transaction() as tx:
        cart_id = await carts.open_cart(
            tx,
            store_id=store.store_id,
            shopper_id=shopper.shopper_id,
            customer_id=shopper.customer_id,
            now=request.now,
        )
    tokens = bearer.cart_tokens(request.site.settings.secret_keys)
    return CartOpened(
        id=cart_id,
        token=tokens.write(shopper, cart_id=cart_id, now=request.now),
        store=str(store.store_id),
        expires_at=request.now + bearer.CART_TOKEN_LIFETIME,
    )


@get(
    "/carts/{cart:uuid}",
    operation_id="getCart",
    summary="The basket at the prices of this instant",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    responses=answers(401, _404=_GONE),
)
async def show_cart(request: ShopRequest, cart: FromPath[UUID]) -> CartShape:
    """Lines that can't be ordered now stay in the basket with `available` false."""
    shopper = _reaching(request, cart)
    async with request.read() as reader:
        found = await cart_queries.cart(reader, cart_id=cart, shopper_id=shopper.shopper_id)
        priced = await cart_queries.priced(
            reader,
            found,
            now=request.now,
            weight_tolerance_percent=DEFAULTS.weight_tolerance_percent,
        )
        hold = await slot_queries.hold_of(
            reader, store_id=found.store_id, shopper_id=shopper.shopper_id, now=request.now
        )
        wishes = await shown_wishes(reader, found)
    return cart_shape(found, priced, hold, wishes)


@put(
    "/carts/{cart:uuid}/lines/{gtin:str}",
    operation_id="setCartLine",
    summary="Make the basket hold this much of a product",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    dto=StrictJson[NewQuantity],
    return_dto=None,
    responses=answers(
        401,
        413,
        _404="cart_not_found, or product_not_sold: the store has no such offer.",
        _409="cart_ordered, or cart_full.",
        _422="bad_quantity: beyond `maximum`.",
    ),
)
async def set_line(
    request: ShopRequest, cart: FromPath[UUID], gtin: GtinPath, data: JSONBody[NewQuantity]
) -> LineSet:
    """Idempotent: saying it twice is harmless. Grams for goods sold by weight; 0 takes the line out."""
    shopper = _reaching(request, cart)
    async with request.one_statement() as tx:
        await carts.set_line(
            tx,
            cart_id=cart,
            shopper_id=shopper.shopper_id,
            gtin=int(gtin),
            quantity=data.quantity,
            now=request.now,
            lines_max=DEFAULTS.cart_lines_max,
            pieces_max=DEFAULTS.pieces_max,
            grams_max=DEFAULTS.grams_max,
        )
    return LineSet(gtin=gtin.zfill(13), quantity=data.quantity)


@patch(
    "/carts/{cart:uuid}",
    operation_id="chooseSubstitution",
    summary="Choose what to do about missing goods",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    dto=StrictJson[CartChoices],
    return_dto=None,
    status_code=204,
    responses=answers(401, 413, _404=_GONE, _409=_ORDERED),
)
async def choose(request: ShopRequest, cart: FromPath[UUID], data: JSONBody[CartChoices]) -> None:
    shopper = _reaching(request, cart)
    async with request.transaction() as tx:
        await carts.choose_substitution(
            tx,
            cart_id=cart,
            shopper_id=shopper.shopper_id,
            substitution=data.substitution,
            now=request.now,
        )


@put(
    "/carts/{cart:uuid}/slot-hold",
    operation_id="holdSlot",
    summary="Keep one place of a slot while the basket is ordered",
    tags=TAGS,
    guards=[bearer.shopper_only, before_api_checkout],
    security=SECURITY,
    dto=StrictJson[SlotChoice],
    return_dto=None,
    responses=answers(
        401,
        413,
        _404="cart_not_found, or slot_unknown.",
        _409="slot_full (with `nearest`), slot_closed, or cart_ordered.",
        _425="slot_not_open: bookings open at `opens_at`.",
        _503=WAITING_ROOM,
    ),
)
async def hold_slot(request: ShopRequest, cart: FromPath[UUID], data: JSONBody[SlotChoice]) -> HoldShape:
    """One hold a shopper: another one is let go of. The same slot again answers the same hold."""
    shopper = _reaching(request, cart)
    store_id, slot_id = place_of(cart), int(data.slot)
    async with telling_more(request, store_id=store_id, slot_id=slot_id), request.transaction() as tx:
        await carts.require_open(tx, cart_id=cart, shopper_id=shopper.shopper_id)
        hold = await slots.hold_slot(
            tx,
            store_id=store_id,
            slot_id=slot_id,
            shopper_id=shopper.shopper_id,
            cart_id=cart,
            now=request.now,
            duration=DEFAULTS.hold_duration,
        )
    return hold_shape(hold)


@delete(
    "/carts/{cart:uuid}/slot-hold",
    operation_id="releaseSlot",
    summary="Let go of the place",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    responses=answers(401, _404=_GONE),
)
async def release_slot(request: ShopRequest, cart: FromPath[UUID]) -> None:
    """Letting go twice is harmless."""
    shopper = _reaching(request, cart)
    async with request.transaction() as tx:
        await cart_queries.cart(tx, cart_id=cart, shopper_id=shopper.shopper_id)
        await slots.release_hold(tx, store_id=place_of(cart), shopper_id=shopper.shopper_id)


def _reaching(request: ShopRequest, cart_id: UUID) -> Shopper:
    """:raises CartNotFound: the bearer's token doesn't reach that basket."""
    shopper = bearer.shopper_of(request)
    if not shopper.may_open(cart_id):
        raise CartNotFound
    return shopper


ROUTES = [
    allowing("/carts/{cart:uuid}", "GET", "PATCH"),
    allowing("/carts/{cart:uuid}/slot-hold", "PUT", "DELETE"),
    open_cart,
    show_cart,
    set_line,
    choose,
    hold_slot,
    release_slot,
]
