"""An order as programs see it, and what they send to place and change one."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

import msgspec

from cabas.domain.carts.model import Substitution
from cabas.domain.checkout.model import Placed
from cabas.domain.orders.model import Order, OrderLine, OrderState, StateChange
from cabas.domain.slots.model import Channel
from cabas.web.api.cart_shapes import SoldByText
from cabas.web.api.wire import CURRENCY, SLOT_PATTERN, gtin_text

LINE_OF_TEXT_MAX = 254
REASON_LENGTH_MAX = 200
BAY_LENGTH_MAX = 20

_Line = Annotated[str, msgspec.Meta(max_length=LINE_OF_TEXT_MAX)]


class NewAddress(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    street: _Line
    postcode: Annotated[str, msgspec.Meta(pattern="^[0-9]{5}$")]
    city: _Line
    complement: _Line = ""
    instructions: _Line = ""


class NewContact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: _Line
    email: _Line
    phone: Annotated[str, msgspec.Meta(max_length=40)] = ""
    address: NewAddress | None = None
    """Where to deliver; only a delivery slot asks for it."""


class NewPayment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    method: Literal["at_store"]


class NewOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    cart: UUID
    slot: Annotated[str, msgspec.Meta(pattern=SLOT_PATTERN)]
    payment: NewPayment
    contact: NewContact
    adult: bool = False
    """Majority is declared: needed when the basket holds alcohol."""


class Cancellation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: Annotated[str, msgspec.Meta(max_length=REASON_LENGTH_MAX)] = ""


class Arrival(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bay: Annotated[str, msgspec.Meta(max_length=BAY_LENGTH_MAX)] = ""
    """Where the car stands, as the shopper reads it."""


class OrderSlot(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    channel: Channel
    starts_at: datetime
    ends_at: datetime


class OrderPlaced(msgspec.Struct, frozen=True, kw_only=True):
    """
    What was agreed when the order was placed: the same body for every replay of its key.
    `total = goods − discount + deposit + fee`.
    """

    id: UUID
    code: str
    """Six characters, said at the counter."""
    store: str
    state: Literal["placed"]
    slot: OrderSlot
    cutoff_at: datetime
    """Changes and cancellation are free until then."""
    placed_at: datetime
    currency: str
    goods: int
    discount: int
    deposit: int
    fee: int
    total: int
    maximum: int
    """The most it may come to once weighed goods are weighed."""


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    method: str


class OrderLineShape(msgspec.Struct, frozen=True, kw_only=True):
    line: int
    gtin: str
    name: str
    brand: str
    quantity: int
    """Pieces, or grams when `sold_by` is `weight`."""
    sold_by: SoldByText
    unit_price: int
    discount: int
    total: int
    deposit: int
    maximum: int
    promotion: str | None
    substitution: Substitution
    note: str


class OrderStep(msgspec.Struct, frozen=True, kw_only=True):
    state: OrderState
    at: datetime


class OrderShape(msgspec.Struct, frozen=True, kw_only=True):
    """How the order stands. `total = goods − discount + deposit + fee`."""

    id: UUID
    code: str
    store: str
    state: OrderState
    revision: int
    changeable: bool
    slot: OrderSlot
    cutoff_at: datetime
    placed_at: datetime
    currency: str
    goods: int
    discount: int
    deposit: int
    fee: int
    total: int
    maximum: int
    final: int | None
    """What was charged, once picked."""
    payment: Payment
    substitution: Substitution
    lines: list[OrderLineShape]
    history: list[OrderStep]


def placed_shape(placed: Placed) -> OrderPlaced:
    receipt = placed.receipt
    return OrderPlaced(
        id=placed.order_id,
        code=receipt.code,
        store=str(placed.store_id),
        state="placed",
        slot=OrderSlot(
            id=str(receipt.slot_id),
            channel=Channel(receipt.channel),
            starts_at=receipt.slot_starts_at,
            ends_at=receipt.slot_ends_at,
        ),
        cutoff_at=receipt.cutoff_at,
        placed_at=receipt.placed_at,
        currency=CURRENCY,
        goods=receipt.totals.goods_cents,
        discount=receipt.totals.discount_cents,
        deposit=receipt.totals.deposit_cents,
        fee=receipt.totals.fee_cents,
        total=receipt.totals.total_cents,
        maximum=receipt.totals.maximum_cents,
    )


def order_shape(
    order: Order, lines: list[OrderLine], history: list[StateChange], *, now: datetime
) -> OrderShape:
    return OrderShape(
        id=order.order_id,
        code=order.code,
        store=str(order.store_id),
        state=order.state,
        revision=order.revision,
        changeable=order.changeable(now),
        slot=OrderSlot(
            id=str(order.slot_id),
            channel=Channel(order.channel),
            starts_at=order.slot_starts_at,
            ends_at=order.slot_ends_at,
        ),
        cutoff_at=order.cutoff_at,
        placed_at=order.placed_at,
        currency=CURRENCY,
        goods=order.goods_cents,
        discount=order.discount_cents,
        deposit=order.deposit_cents,
        fee=order.fee_cents,
        total=order.total_cents,
        maximum=order.maximum_cents,
        final=order.final_cents,
        payment=Payment(method=order.payment_method),
        substitution=Substitution(order.substitution),
        lines=[_line(line) for line in lines],
        history=[OrderStep(state=step.state, at=step.at) for step in history],
    )


def _line(line: OrderLine) -> OrderLineShape:
    return OrderLineShape(
        line=line.line_no,
        gtin=gtin_text(line.gtin),
        name=line.product.name,
        brand=line.product.brand,
        quantity=line.quantity,
        sold_by="weight" if line.product.by_weight else "piece",
        unit_price=line.unit_price_cents,
        discount=line.discount_cents,
        total=line.total_cents,
        deposit=line.deposit_cents,
        maximum=line.maximum_cents,
        promotion=line.product.promotion_label or None,
        substitution=Substitution(line.substitution),
        note=line.product.note,
    )
