"""
A product as a card: from the catalogue's values to the strings a template shows.

Hot: a page has 24 of them. What depends on little (labels, prices, dates) is made once and kept;
nothing here formats a date or a message twice.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from babel.dates import format_date

from cabas.domain.catalog.model import Card
from cabas.domain.promotions import model as promotions
from cabas.kit.clock import PARIS
from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents, round_half_up
from cabas.kit.quantity import format_quantity
from cabas.policies import DEFAULTS
from cabas.web.storefront.gains import Gains, gain_words
from cabas.web.storefront.place import Place

BADGES_MAX = 2
BADGE_KINDS = {"organic": "ok", "pdo": "info", "vegan": "ok", "gluten_free": "info", "lactose_free": "info"}
"""Labels shown on a card, with the badge's colour, most important first; the others are filters only."""

CardView = dict[str, Any]
"""What `ui/_card.html` reads."""


def card_views(
    cards: Iterable[Card],
    *,
    place: Place,
    here: str,
    quantities: Mapping[int, int],
    t: Catalogue,
    gains: Gains | None = None,
) -> list[CardView]:
    """
    :param here: the page's own address, to come back to after choosing a store.
    :param quantities: what the visitor's basket holds, by GTIN.
    :param gains: what earns in this place; None: it isn't told.
    """
    if place.own:
        return [card_view(card, place.base, quantities.get(card.gtin, 0), t, gains) for card in cards]
    href, label = place.choose_href(here), t("catalogue.choose_to_add")
    note = t("catalogue.price_by_store") if place.national else ""
    return [
        {
            **card_view(card, place.base, 0, t, gains),
            "action_href": href,
            "action_label": label,
            "prior_price_note": note,
        }
        for card in cards
    ]


def card_view(card: Card, base: str, quantity: int, t: Catalogue, gains: Gains | None = None) -> CardView:
    language = t.language
    words = words_of(t)
    by_weight = card.sold_by == "weight"
    now_cents, was_cents, promo = _promoted(card, t) if card.promotion_kind else (card.price_cents, 0, "")
    net = format_quantity(card.net_quantity, card.net_unit, language)
    step = step_of(card)
    return {
        "gtin": card.gtin,
        "name": card.name,
        "brand": card.brand,
        "net": f"≈\u00a0{net}" if by_weight else _net(card.net_unit, net, card.net_quantity, t),
        "href": f"{base}/produits/{card.gtin}",
        "picture": card.picture,
        "price": format_cents(_shown(now_cents, card), language),
        "unit_price": unit_price(_unit_cents(card, now_cents), card.unit_basis, t),
        "was_price": format_cents(_shown(was_cents, card), language) if was_cents else "",
        "promo": promo,
        "earns": _earns(card, gains, t) if gains and gains.offers.all else "",
        "nutri": card.nutri_score or "",
        "zone": card.zone,
        "zone_label": words["zone", card.zone],
        "origin": card.origin,
        "quantity": quantity,
        "quantity_label": (format_quantity(quantity, "g", language) if by_weight else str(quantity))
        if quantity
        else "",
        "step": step,
        "max": DEFAULTS.grams_max if by_weight else DEFAULTS.pieces_max,
        "by_weight": by_weight,
        "available": card.status == 1,
        "unavailable_label": "" if card.status == 1 else back_on_label(card.back_on, t),
        "minimum_age": card.minimum_age,
        "badges": _badges(tuple(card.labels), t) if card.labels else _NONE,
    }


_NONE: list[Any] = []


def step_of(card: Card) -> int:
    """One more of it: a piece, or the grams of a usual piece."""
    return max(card.net_quantity, 1) if card.sold_by == "weight" else 1


def one_price_cents(card: Card) -> int:
    """What one piece (or a usual piece, by weight) costs now, promotion included."""
    return _shown(_promoted_cents(card), card)


def _promoted_cents(card: Card) -> int:
    """The price of a piece or of a kilogram under a running reduction of one."""
    if card.promotion_kind != "percentage":
        return card.price_cents
    line = promotions.PriceableLine(1, card.price_cents, by_weight=False)
    return promotions.price_line(line, kind=card.promotion_kind, terms=card.promotion_terms).total_cents


def _promoted(card: Card, t: Catalogue) -> tuple[int, int, str]:
    """(price now, price crossed out or 0, the mechanic in words)."""
    ends = card.promotion_ends_at
    day = until_day(ends, t.language) if ends else ""
    label, terms = card.promotion_label or "", card.promotion_terms or {}
    if card.promotion_kind == "n_for_m":
        take, pay = int(terms.get("take", 1)), int(terms.get("pay", 1))
        each = round_half_up(card.price_cents * pay, take)
        return card.price_cents, 0, _bundle_words(t, label, take, each, day)
    now_cents = _promoted_cents(card)
    return now_cents, card.price_cents if now_cents < card.price_cents else 0, _promo_words(t, label, day)


@lru_cache(maxsize=1024)
def _promo_words(t: Catalogue, label: str, day: str) -> str:
    return t("catalogue.promo_until", label=label, day=day)


@lru_cache(maxsize=8192)
def _bundle_words(t: Catalogue, label: str, take: int, each_cents: int, day: str) -> str:
    each = format_cents(each_cents, t.language)
    return t("catalogue.promo_bundle_until", label=label, take=take, each=each, day=day)


def _earns(card: Card, gains: Gains, t: Catalogue) -> str:
    """Of one piece, or of a usual piece by weight, at its price."""
    return gain_words(gains.cents(card, quantity=step_of(card), price_cents=one_price_cents(card)), t)


def _shown(cents: int, card: Card) -> int:
    """By weight a card shows the estimate for a usual piece; the price by kilogram stands beside."""
    return round_half_up(cents * card.net_quantity, 1000) if card.sold_by == "weight" else cents


def _unit_cents(card: Card, now_cents: int) -> int:
    """The unit price under the reduction too (arrêté of 16 November 1999)."""
    if now_cents == card.price_cents:
        return card.unit_price_cents
    return max(1, round_half_up(card.unit_price_cents * now_cents, card.price_cents))


@lru_cache(maxsize=65_536)
def unit_price(cents: int, basis: str, t: Catalogue) -> str:
    """``1,86 €/kg``."""
    return f"{format_cents(cents, t.language)}/{words_of(t)['basis', basis]}"


@lru_cache(maxsize=4096)
def _net(unit: str, text: str, quantity: int, t: Catalogue) -> str:
    return t("catalogue.pieces", n=quantity) if unit == "piece" else text


@lru_cache(maxsize=512)
def back_on_label(back_on: date | None, t: Catalogue) -> str:
    """When it is on sale again, if that is known."""
    if back_on is None:
        return t("catalogue.out_of_stock")
    return t("catalogue.back_on", day=format_date(back_on, "EEE d MMM", locale=t.language))


@lru_cache(maxsize=512)
def until_day(ends_at: datetime, language: str) -> str:
    """The last whole day (Paris) before an end: "30 nov."."""
    last = (ends_at - timedelta(microseconds=1)).astimezone(PARIS).date()
    return str(format_date(last, "d MMM", locale=language))


@lru_cache(maxsize=1024)
def _badges(labels: tuple[str, ...], t: Catalogue) -> list[dict[str, str]]:
    words = words_of(t)
    shown = [label for label in BADGE_KINDS if label in labels][:BADGES_MAX]
    return [{"kind": BADGE_KINDS[label], "text": words["label", label]} for label in shown]


@lru_cache(maxsize=8)
def words_of(t: Catalogue) -> dict[tuple[str, str], str]:
    """The words that every card needs, in one language."""
    return {
        **{("zone", zone): t(f"catalogue.zone_{zone}") for zone in ("ambient", "chilled", "frozen")},
        **{("basis", basis): t(f"catalogue.basis_{basis}") for basis in ("kg", "l", "piece")},
        **{("label", label): t(f"catalogue.label_{label}") for label in BADGE_KINDS},
    }
