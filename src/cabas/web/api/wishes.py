"""Wishes for slots that aren't open yet, and the order asked for in advance with them."""

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import delete, put
from litestar.params import FromPath, HeaderParameter, JSONBody

from cabas.domain.advance import operations as advance
from cabas.domain.advance import queries as advance_queries
from cabas.domain.advance.model import WISHES_MAX, AdvanceOrder, AdvanceRequest
from cabas.domain.carts import queries as cart_queries
from cabas.domain.carts.model import Cart, CartNotFound
from cabas.domain.checkout.model import KEY_LENGTH_MAX, Contact, KeyMissing
from cabas.domain.customers import queries as customers
from cabas.domain.customers.model import BadDetails
from cabas.domain.payments.model import AT_STORE
from cabas.kit.clock import paris_day
from cabas.kit.db import Connection
from cabas.kit.ids import place_of
from cabas.policies import DEFAULTS
from cabas.web import bearer
from cabas.web.api.body import StrictJson
from cabas.web.api.options import allowing
from cabas.web.api.order_shapes import NewContact, NewPayment
from cabas.web.api.placing import contact_of
from cabas.web.api.problems import answers
from cabas.web.api.wire import SLOT_PATTERN
from cabas.web.api.wish_shapes import WishesShape, wishes_shape
from cabas.web.bearer import Shopper
from cabas.web.request import ShopRequest

TAGS = ["baskets"]
SECURITY: list[dict[str, list[str]]] = [{"shopper": []}]


WishedSlot = Annotated[str, msgspec.Meta(pattern=SLOT_PATTERN)]


class NewWishes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slots: Annotated[list[WishedSlot], msgspec.Meta(max_length=WISHES_MAX)]
    """Best first; of one opening when `order` is true."""
    any_slot: bool = False
    """Else any slot of that opening, the nearest to the first wish."""
    order: bool = False
    """True: ask for an order in advance. It is an order with obligation to pay once the draw gives a slot."""
    payment: NewPayment | None = None
    """Left out: at the store."""
    contact: NewContact | None = None
    """Left out: that of the account."""
    adult: bool = False
    """Majority is declared: needed when the basket holds alcohol."""


@put(
    "/carts/{cart:uuid}/wishes",
    operation_id="setWishes",
    summary="Wish for slots that aren't open yet, and order in advance",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    dto=StrictJson[NewWishes],
    return_dto=None,
    responses=answers(
        401,
        413,
        _400="key_missing: an `Idempotency-Key` that is empty or too long; or malformed.",
        _404="cart_not_found.",
        _409="slot_already_open: order it; slot_closed, opening_passed, cart_ordered, cart_empty, below_minimum,"
        " not_delivered.",
        _422="bad_wishes: `reason` says why; key_reused: this key was used with another body; age_unconfirmed,"
        " bad_details: a contact is needed without an account.",
    ),
)
async def set_wishes(
    request: ShopRequest,
    cart: FromPath[UUID],
    data: JSONBody[NewWishes],
    idempotency_key: Annotated[
        str | None,
        HeaderParameter(
            name="Idempotency-Key",
            max_length=KEY_LENGTH_MAX,
            description="Made by the client, one a request; left out, the body itself is the key.",
        ),
    ] = None,
) -> WishesShape:
    """
    With `order` the wishes are an order in advance: at the opening a draw gives out the places, and the
    best wish that is free becomes an order, at no more than `maximum`. Until then it may be asked for
    again with other wishes, or taken back. Without `order` they are only kept; an order that was asked
    for stays. A shopper waits with one basket: asking with another takes back the former.
    """
    shopper = _reaching(request, cart)
    slots = tuple(int(slot) for slot in data.slots)
    async with request.transaction() as tx:
        if data.order:
            wanted = await _wanted(tx, request, shopper, cart, data, idempotency_key)
            await advance.ask(tx, request=wanted, policy=DEFAULTS.advance, now=request.now)
        await advance.leave_wishes(
            tx, cart_id=cart, shopper_id=shopper.shopper_id, wishes=slots, any_slot=data.any_slot
        )
        shape = await shown(tx, await cart_queries.cart(tx, cart_id=cart, shopper_id=shopper.shopper_id))
    return shape or WishesShape(slots=[], any_slot=False, advance=None)


@delete(
    "/carts/{cart:uuid}/wishes",
    operation_id="withdrawWishes",
    summary="Take back what was asked for in advance, and forget the wishes",
    tags=TAGS,
    guards=[bearer.shopper_only],
    security=SECURITY,
    responses=answers(
        401, _404="cart_not_found.", _409="opening_passed: the slots have opened; or cart_ordered."
    ),
)
async def withdraw(request: ShopRequest, cart: FromPath[UUID]) -> None:
    """Until the opening, free of charge; taking back twice is harmless."""
    shopper = _reaching(request, cart)
    async with request.transaction() as tx:
        await advance.leave_wishes(tx, cart_id=cart, shopper_id=shopper.shopper_id, wishes=(), any_slot=False)
        await advance.withdraw(
            tx, store_id=place_of(cart), shopper_id=shopper.shopper_id, cart_id=cart, now=request.now
        )


async def shown(reader: Connection, cart: Cart) -> WishesShape | None:
    """What the basket wishes for, and what became of it."""
    kept = await cart_queries.wishes(reader, cart_id=cart.cart_id, shopper_id=cart.shopper_id)
    asked = await advance_queries.of_cart(reader, cart_id=cart.cart_id, shopper_id=cart.shopper_id)
    return wishes_shape(cart, kept, asked, draw=_draw_path(asked) if asked else "")


def _draw_path(asked: AdvanceOrder) -> str:
    return f"/api/v1/draws/{paris_day(asked.opens_at).isoformat()}"


async def _wanted(
    reader: Connection,
    request: ShopRequest,
    shopper: Shopper,
    cart_id: UUID,
    data: NewWishes,
    key: str | None,
) -> AdvanceRequest:
    if key == "":
        raise KeyMissing
    wanted = AdvanceRequest(
        cart_id=cart_id,
        shopper_id=shopper.shopper_id,
        customer_id=shopper.customer_id,
        key=key or "body",
        wishes=tuple(int(slot) for slot in data.slots),
        any_slot=data.any_slot,
        payment_method=data.payment.method if data.payment else AT_STORE,
        contact=contact_of(data.contact) if data.contact else await _own_contact(reader, shopper),
        language=request.language,
        adult=data.adult,
    )
    return wanted if key else wanted.under_its_own_key()


async def _own_contact(reader: Connection, shopper: Shopper) -> Contact:
    """:raises BadDetails: there is no account to take it from."""
    known = None
    if shopper.customer_id is not None:
        known = await customers.customer(reader, customer_id=shopper.customer_id)
    if known is None:
        raise BadDetails({"contact": "missing"})
    return Contact(name=known.name, email=known.email, phone=known.phone)


def _reaching(request: ShopRequest, cart_id: UUID) -> Shopper:
    """:raises CartNotFound: the bearer's token doesn't reach that basket."""
    shopper = bearer.shopper_of(request)
    if not shopper.may_open(cart_id):
        raise CartNotFound
    return shopper


ROUTES = [allowing("/carts/{cart:uuid}/wishes", "PUT", "DELETE"), set_wishes, withdraw]
