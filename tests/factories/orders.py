"""Orders for tests, placed as the shop does over `factories.shop`."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from cabas.domain.carts.model import Cart
from cabas.domain.checkout import operations as checkout
from cabas.domain.checkout.model import Contact, Placed, Request
from cabas.domain.orders import operations as orders
from cabas.domain.orders.model import OrderState
from cabas.domain.slots.model import Channel
from cabas.kit.db import Transaction
from cabas.policies import DEFAULTS
from factories.carts import make_cart

CONTACT = Contact(name="Camille Dubois", email="camille@exemple.fr", phone="0612345678")


def request_for(cart: Cart, slot_id: int, **changes: object) -> Request:
    """What the shopper of this basket asks for; ``changes`` replace fields."""
    asked = Request(
        cart_id=cart.cart_id,
        shopper_id=cart.shopper_id,
        customer_id=cart.customer_id,
        slot_id=slot_id,
        key=str(uuid4()),
        payment_method="at_store",
        contact=CONTACT,
        language="fr",
    )
    return msgspec.structs.replace(asked, **changes)


async def place(tx: Transaction, request: Request, *, now: datetime, open_orders_max: int = 5) -> Placed:
    """Place it with the retailer's defaults."""
    return await checkout.place_order(
        tx,
        request=request,
        weight_tolerance_percent=DEFAULTS.weight_tolerance_percent,
        open_orders_max=open_orders_max,
        now=now,
    )


async def make_order(
    tx: Transaction,
    *,
    now: datetime,
    lines: Mapping[int, int],
    shopper_id: UUID | None = None,
    customer_id: UUID | None = None,
    slot_id: int | None = None,
    **changes: object,
) -> Placed:
    """An order of these quantities in the first open slot of store 1."""
    cart = await make_cart(tx, now=now, lines=lines, shopper_id=shopper_id, customer_id=customer_id)
    slot = slot_id or await first_slot(tx, now=now)
    return await place(tx, request_for(cart, slot, **changes), now=now)


async def first_slot(
    tx: Transaction, *, now: datetime, store_id: int = 1, channel: Channel = Channel.DRIVE, skip: int = 0
) -> int:
    """The id of the soonest slot that can be booked."""
    slot_id: int = await tx.fetchval(
        """
        select slot_id
          from slot
         where store_id = $1 and channel = $2 and opens_at <= $3 and closes_at > $3 and taken < capacity
         order by starts_at
        offset $4
         limit 1""",
        store_id,
        channel.value,
        now,
        skip,
    )
    return slot_id


async def hand_over(tx: Transaction, placed: Placed, *, at: datetime) -> None:
    """The store goes through all its steps at once."""
    for state in (OrderState.PREPARING, OrderState.READY, OrderState.HANDED_OVER):
        await orders.move_to(
            tx, store_id=placed.store_id, order_id=placed.order_id, state=state, actor="store:Karim", now=at
        )
