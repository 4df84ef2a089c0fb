"""Requests made in advance, and their opening, over `factories.shop`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import msgspec

from cabas.domain.advance import opening, operations
from cabas.domain.advance.model import AdvanceOrder, AdvancePolicy, AdvanceRequest, PriorityGroup
from cabas.domain.carts.model import Cart
from cabas.kit.db import Transaction
from factories.carts import make_cart
from factories.orders import CONTACT
from factories.shop import SHOP

POLICY = AdvancePolicy(groups=(PriorityGroup(name="health", share_percent=20),))
ONE_LINE = {SHOP.pasta[0]: 2}


def request_for(cart: Cart, *wishes: int, **changes: object) -> AdvanceRequest:
    """What the shopper of this basket asks for; ``changes`` replace fields."""
    asked = AdvanceRequest(
        cart_id=cart.cart_id,
        shopper_id=cart.shopper_id,
        customer_id=cart.customer_id,
        key=str(uuid4()),
        wishes=wishes,
        any_slot=False,
        payment_method="at_store",
        contact=CONTACT,
        language="fr",
    )
    return msgspec.structs.replace(asked, **changes)


async def coming_slots(tx: Transaction, *, now: datetime, store_id: int = 1) -> list[int]:
    """The four slots of the store's next opening, by time."""
    rows = await tx.fetch(
        """
        select slot_id from slot
         where store_id = $1 and opens_at = (select min(opens_at) from slot where opens_at > $2)
         order by starts_at""",
        store_id,
        now,
    )
    return [row["slot_id"] for row in rows]


async def ask(
    tx: Transaction,
    *wishes: int,
    now: datetime,
    store_id: int = 1,
    shopper_id: UUID | None = None,
    customer_id: UUID | None = None,
    **changes: object,
) -> AdvanceOrder:
    """Somebody with a small basket asks for these slots."""
    cart = await make_cart(
        tx, now=now, lines=ONE_LINE, store_id=store_id, shopper_id=shopper_id, customer_id=customer_id
    )
    return await operations.ask(tx, request=request_for(cart, *wishes, **changes), policy=POLICY, now=now)


async def draw(tx: Transaction, *, now: datetime, policy: AdvancePolicy = POLICY) -> int:
    """Give out the places of all stores that are due, and reveal; returns how many stores."""
    drawn = 0
    while await opening.draw_next(tx, policy=policy, now=now):
        drawn += 1
    await opening.reveal(tx, now=now)
    return drawn


async def write(tx: Transaction, *, now: datetime, policy: AdvancePolicy = POLICY) -> int:
    """Write all orders that are due; returns how many batches."""
    batches = 0
    while await opening.write_next(tx, policy=policy, now=now):
        batches += 1
    return batches


async def states(tx: Transaction, orders: Sequence[AdvanceOrder]) -> list[str]:
    """How each request stands, in their order."""
    rows = await tx.fetch(
        "select cart_id, state, reason from advance_order where cart_id = any($1::uuid[])",
        [order.cart_id for order in orders],
    )
    known = {row["cart_id"]: f"{row['state']} {row['reason']}".strip() for row in rows}
    return [known[order.cart_id] for order in orders]
