"""The guest signs in: their basket and the place they hold come along."""

from uuid import UUID

import msgspec

from cabas.domain.carts import joining, queries
from cabas.domain.carts.model import Cart, CartNotFound, CartOrdered
from cabas.domain.customers import queries as customers
from cabas.domain.slots import operations as slots
from cabas.kit.db import Transaction
from cabas.policies import DEFAULTS
from cabas.web.request import ShopRequest
from cabas.web.storefront.shopper import forget_basket, priced_now


async def merge_basket_at_sign_in(request: ShopRequest, tx: Transaction, customer_id: UUID) -> str:
    """
    Make the visitor's basket the customer's, joined with the one they had in that store (the larger
    quantity of each line); without a guest's basket, find theirs again. A held slot stays held.

    :returns: what happened, in the reader's words; "" when there is nothing to say.
    """
    came = await _claimed(request, tx, customer_id)
    cart = came[0] if came else await _former(request, tx, customer_id)
    if cart is None:
        forget_basket(request)
        return ""
    request.remember(msgspec.structs.replace(request.visitor, store_id=cart.store_id))
    await priced_now(request, tx, cart)
    t = request.site.catalogues[request.language]
    if came:
        return t("basket.merged", n=came[1]) if came[1] else ""
    return t("basket.found_again", n=len(cart.lines)) if cart.lines else ""


async def _claimed(request: ShopRequest, tx: Transaction, customer_id: UUID) -> tuple[Cart, int] | None:
    """The guest's basket, claimed, and how many lines came from the customer's older one."""
    visitor, now = request.visitor, request.now
    if visitor.cart_id is None or not visitor.basket_count:
        return None
    try:
        cart_id, came = await joining.claim(
            tx,
            cart_id=visitor.cart_id,
            guest_id=visitor.id,
            customer_id=customer_id,
            now=now,
            lines_max=DEFAULTS.cart_lines_max,
        )
    except (CartNotFound, CartOrdered):
        return None
    cart = await queries.cart(tx, cart_id=cart_id, shopper_id=customer_id)
    await slots.claim_hold(tx, store_id=cart.store_id, guest_id=visitor.id, customer_id=customer_id, now=now)
    return cart, came


async def _former(request: ShopRequest, tx: Transaction, customer_id: UUID) -> Cart | None:
    """The basket the customer left in this store, or in the one they usually shop in."""
    store_id = request.visitor.store_id
    if not store_id:
        person = await customers.customer(tx, customer_id=customer_id)
        store_id = person.preferences.store_id if person else 0
        request.remember(msgspec.structs.replace(request.visitor, store_id=store_id))
    return await queries.open_cart_of(tx, store_id=store_id, shopper_id=customer_id)
