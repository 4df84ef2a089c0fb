"""A product as a store offers it, for programs."""

from datetime import date, datetime
from typing import Any

import msgspec

from cabas.domain.catalog.model import Card, ProductPage
from cabas.web.api.cart_shapes import SoldByText
from cabas.web.api.wire import CURRENCY, gtin_text


class PromotionShape(msgspec.Struct, frozen=True, kw_only=True):
    kind: str
    label: str
    ends_at: datetime


class ProductShape(msgspec.Struct, frozen=True, kw_only=True):
    gtin: str
    name: str
    brand: str
    category: str
    """The slug of its leaf."""
    sold_by: SoldByText
    net_quantity: int
    """Grams, millilitres or pieces, as `net_unit` says; by weight: of a usual piece, in grams."""
    net_unit: str
    price: int
    """Cents a piece, or a kilogram when sold by weight."""
    unit_price: int
    """Cents a `unit_basis`."""
    unit_basis: str
    currency: str
    deposit: int
    available: bool
    back_on: date | None
    promotion: PromotionShape | None
    nutri_score: str | None
    labels: list[str]
    origin: str
    zone: str
    minimum_age: int
    picture: str
    """The path of an illustration on this site."""


class ProductList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[ProductShape]
    next: str | None


class ProductDetail(ProductShape, frozen=True, kw_only=True):
    description: str
    ingredients: str
    """Allergens stand between `**`."""
    allergens: list[str]
    traces: list[str]
    nutrition: dict[str, int]
    """Per 100 g or ml: energy in kJ and kcal, the rest in milligrams."""
    storage: str
    instructions: str
    operator_name: str
    operator_address: str
    alcohol_permille: int
    vat_basis_points: int
    retractable: bool
    prior_price: int | None
    """The lowest price of the last 30 days, while a promotion runs."""


def product_shape(card: Card, *, category: str) -> ProductShape:
    return ProductShape(**_members(card, category))


def product_detail(page: ProductPage, *, category: str) -> ProductDetail:
    particulars = {field: getattr(page.particulars, field) for field in page.particulars.__struct_fields__}
    return ProductDetail(
        **_members(page.card, category),
        **particulars,
        alcohol_permille=page.alcohol_permille,
        vat_basis_points=page.vat_basis_points,
        retractable=page.retractable,
        prior_price=page.prior_price_cents,
    )


def _members(card: Card, category: str) -> dict[str, Any]:
    return {
        "gtin": gtin_text(card.gtin),
        "name": card.name,
        "brand": card.brand,
        "category": category,
        "sold_by": "weight" if card.by_weight else "piece",
        "net_quantity": card.net_quantity,
        "net_unit": card.net_unit,
        "price": card.price_cents,
        "unit_price": card.unit_price_cents,
        "unit_basis": card.unit_basis,
        "currency": CURRENCY,
        "deposit": card.deposit_cents,
        "available": card.available,
        "back_on": card.back_on,
        "promotion": _promotion(card),
        "nutri_score": card.nutri_score,
        "labels": card.labels,
        "origin": card.origin,
        "zone": card.zone,
        "minimum_age": card.minimum_age,
        "picture": f"/static/built/pictures/{card.picture}.svg",
    }


def _promotion(card: Card) -> PromotionShape | None:
    if card.promotion_kind is None or card.promotion_ends_at is None:
        return None
    return PromotionShape(
        kind=card.promotion_kind, label=card.promotion_label or "", ends_at=card.promotion_ends_at
    )
