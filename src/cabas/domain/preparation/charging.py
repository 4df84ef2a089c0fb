"""
What a line costs once it is picked: the price that was agreed, for what is really in the crate.

Never beyond the line's told maximum; a substitute at the lower of the two prices. Pure; worked
tables in docs/algorithms/picking-events.md.
"""

from enum import StrEnum

import msgspec

from cabas.domain.catalog.model import Offer
from cabas.domain.orders.model import OrderLine
from cabas.domain.orders.pricing import priced_line
from cabas.domain.preparation.model import SetAside
from cabas.domain.promotions.model import PriceableLine, price_line


class WeightVerdict(StrEnum):
    OK = "ok"
    TOO_LIGHT = "too_light"
    TOO_HEAVY = "too_heavy"


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    unit_price_cents: int
    total_cents: int


def weight_verdict(*, asked_grams: int, weight_grams: int, tolerance_percent: int) -> WeightVerdict:
    """Whether a weight is near enough to what was asked, bounds included."""
    if weight_grams * 100 > asked_grams * (100 + tolerance_percent):
        return WeightVerdict.TOO_HEAVY
    if weight_grams * 100 < asked_grams * (100 - tolerance_percent):
        return WeightVerdict.TOO_LIGHT
    return WeightVerdict.OK


def charge_picked(line: OrderLine, *, amount: int) -> Charge:
    """
    :param amount: pieces, or grams for goods sold by weight.
    :raises SetAside: ``too_many`` pieces.
    """
    if not line.product.by_weight and amount > line.quantity:
        raise SetAside("too_many", ordered=line.quantity)
    return Charge(
        unit_price_cents=line.unit_price_cents,
        total_cents=min(_agreed_price(line, amount), line.maximum_cents),
    )


def charge_substitute(line: OrderLine, offer: Offer, *, amount: int) -> Charge:
    """
    The lower of the two prices for the same amount, under each one's own promotion.

    :raises SetAside: ``not_an_alternative`` (other way of selling), ``too_many``.
    """
    if offer.by_weight != line.product.by_weight:
        raise SetAside("not_an_alternative")
    agreed = charge_picked(line, amount=amount)
    asked = substitute_price(offer, amount=amount)
    if asked >= agreed.total_cents:
        return agreed
    return Charge(unit_price_cents=min(offer.price_cents, line.unit_price_cents), total_cents=asked)


def dearer(line: OrderLine, offer: Offer, *, amount: int) -> bool:
    """Whether the substitute is asked more for than the agreed price of the same amount."""
    return substitute_price(offer, amount=amount) > _agreed_price(line, amount)


def substitute_price(offer: Offer, *, amount: int) -> int:
    promotion = offer.promotion
    return price_line(
        PriceableLine(amount, offer.price_cents, offer.by_weight),
        kind=promotion.kind if promotion else None,
        terms=promotion.terms if promotion else None,
    ).total_cents


def _agreed_price(line: OrderLine, amount: int) -> int:
    return priced_line(
        line_no=line.line_no,
        gtin=line.gtin,
        quantity=amount,
        unit_price_cents=line.unit_price_cents,
        vat_basis_points=line.vat_basis_points,
        substitution=line.substitution,
        product=line.product,
        weight_tolerance_percent=0,
    ).total_cents
