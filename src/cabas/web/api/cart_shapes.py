"""A basket as programs see it, and what they send to change it."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from cabas.domain.carts.model import (
    NOTE_LENGTH_MAX,
    Cart,
    CartLine,
    PricedCart,
    PricedLine,
    Substitution,
)
from cabas.domain.catalog.model import Offer
from cabas.domain.slots.model import Hold
from cabas.policies import DEFAULTS
from cabas.web.api.wire import CURRENCY, SLOT_PATTERN, STORE_LENGTH_MAX, gtin_text
from cabas.web.api.wish_shapes import WishesShape

SoldByText = Literal["piece", "weight"]
QUANTITY_MAX = max(DEFAULTS.grams_max, DEFAULTS.pieces_max)
Quantity = Annotated[int, msgspec.Meta(ge=0, le=QUANTITY_MAX)]
"""Pieces, or grams for goods sold by weight."""


class NewCart(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    store: Annotated[str, msgspec.Meta(min_length=1, max_length=STORE_LENGTH_MAX)]
    """The store's number, or its slug."""


class CartOpened(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    token: str
    """Bearer token of this basket and of the orders made of it."""
    store: str
    expires_at: datetime
    """When the token runs out."""


class NewQuantity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    quantity: Quantity
    """Pieces, or grams for goods sold by weight; 0 takes the line out."""


class LineSet(msgspec.Struct, frozen=True, kw_only=True):
    gtin: str
    quantity: int


class CartChoices(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    substitution: Substitution
    """What the picker may do about missing goods, unless a line says otherwise."""


class SlotChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    slot: Annotated[str, msgspec.Meta(pattern=SLOT_PATTERN)]


class HoldShape(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a slot, kept until `expires_at`; not renewable."""

    slot: str
    expires_at: datetime


class CartLineShape(msgspec.Struct, frozen=True, kw_only=True):
    gtin: str
    name: str
    brand: str
    quantity: int
    """Pieces, or grams when `sold_by` is `weight`."""
    sold_by: SoldByText
    available: bool
    """False: can't be ordered now, and costs nothing."""
    unit_price: int
    """Cents a piece, or a kilogram when sold by weight."""
    gross: int
    discount: int
    total: int
    """`gross − discount`; the deposit left out."""
    deposit: int
    maximum: int
    """The most the line may come to once weighed."""
    promotion: str | None
    substitution: Substitution
    note: Annotated[str, msgspec.Meta(max_length=NOTE_LENGTH_MAX)]


class CartShape(msgspec.Struct, frozen=True, kw_only=True):
    """Prices are those of this instant: a basket holds none. `total = goods − discount + deposit`."""

    id: UUID
    store: str
    state: Literal["open", "ordered"]
    currency: str
    lines: list[CartLineShape]
    """In the order they were added."""
    count: int
    """Articles: pieces, and one for each weighed line."""
    goods: int
    discount: int
    deposit: int
    total: int
    """Without the slot's fee."""
    maximum: int
    substitution: Substitution
    hold: HoldShape | None
    wishes: WishesShape | None
    updated_at: datetime


def cart_shape(cart: Cart, priced: PricedCart, hold: Hold | None, wishes: WishesShape | None) -> CartShape:
    available = {line.line.gtin: _available(cart, line) for line in priced.lines}
    unavailable = {line.gtin: _unavailable(cart, line, offer) for line, offer in priced.unavailable}
    shapes = available | unavailable
    return CartShape(
        id=cart.cart_id,
        store=str(cart.store_id),
        state="ordered" if cart.ordered_at else "open",
        currency=CURRENCY,
        lines=[shapes[line.gtin] for line in cart.lines],
        count=priced.count,
        goods=priced.goods_cents,
        discount=priced.discount_cents,
        deposit=priced.deposit_cents,
        total=priced.total_cents,
        maximum=priced.maximum_cents,
        substitution=cart.substitution,
        hold=hold_shape(hold) if hold else None,
        wishes=wishes,
        updated_at=cart.updated_at,
    )


def hold_shape(hold: Hold) -> HoldShape:
    return HoldShape(slot=str(hold.slot_id), expires_at=hold.expires_at)


def _available(cart: Cart, line: PricedLine) -> CartLineShape:
    return CartLineShape(
        gtin=gtin_text(line.line.gtin),
        name=line.offer.name,
        brand=line.offer.brand,
        quantity=line.line.quantity,
        sold_by="weight" if line.offer.by_weight else "piece",
        available=True,
        unit_price=line.offer.price_cents,
        gross=line.gross_cents,
        discount=line.discount_cents,
        total=line.total_cents,
        deposit=line.deposit_cents,
        maximum=line.maximum_cents,
        promotion=line.offer.promotion.label if line.offer.promotion else None,
        substitution=line.line.substitution or cart.substitution,
        note=line.line.note,
    )


def _unavailable(cart: Cart, line: CartLine, offer: Offer | None) -> CartLineShape:
    return CartLineShape(
        gtin=gtin_text(line.gtin),
        name=offer.name if offer else "",
        brand=offer.brand if offer else "",
        quantity=line.quantity,
        sold_by="weight" if offer and offer.by_weight else "piece",
        available=False,
        unit_price=offer.price_cents if offer else 0,
        gross=0,
        discount=0,
        total=0,
        deposit=0,
        maximum=0,
        promotion=None,
        substitution=line.substitution or cart.substitution,
        note=line.note,
    )
