"""A basket as a page shows it: lines by aisle, what can't be had first, and the sums."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cabas.domain.carts.model import Cart, CartLine, PricedCart, PricedLine, Substitution
from cabas.domain.catalog.model import Card, Offer
from cabas.domain.promotions import model as promotions
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents, round_half_up
from cabas.kit.quantity import format_quantity
from cabas.policies import DEFAULTS
from cabas.web.request import ShopRequest
from cabas.web.storefront.cards import card_view, unit_price, words_of

AISLE_SPAN = 10_000
SUBSTITUTION_ORDER = (Substitution.SAME_PRICE, Substitution.PICKER_CHOICE, Substitution.NEVER)


class Fee(msgspec.Struct, frozen=True, kw_only=True):
    """What the store asks beside the goods. ``exact`` False: from this much on, no slot is held yet."""

    cents: int = 0
    minimum_cents: int = 0
    exact: bool = False


def quantity_label(quantity: int, *, by_weight: bool, language: str) -> str:
    return format_quantity(quantity, "g" if by_weight else "piece", language)


def aisle_groups(request: ShopRequest, priced: PricedCart, base: str) -> list[dict[str, Any]]:
    """Lines under their aisle, aisles in the store's order, lines in the order they came."""
    t = request.site.catalogues[request.language]
    tree = request.site.directory.categories
    groups: dict[int, list[dict[str, Any]]] = {}
    for line in priced.lines:
        aisle = line.offer.category_id // AISLE_SPAN * AISLE_SPAN
        groups.setdefault(aisle, []).append(line_view(line, base, t))
    ranks = {category.category_id: rank for rank, category in enumerate(tree.aisles)}
    return [
        {
            "name": tree.by_id[aisle].name if aisle in tree.by_id else t("basket.other_aisle"),
            "picture": tree.by_id[aisle].picture if aisle in tree.by_id else "",
            "lines": lines,
        }
        for aisle, lines in sorted(groups.items(), key=lambda group: ranks.get(group[0], len(ranks)))
    ]


def line_view(line: PricedLine, base: str, t: Catalogue) -> dict[str, Any]:
    """For the macro `line`, with the note and the substitution of its own."""
    offer, language = line.offer, t.language
    total = format_cents(line.total_cents, language)
    return {
        **offer_view(offer, line.line.quantity, base, t),
        "total": f"≈\u00a0{total}" if offer.by_weight else total,
        "promo": _promo(line, t),
        "note": _note(line, t),
        "available": True,
        "unavailable_label": "",
        "wish": line.line.note,
        "substitution": line.line.substitution.value if line.line.substitution else "default",
        "substitution_label": t(f"basket.substitution_{line.line.substitution.value}")
        if line.line.substitution
        else "",
    }


def offer_view(offer: Offer, quantity: int, base: str, t: Catalogue) -> dict[str, Any]:
    language = t.language
    net = "" if offer.by_weight else format_quantity(offer.net_quantity, offer.net_unit, language)
    if offer.net_unit == "piece":
        net = t("catalogue.pieces", n=offer.net_quantity)
    return {
        "gtin": offer.gtin,
        "name": offer.name,
        "href": f"{base}/produits/{offer.gtin}" if base else "",
        "net": net,
        "picture": offer.picture,
        "zone": offer.zone,
        "zone_label": words_of(t)["zone", offer.zone],
        "unit_price": unit_price(_unit_cents(offer), offer.unit_basis, t),
        "quantity": quantity,
        "quantity_label": quantity_label(quantity, by_weight=offer.by_weight, language=language),
        "step": max(offer.net_quantity, 1) if offer.by_weight else 1,
        "max": DEFAULTS.grams_max if offer.by_weight else DEFAULTS.pieces_max,
        "by_weight": offer.by_weight,
    }


def gone_views(
    unavailable: Sequence[tuple[CartLine, Offer | None]],
    names: Mapping[int, tuple[str, str]],
    alternatives: Mapping[int, Sequence[Card]],
    base: str,
    t: Catalogue,
) -> list[dict[str, Any]]:
    """Lines that can't be ordered now, each with what could stand in."""
    views = []
    for line, offer in unavailable:
        name, picture = names.get(line.gtin, (str(line.gtin), ""))
        by_weight = offer is not None and offer.by_weight
        views.append(
            {
                "gtin": line.gtin,
                "name": offer.name if offer else name,
                "picture": offer.picture if offer else picture,
                "zone": offer.zone if offer else "ambient",
                "quantity_label": quantity_label(line.quantity, by_weight=by_weight, language=t.language),
                "reason": t("basket.out_of_stock") if offer else t("basket.not_in_this_store"),
                "alternatives": [card_view(card, base, 0, t) for card in alternatives.get(line.gtin, ())],
            }
        )
    return views


def totals_view(priced: PricedCart, fee: Fee, t: Catalogue) -> list[dict[str, str]]:
    """For the macro `facts`. Savings, deposits and fees are there from the first product on."""
    language = t.language
    weighed = any(line.offer.by_weight for line in priced.lines)
    rows = [
        {
            "label": t("basket.goods", n=priced.count),
            "value": format_cents(priced.goods_cents, language),
            "kind": "",
        }
    ]
    if priced.discount_cents:
        saved = format_cents(-priced.discount_cents, language)
        rows.append({"label": t("basket.savings"), "value": saved, "kind": "saving"})
    if priced.deposit_cents:
        rows.append(
            {"label": t("basket.deposits"), "value": format_cents(priced.deposit_cents, language), "kind": ""}
        )
    rows.append({"label": t("basket.fee"), "value": fee_label(fee.cents, t, exact=fee.exact), "kind": ""})
    total = priced.total_cents + fee.cents
    rows.append(
        {
            "label": t("basket.total_estimated") if weighed else t("basket.total"),
            "value": format_cents(total, language),
            "kind": "total",
        }
    )
    if weighed:
        maximum = format_cents(priced.maximum_cents + fee.cents, language)
        rows.append({"label": t("basket.maximum"), "value": maximum, "kind": ""})
    return rows


def fee_label(cents: int, t: Catalogue, *, exact: bool = True) -> str:
    amount = format_cents(cents, t.language) if cents else t("slots.free")
    return amount if exact or not cents else t("basket.fee_from", amount=amount)


def substitution_options(t: Catalogue) -> list[dict[str, str]]:
    """For the macro `choices`: the basket's one default."""
    return [
        {
            "value": choice.value,
            "label": t(f"basket.substitution_{choice.value}"),
            "hint": t(f"basket.substitution_{choice.value}_hint"),
        }
        for choice in SUBSTITUTION_ORDER
    ]


def line_options(cart: Cart, t: Catalogue) -> list[dict[str, str]]:
    """For one line: as the basket says, or its own choice."""
    current = t(f"basket.substitution_{cart.substitution.value}")
    return [
        {"value": "default", "label": t("basket.substitution_default", choice=current)},
        *(
            {"value": choice.value, "label": t(f"basket.substitution_{choice.value}")}
            for choice in SUBSTITUTION_ORDER
        ),
    ]


def missing_for_minimum(priced: PricedCart, fee: Fee) -> int:
    """How much more the store asks for before it takes an order, in cents; 0 when reached."""
    return max(0, fee.minimum_cents - (priced.goods_cents - priced.discount_cents))


def _promo(line: PricedLine, t: Catalogue) -> str:
    """The mechanic in words, and how near the next free one is."""
    promotion = line.offer.promotion
    if promotion is None:
        return ""
    said = promotion.label
    if line.discount_cents:
        saved = format_cents(line.discount_cents, t.language)
        said = t("basket.promo_saved", label=promotion.label, amount=saved)
    priceable = promotions.PriceableLine(line.line.quantity, line.offer.price_cents, line.offer.by_weight)
    missing = promotions.missing_for_next(priceable, kind=promotion.kind, terms=promotion.terms)
    return f"{said} · {t('basket.promo_missing', n=missing)}" if missing else said


def _note(line: PricedLine, t: Catalogue) -> str:
    said = []
    if line.offer.by_weight:
        said.append(t("basket.line_maximum", amount=format_cents(line.maximum_cents, t.language)))
    if line.deposit_cents:
        said.append(t("basket.line_deposit", amount=format_cents(line.deposit_cents, t.language)))
    if line.offer.minimum_age:
        said.append(t("basket.line_adults"))
    return " · ".join(said)


def _unit_cents(offer: Offer) -> int:
    """The unit price, under a reduction of each unit too."""
    if offer.promotion is None or offer.promotion.kind != "percentage":
        return offer.unit_price_cents
    one = promotions.PriceableLine(1, offer.price_cents, by_weight=False)
    reduced = promotions.price_line(one, kind=offer.promotion.kind, terms=offer.promotion.terms).total_cents
    return max(1, round_half_up(offer.unit_price_cents * reduced, offer.price_cents))
