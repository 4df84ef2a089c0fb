"""Categories, products and what a store asks for them."""

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import msgspec

from cabas.kit.money import round_half_up

ON_SALE = 1


class RunningPromotion(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    terms: Mapping[str, Any]
    label: str
    ends_at: datetime


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    gtin: int
    name: str
    brand: str
    net_quantity: int
    net_unit: str
    sold_by: str
    price_cents: int
    unit_price_cents: int
    unit_basis: str
    vat_basis_points: int
    deposit_cents: int
    zone: str
    location: int
    picture: str
    minimum_age: int
    retractable: bool
    category_id: int
    sellable: bool
    status: int
    promotion: RunningPromotion | None

    @property
    def by_weight(self) -> bool:
        return self.sold_by == "weight"

    @property
    def available(self) -> bool:
        return self.sellable and self.status == ON_SALE


class Category(msgspec.Struct, frozen=True, kw_only=True):
    category_id: int
    parent_id: int | None
    level: int
    slug: str
    name: str
    picture: str


class CategoryTree:
    """The whole tree, in order; level 1 aisle, 2 shelf, 3 leaf."""

    def __init__(self, categories: tuple[Category, ...]) -> None:
        self.all = categories
        self.by_id = {category.category_id: category for category in categories}
        self.by_slug = {category.slug: category for category in categories}
        self.aisles = tuple(category for category in categories if category.level == 1)

    def children(self, category_id: int) -> tuple[Category, ...]:
        return tuple(category for category in self.all if category.parent_id == category_id)


def unit_price_cents(price_cents: int, *, sold_by: str, net_quantity: int, unit_basis: str) -> int:
    """
    The price of a kilogram, a litre or a piece (directive 98/6/EC), half up, at least one cent.

    Goods sold by weight are priced by the kilogram already.
    """
    if sold_by == "weight":
        return price_cents
    scale = 1 if unit_basis == "piece" else 1000
    return max(1, round_half_up(price_cents * scale, net_quantity))


class Card(msgspec.Struct, frozen=True):
    """One product in a list, with the store's offer; positional, in the order of `queries.CARD_COLUMNS`."""

    gtin: int
    name: str
    brand: str
    net_quantity: int
    net_unit: str
    sold_by: str
    price_cents: int
    unit_price_cents: int
    unit_basis: str
    zone: str
    nutri_score: str | None
    labels: list[str]
    origin: str
    picture: str
    status: int
    back_on: date | None
    minimum_age: int
    deposit_cents: int
    category_id: int
    promotion_kind: str | None
    promotion_terms: dict[str, Any] | None
    promotion_label: str | None
    promotion_ends_at: datetime | None

    @property
    def by_weight(self) -> bool:
        return self.sold_by == "weight"

    @property
    def available(self) -> bool:
        return self.status == ON_SALE


class Sort(StrEnum):
    RELEVANCE = "relevance"
    PRICE = "price"
    UNIT_PRICE = "unit_price"
    NUTRI_SCORE = "nutri_score"
    PROMOTION = "promotion"


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """What narrows a list. ``nutri_max``: that letter or a better one."""

    promotion: bool = False
    labels: tuple[str, ...] = ()
    nutri_max: str = ""
    zone: str = ""
    price_cents_max: int = 0

    @property
    def any(self) -> bool:
        return self != Filters()


class CardPage(msgspec.Struct, frozen=True):
    cards: list[Card]
    has_next: bool


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """How many products of a category each filter would leave."""

    total: int
    promotion: int
    labels: dict[str, int]
    nutri_scores: dict[str, int]
    zones: dict[str, int]


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """What the law wants on the page before purchase (INCO 1169/2011, art. 14)."""

    description: str
    ingredients: str
    """Plain text; allergens stand between ``**``."""
    allergens: list[str]
    traces: list[str]
    nutrition: dict[str, int]
    storage: str
    instructions: str
    operator_name: str
    operator_address: str


class ProductPage(msgspec.Struct, frozen=True, kw_only=True):
    card: Card
    particulars: Particulars
    alcohol_permille: int
    vat_basis_points: int
    retractable: bool
    prior_price_cents: int | None
    """Lowest price of the last 30 days (L112-1-1), when a promotion runs."""
