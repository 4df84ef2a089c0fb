"""
An order: what was agreed between a shopper and a store, and where it stands.

Prices, VAT and wording are frozen when it is placed; a change before the cut-off is a new
revision, never an overwrite.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from cabas.kit.errors import Conflict, Invalid, NotFound
from cabas.kit.money import vat_within


class OrderState(StrEnum):
    PLACED = "placed"
    RECEIVED = "received"
    PREPARING = "preparing"
    READY = "ready"
    HANDED_OVER = "handed_over"
    CANCELLED = "cancelled"


TRANSITIONS: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PLACED: frozenset({OrderState.RECEIVED, OrderState.PREPARING, OrderState.CANCELLED}),
    OrderState.RECEIVED: frozenset({OrderState.PREPARING, OrderState.CANCELLED}),
    OrderState.PREPARING: frozenset({OrderState.READY, OrderState.CANCELLED}),
    OrderState.READY: frozenset({OrderState.HANDED_OVER, OrderState.PREPARING, OrderState.CANCELLED}),
    OrderState.HANDED_OVER: frozenset(),
    OrderState.CANCELLED: frozenset(),
}
CHANGEABLE = frozenset({OrderState.PLACED, OrderState.RECEIVED})
"""States in which the shopper may still change or cancel, until the cut-off."""


class OrderNotFound(NotFound):
    """There is no such order, or it is somebody else's."""

    code = "order_not_found"


class OrderClosed(Conflict):
    """The cut-off has passed, or the store has begun: the shopper can't change it any more."""

    code = "order_closed"


class WrongState(Conflict):
    """The order is not in a state from which this can be done."""

    code = "order_wrong_state"


class EmptyOrder(Invalid):
    """An order keeps at least one line: cancel it instead."""

    code = "order_empty"


class AgeUnconfirmed(Invalid):
    """There is alcohol or another product for adults: majority must be declared."""

    code = "age_unconfirmed"


class TotalMoved(Conflict):
    """The change would cost something else than what was shown: it must be seen first."""

    code = "total_moved"


class FrozenProduct(msgspec.Struct, frozen=True, kw_only=True):
    """What the shopper was shown of a product when they ordered."""

    name: str
    brand: str
    net_quantity: int
    net_unit: str
    sold_by: str
    zone: str
    picture: str
    location: int
    deposit_cents: int
    minimum_age: int
    retractable: bool
    category_id: int
    promotion_kind: str | None = None
    promotion_terms: dict[str, Any] | None = None
    promotion_label: str = ""
    note: str = ""

    @property
    def by_weight(self) -> bool:
        return self.sold_by == "weight"


class OrderLine(msgspec.Struct, frozen=True, kw_only=True):
    """``quantity``: pieces, or grams. ``unit_price_cents``: a piece, or a kilogram. Deposit left out of totals."""

    line_no: int
    gtin: int
    quantity: int
    unit_price_cents: int
    discount_cents: int
    total_cents: int
    maximum_cents: int
    vat_basis_points: int
    substitution: str
    product: FrozenProduct

    @property
    def gross_cents(self) -> int:
        return self.total_cents + self.discount_cents

    @property
    def deposit_cents(self) -> int:
        return self.product.deposit_cents * (1 if self.product.by_weight else self.quantity)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """``total = goods − discount + deposit + fee``; ``maximum`` is the most it may come to once weighed."""

    goods_cents: int
    discount_cents: int
    deposit_cents: int
    fee_cents: int
    maximum_cents: int

    @property
    def total_cents(self) -> int:
        return self.goods_cents - self.discount_cents + self.deposit_cents + self.fee_cents


def totals_of(lines: Sequence[OrderLine], *, fee_cents: int) -> Totals:
    deposit = sum(line.deposit_cents for line in lines)
    return Totals(
        goods_cents=sum(line.gross_cents for line in lines),
        discount_cents=sum(line.discount_cents for line in lines),
        deposit_cents=deposit,
        fee_cents=fee_cents,
        maximum_cents=sum(line.maximum_cents for line in lines) + deposit + fee_cents,
    )


SERVICE_VAT_BASIS_POINTS = 2000
"""Fees of preparation and delivery are a service at the normal rate."""


def vat_shares(lines: Sequence[OrderLine], *, fee_cents: int) -> list[dict[str, int]]:
    """VAT by rate, rounded once a rate: ``[{basis_points, gross_cents, vat_cents}]``."""
    gross: dict[int, int] = {}
    for line in lines:
        gross[line.vat_basis_points] = gross.get(line.vat_basis_points, 0) + line.total_cents
    if fee_cents:
        gross[SERVICE_VAT_BASIS_POINTS] = gross.get(SERVICE_VAT_BASIS_POINTS, 0) + fee_cents
    return [
        {"basis_points": rate, "gross_cents": amount, "vat_cents": vat_within(amount, rate)}
        for rate, amount in sorted(gross.items())
    ]


class Order(msgspec.Struct, frozen=True, kw_only=True):
    store_id: int
    order_id: UUID
    code: str
    shopper_id: UUID
    customer_id: UUID
    cart_id: UUID
    channel: str
    slot_id: int
    slot_starts_at: datetime
    slot_ends_at: datetime
    cutoff_at: datetime
    state: OrderState
    revision: int
    placed_at: datetime
    contact: dict[str, Any]
    payment_method: str
    substitution: str
    goods_cents: int
    discount_cents: int
    deposit_cents: int
    fee_cents: int
    total_cents: int
    maximum_cents: int
    final_cents: int | None
    agreed: dict[str, Any]

    def changeable(self, now: datetime) -> bool:
        return self.state in CHANGEABLE and now < self.cutoff_at


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """The shopper is there; ``bay`` as they told it, or ""."""

    arrived_at: datetime
    bay: str


class Cancellation(msgspec.Struct, frozen=True, kw_only=True):
    cancelled_at: datetime
    cancelled_by: str
    reason: str


class StateChange(msgspec.Struct, frozen=True, kw_only=True):
    state: OrderState
    at: datetime
    actor: str
