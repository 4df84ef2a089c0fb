"""
Arriving: the session's cookie, the guest's basket brought along, on to the page that was wanted.
"""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response

from cabas.domain.carts import operations as carts
from cabas.domain.carts import queries as cart_queries
from cabas.domain.carts.model import Cart, CartNotFound, CartOrdered
from cabas.domain.customers import queries as customers
from cabas.domain.customers.model import SESSION_LIFETIME
from cabas.kit.db import Transaction
from cabas.policies import DEFAULTS
from cabas.web import visitor as visitors
from cabas.web.pages import is_local, secret_cookie, see_other
from cabas.web.request import SESSION_COOKIE, ShopRequest

HOME = "/compte"
PATH_LENGTH_MAX = 300


async def enter(request: ShopRequest, secret: str, customer_id: UUID | None, path: str) -> Response[Any]:
    """The session's cookie, the basket brought along, and on to the page that was wanted."""
    if customer_id is not None:
        async with request.transaction() as tx:
            await _bring_basket(request, tx, customer_id)
    response = see_other(request, path)
    response.set_cookie(
        secret_cookie(request, SESSION_COOKIE, secret, max_age=int(SESSION_LIFETIME.total_seconds()))
    )
    return response


def forget_visitor(request: ShopRequest) -> None:
    """The next person on this device begins with an empty basket, in the same store."""
    former = request.visitor
    fresh = visitors.fresh(request.now)
    request.remember(
        msgspec.structs.replace(fresh, store_id=former.store_id, language=former.language, theme=former.theme)
    )


def safe_path(path: str) -> str:
    """A path given by a stranger, if it stays on this site; else the account."""
    return path if path and len(path) <= PATH_LENGTH_MAX and is_local(path) else HOME


async def _bring_basket(request: ShopRequest, tx: Transaction, customer_id: UUID) -> None:
    """The guest's basket becomes the customer's, joined with theirs; without one, theirs is found again."""
    visitor = request.visitor
    cart = await _claimed(request, tx, customer_id)
    if cart is None:
        person = await customers.customer(tx, customer_id=customer_id)
        store_id = visitor.store_id or (person.preferences.store_id if person else 0)
        cart = await cart_queries.open_cart_of(tx, store_id=store_id, shopper_id=customer_id)
        visitor = msgspec.structs.replace(
            visitor, store_id=store_id, cart_id=None, basket_count=0, basket_cents=0
        )
    if cart is not None:
        priced = await cart_queries.priced(
            tx, cart, now=request.now, weight_tolerance_percent=DEFAULTS.weight_tolerance_percent
        )
        visitor = msgspec.structs.replace(
            visitor,
            store_id=cart.store_id,
            cart_id=cart.cart_id,
            basket_count=priced.count,
            basket_cents=priced.total_cents,
        )
    request.remember(visitor)


async def _claimed(request: ShopRequest, tx: Transaction, customer_id: UUID) -> Cart | None:
    visitor = request.visitor
    if visitor.cart_id is None or not visitor.basket_count:
        return None
    try:
        cart_id, _ = await carts.claim(
            tx, cart_id=visitor.cart_id, guest_id=visitor.id, customer_id=customer_id, now=request.now
        )
    except (CartNotFound, CartOrdered):
        return None
    return await cart_queries.cart(tx, cart_id=cart_id, shopper_id=customer_id)
