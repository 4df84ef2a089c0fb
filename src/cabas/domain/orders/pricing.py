"""The price of an order's lines: agreed prices stay, new lines take the price of now. Pure."""

from collections.abc import Mapping, Sequence

import msgspec

from cabas.domain.carts.model import PricedLine
from cabas.domain.catalog.model import Offer
from cabas.domain.orders.model import FrozenProduct, OrderLine
from cabas.domain.promotions import model as promotions
from cabas.kit.errors import Conflict
from cabas.kit.money import round_half_up


class CannotAdd(Conflict):
    """The store doesn't sell this product now."""

    code = "product_not_sold"


def frozen(offer: Offer, *, note: str = "") -> FrozenProduct:
    """What is kept of an offer on an order."""
    promotion = offer.promotion
    return FrozenProduct(
        name=offer.name,
        brand=offer.brand,
        net_quantity=offer.net_quantity,
        net_unit=offer.net_unit,
        sold_by=offer.sold_by,
        zone=offer.zone,
        picture=offer.picture,
        location=offer.location,
        deposit_cents=offer.deposit_cents,
        minimum_age=offer.minimum_age,
        retractable=offer.retractable,
        category_id=offer.category_id,
        promotion_kind=promotion.kind if promotion else None,
        promotion_terms=dict(promotion.terms) if promotion else None,
        promotion_label=promotion.label if promotion else "",
        note=note,
    )


def ordered_line(priced: PricedLine, *, line_no: int, substitution: str) -> OrderLine:
    """A basket's line, as it was priced, becomes an order's: nothing is computed twice."""
    return OrderLine(
        line_no=line_no,
        gtin=priced.offer.gtin,
        quantity=priced.line.quantity,
        unit_price_cents=priced.offer.price_cents,
        discount_cents=priced.discount_cents,
        total_cents=priced.total_cents,
        maximum_cents=priced.maximum_cents,
        vat_basis_points=priced.offer.vat_basis_points,
        substitution=substitution,
        product=frozen(priced.offer, note=priced.line.note),
    )


def priced_line(
    *,
    line_no: int,
    gtin: int,
    quantity: int,
    unit_price_cents: int,
    vat_basis_points: int,
    substitution: str,
    product: FrozenProduct,
    weight_tolerance_percent: int,
) -> OrderLine:
    """One line at a given unit price, under the promotion frozen with its product."""

    def price(amount: int) -> promotions.LinePrice:
        return promotions.price_line(
            promotions.PriceableLine(amount, unit_price_cents, product.by_weight),
            kind=product.promotion_kind,
            terms=product.promotion_terms,
        )

    now = price(quantity)
    heaviest = (
        round_half_up(quantity * (100 + weight_tolerance_percent), 100) if product.by_weight else quantity
    )
    return OrderLine(
        line_no=line_no,
        gtin=gtin,
        quantity=quantity,
        unit_price_cents=unit_price_cents,
        discount_cents=now.discount_cents,
        total_cents=now.total_cents,
        maximum_cents=price(heaviest).total_cents,
        vat_basis_points=vat_basis_points,
        substitution=substitution,
        product=product,
    )


def revised_lines(
    current: Sequence[OrderLine],
    quantities: Mapping[int, int],
    offers: Mapping[int, Offer],
    *,
    substitution: str,
    weight_tolerance_percent: int,
) -> list[OrderLine]:
    """
    The lines of the next revision. Line numbers of lines that stay don't move.

    :raises CannotAdd: a new line has no offer on sale.
    """
    revised: list[OrderLine] = []
    for line in current:
        quantity = quantities.get(line.gtin, line.quantity)
        if quantity == line.quantity:
            revised.append(line)
        elif quantity > 0:
            revised.append(_with_quantity(line, quantity, weight_tolerance_percent))
    known = {line.gtin for line in current}
    next_no = max((line.line_no for line in current), default=0) + 1
    for gtin, quantity in quantities.items():
        if gtin in known or quantity <= 0:
            continue
        offer = offers.get(gtin)
        if offer is None or not offer.available:
            raise CannotAdd(gtin=gtin)
        revised.append(
            priced_line(
                line_no=next_no,
                gtin=gtin,
                quantity=quantity,
                unit_price_cents=offer.price_cents,
                vat_basis_points=offer.vat_basis_points,
                substitution=substitution,
                product=frozen(offer),
                weight_tolerance_percent=weight_tolerance_percent,
            )
        )
        next_no += 1
    return revised


def _with_quantity(line: OrderLine, quantity: int, tolerance: int) -> OrderLine:
    priced = priced_line(
        line_no=line.line_no,
        gtin=line.gtin,
        quantity=quantity,
        unit_price_cents=line.unit_price_cents,
        vat_basis_points=line.vat_basis_points,
        substitution=line.substitution,
        product=line.product,
        weight_tolerance_percent=tolerance,
    )
    return msgspec.structs.replace(line, **{f: getattr(priced, f) for f in _PRICED_FIELDS})


_PRICED_FIELDS = ("quantity", "discount_cents", "total_cents", "maximum_cents")
