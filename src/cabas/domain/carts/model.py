"""
A basket: what a shopper has put aside in one store, and what it costs now.

Quantities are pieces, or grams for goods sold by weight. Prices are always recomputed from
the store's offers: a basket holds no price.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec

from cabas.domain.catalog.model import Offer
from cabas.domain.promotions import model as promotions
from cabas.kit.errors import Conflict, Invalid, NotFound
from cabas.kit.money import round_half_up

NOTE_LENGTH_MAX = 120


class CartNotFound(NotFound):
    """There is no such basket, or it is somebody else's."""

    code = "cart_not_found"


class CartOrdered(Conflict):
    """The basket has become an order; a new one is needed."""

    code = "cart_ordered"


class CartFull(Conflict):
    """The basket has as many lines as it may have."""

    code = "cart_full"


class BadQuantity(Invalid):
    """The quantity is not a whole number within its bounds."""

    code = "bad_quantity"


class ProductNotSold(NotFound):
    """The store doesn't sell this product, or not online."""

    code = "product_not_sold"


class ProductUnavailable(Conflict):
    """The store sells this product, but not now."""

    code = "product_unavailable"


class Substitution(StrEnum):
    NEVER = "never"
    SAME_PRICE = "same_price"
    PICKER_CHOICE = "picker_choice"


class CartLine(msgspec.Struct, frozen=True, kw_only=True):
    gtin: int
    quantity: int
    note: str = ""
    substitution: Substitution | None = None
    """None: the basket's own choice."""


class Cart(msgspec.Struct, frozen=True, kw_only=True):
    store_id: int
    cart_id: UUID
    shopper_id: UUID
    customer_id: UUID | None
    lines: tuple[CartLine, ...]
    """In the order they were first added."""
    substitution: Substitution
    shown: dict[str, int] | None
    """Line totals last shown at checkout, by GTIN."""
    updated_at: datetime
    ordered_at: datetime | None

    def quantities(self) -> dict[int, int]:
        return {line.gtin: line.quantity for line in self.lines}


class PricedLine(msgspec.Struct, frozen=True, kw_only=True):
    line: CartLine
    offer: Offer
    gross_cents: int
    discount_cents: int
    deposit_cents: int
    maximum_cents: int
    """What the line may come to, at most, once weighed; the deposit left out."""

    @property
    def total_cents(self) -> int:
        return self.gross_cents - self.discount_cents


class PricedCart(msgspec.Struct, frozen=True, kw_only=True):
    """``lines`` can be ordered; ``unavailable`` can't and cost nothing."""

    lines: tuple[PricedLine, ...]
    unavailable: tuple[tuple[CartLine, Offer | None], ...]
    goods_cents: int
    discount_cents: int
    deposit_cents: int

    @property
    def total_cents(self) -> int:
        """Without the slot's or the delivery's fee."""
        return self.goods_cents - self.discount_cents + self.deposit_cents

    @property
    def maximum_cents(self) -> int:
        """The most it may come to once weighed, without the fee."""
        return sum(line.maximum_cents for line in self.lines) + self.deposit_cents

    @property
    def count(self) -> int:
        """Articles: pieces, and one for each weighed line."""
        return sum(1 if line.offer.by_weight else line.line.quantity for line in self.lines)

    def shown(self) -> dict[str, int]:
        """What a page that shows this basket commits to: line totals by GTIN."""
        return {str(line.offer.gtin): line.total_cents for line in self.lines}


def price_cart(
    lines: Sequence[CartLine], offers: Mapping[int, Offer], *, weight_tolerance_percent: int
) -> PricedCart:
    """Price a basket with the store's offers of this instant."""
    priced: list[PricedLine] = []
    unavailable: list[tuple[CartLine, Offer | None]] = []
    for line in lines:
        offer = offers.get(line.gtin)
        if offer is None or not offer.available:
            unavailable.append((line, offer))
        else:
            priced.append(_price(line, offer, weight_tolerance_percent))
    return PricedCart(
        lines=tuple(priced),
        unavailable=tuple(unavailable),
        goods_cents=sum(line.gross_cents for line in priced),
        discount_cents=sum(line.discount_cents for line in priced),
        deposit_cents=sum(line.deposit_cents for line in priced),
    )


def _price(line: CartLine, offer: Offer, tolerance_percent: int) -> PricedLine:
    promotion = offer.promotion
    kind, terms = (promotion.kind, promotion.terms) if promotion else (None, None)
    priceable = promotions.PriceableLine(line.quantity, offer.price_cents, offer.by_weight)
    price = promotions.price_line(priceable, kind=kind, terms=terms)
    if offer.by_weight:
        heaviest = round_half_up(line.quantity * (100 + tolerance_percent), 100)
        maximum = promotions.price_line(
            promotions.PriceableLine(heaviest, offer.price_cents, by_weight=True), kind=kind, terms=terms
        ).total_cents
    else:
        maximum = price.total_cents
    return PricedLine(
        line=line,
        offer=offer,
        gross_cents=price.gross_cents,
        discount_cents=price.discount_cents,
        deposit_cents=offer.deposit_cents * (1 if offer.by_weight else line.quantity),
        maximum_cents=maximum,
    )


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is no longer what was shown."""

    gtin: int
    name: str
    shown_cents: int | None
    """None: it wasn't shown, it came into the basket since."""

    now_cents: int | None
    """None: it can't be ordered any more."""


def differences(shown: Mapping[str, int], priced: PricedCart) -> tuple[Difference, ...]:
    """
    What changed between what a page showed and what the basket costs now.

    A line taken out by the shopper since then is no difference: it costs nothing.
    """
    found = [
        Difference(
            gtin=line.offer.gtin,
            name=line.offer.name,
            shown_cents=shown.get(str(line.offer.gtin)),
            now_cents=line.total_cents,
        )
        for line in priced.lines
        if shown.get(str(line.offer.gtin)) != line.total_cents
    ]
    found += [
        Difference(
            gtin=line.gtin,
            name=offer.name if offer else str(line.gtin),
            shown_cents=shown[str(line.gtin)],
            now_cents=None,
        )
        for line, offer in priced.unavailable
        if str(line.gtin) in shown
    ]
    return tuple(found)
