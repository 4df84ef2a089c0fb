"""
Who shops, with which basket: the customer who is signed in, else the guest of the visitor's cookie.

The basket's count and total are kept in the cookie, so that no other page asks for them.
"""

from uuid import UUID

import msgspec

from cabas.domain.carts import operations as carts
from cabas.domain.carts import queries
from cabas.domain.carts.model import Cart, CartNotFound, CartOrdered, PricedCart
from cabas.domain.customers.queries import SignedIn
from cabas.domain.stores.model import StoreSummary
from cabas.kit.db import Connection, Transaction
from cabas.kit.errors import NotFound
from cabas.kit.ids import parse_id
from cabas.policies import DEFAULTS
from cabas.web.request import SESSION_COOKIE, ShopRequest


class OrderUnknown(NotFound):
    """The address names no order."""

    code = "order_not_found"


class Shopper(msgspec.Struct, frozen=True, kw_only=True):
    """``shopper_id`` is the customer's id, or the guest's."""

    shopper_id: UUID
    guest_id: UUID
    """The id of the visitor's cookie: orders placed before signing in go by it."""

    customer: SignedIn | None

    @property
    def customer_id(self) -> UUID | None:
        return self.customer.customer_id if self.customer else None


async def shopper_of(request: ShopRequest, reader: Connection) -> Shopper:
    person = await request.signed_in(reader)
    guest_id = request.visitor.id
    return Shopper(shopper_id=person.customer_id if person else guest_id, guest_id=guest_id, customer=person)


async def shopper_now(request: ShopRequest) -> Shopper:
    """The same for a handler that needs no connection yet: a guest costs none."""
    if not request.cookies.get(SESSION_COOKIE):
        guest_id = request.visitor.id
        return Shopper(shopper_id=guest_id, guest_id=guest_id, customer=None)
    async with request.read() as reader:
        return await shopper_of(request, reader)


async def cart_of(request: ShopRequest, reader: Connection, shopper: Shopper) -> Cart | None:
    """The visitor's basket; None when there is none, it is not theirs any more, or it is an order."""
    cart_id = request.visitor.cart_id
    if cart_id is None:
        return None
    try:
        found = await queries.cart(reader, cart_id=cart_id, shopper_id=shopper.shopper_id)
    except CartNotFound:
        return None
    return None if found.ordered_at is not None else found


async def open_cart_for(request: ShopRequest, tx: Transaction, shopper: Shopper) -> UUID:
    """
    The visitor's basket, or a new one in their store.

    The store must have been chosen (``request.visitor.store_id``).
    """
    cart_id = request.visitor.cart_id
    if cart_id is not None:
        try:
            await carts.require_open(tx, cart_id=cart_id, shopper_id=shopper.shopper_id)
        except (CartNotFound, CartOrdered):
            cart_id = None
    if cart_id is None:
        cart_id = await carts.open_cart(
            tx,
            store_id=request.visitor.store_id,
            shopper_id=shopper.shopper_id,
            customer_id=shopper.customer_id,
            now=request.now,
        )
    return cart_id


async def priced_now(request: ShopRequest, reader: Connection, cart: Cart) -> PricedCart:
    """The basket at the store's prices of this instant, kept in mind for the header."""
    priced = await queries.priced(
        reader, cart, now=request.now, weight_tolerance_percent=DEFAULTS.weight_tolerance_percent
    )
    request.remember(
        msgspec.structs.replace(
            request.visitor,
            cart_id=cart.cart_id,
            basket_count=priced.count,
            basket_cents=priced.total_cents,
        )
    )
    return priced


def forget_basket(request: ShopRequest) -> None:
    """It is empty, or it has become an order."""
    request.remember(msgspec.structs.replace(request.visitor, cart_id=None, basket_count=0, basket_cents=0))


def store_of(request: ShopRequest, store_id: int) -> StoreSummary | None:
    return request.site.directory.store(store_id) if store_id else None


def order_id_in(path_part: str) -> UUID:
    """:raises OrderUnknown: it isn't an id."""
    order_id = parse_id(path_part)
    if order_id is None:
        raise OrderUnknown
    return order_id
