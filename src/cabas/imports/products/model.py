"""A product as a row tells it, as it is stored, and what the law still misses."""

from collections.abc import Mapping, Sequence

import msgspec

from cabas.imports.products.amounts import Amount
from cabas.imports.products.nutrition import MANDATORY
from cabas.kit.text import search_key

UNSORTED_ID = 990_101
UNKNOWN_AMOUNT = Amount(1, "piece")
WEIGHED_AMOUNT = Amount(1000, "g")
_BASIS = {"g": "kg", "ml": "l", "piece": "piece"}
_ALCOHOL_TOLD_ABOVE_PERMILLE = 12
"""1.2 % vol: above it the strength is told (INCO art. 28) and the buyer is of age."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one row says; "" , empty and None where it says nothing. ``leaf``: a category's slug."""

    number: int
    gtin: int
    name: str
    brand: str
    leaf: str
    zone: str
    picture: str
    amount: Amount | None
    sold_by: str
    vat_basis_points: int | None
    origin: str
    nutri_score: str
    labels: list[str]
    alcohol_permille: int | None
    deposit_cents: int | None
    description: str
    ingredients: str
    allergens: list[str]
    traces: list[str]
    nutrition: dict[str, int]
    storage: str
    instructions: str
    operator_name: str
    operator_address: str
    search_words: str


class Traits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What holds for a category: see ``data/traits.toml``."""

    zone: str = "ambient"
    vat: int = 550
    retractable: bool = True
    food: bool = True
    alcohol: bool = False
    ingredients: bool = True
    nutrition: bool = True
    origin: bool = False


class Place(msgspec.Struct, frozen=True):
    """A leaf of the tree."""

    category_id: int
    picture: str
    traits: Traits


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product and its particulars: the columns of both tables."""

    gtin: int
    name: str
    brand: str
    category_id: int
    picture: str
    sold_by: str
    net_quantity: int
    net_unit: str
    unit_basis: str
    vat_basis_points: int
    zone: str
    origin: str
    nutri_score: str | None
    labels: list[str]
    alcohol_permille: int
    minimum_age: int
    deposit_cents: int
    retractable: bool
    sort_name: str
    sellable: bool
    description: str
    ingredients: str
    allergens: list[str]
    traces: list[str]
    nutrition: dict[str, int]
    storage: str
    instructions: str
    operator_name: str
    operator_address: str
    search_words: str


def completed(
    told: Told, *, stored: Product | None, places: Mapping[str, Place], by_id: Mapping[int, Place]
) -> tuple[Product, Sequence[str]]:
    """
    The product after this row, and the codes of what it lacks to be sold.

    What the row says replaces what was stored; where it says nothing, what was stored stays.
    """
    told_place = places.get(told.leaf)
    place = told_place or (by_id.get(stored.category_id) if stored else None) or by_id[UNSORTED_ID]
    kept = None if told_place else stored
    traits = place.traits
    amount = told.amount or _known_amount(stored)
    sold_by = told.sold_by or (stored.sold_by if stored else "piece")
    alcohol = _first(told.alcohol_permille, stored.alcohol_permille if stored else 0)
    product = Product(
        gtin=told.gtin,
        name=told.name or (stored.name if stored else ""),
        brand=told.brand or (stored.brand if stored else ""),
        category_id=place.category_id,
        picture=(kept.picture if kept else "") or told.picture or place.picture,
        sold_by=sold_by,
        net_quantity=_shown(amount, sold_by).quantity,
        net_unit=_shown(amount, sold_by).unit,
        unit_basis=_BASIS[_shown(amount, sold_by).unit],
        vat_basis_points=_first(told.vat_basis_points, kept.vat_basis_points if kept else traits.vat),
        zone=told.zone
        if place.category_id == UNSORTED_ID and told.zone
        else kept.zone
        if kept
        else traits.zone,
        origin=told.origin or (stored.origin if stored else ""),
        nutri_score=told.nutri_score or (stored.nutri_score if stored else None),
        labels=told.labels or (stored.labels if stored else []),
        alcohol_permille=alcohol,
        minimum_age=18 if traits.alcohol or alcohol > _ALCOHOL_TOLD_ABOVE_PERMILLE else 0,
        deposit_cents=_first(told.deposit_cents, stored.deposit_cents if stored else 0),
        retractable=kept.retractable if kept else traits.retractable,
        sort_name=search_key(told.name or (stored.name if stored else "")),
        sellable=False,
        description=told.description or (stored.description if stored else ""),
        ingredients=told.ingredients or (stored.ingredients if stored else ""),
        allergens=told.allergens or (stored.allergens if stored and not told.ingredients else []),
        traces=told.traces or (stored.traces if stored else []),
        nutrition=told.nutrition or (stored.nutrition if stored else {}),
        storage=told.storage or (stored.storage if stored else ""),
        instructions=told.instructions or (stored.instructions if stored else ""),
        operator_name=told.operator_name or (stored.operator_name if stored else ""),
        operator_address=told.operator_address or (stored.operator_address if stored else ""),
        search_words=told.search_words or (stored.search_words if stored else ""),
    )
    lacking = missing(product, traits=traits, amount_known=amount is not None)
    return msgspec.structs.replace(product, sellable=not lacking), lacking


def missing(product: Product, *, traits: Traits, amount_known: bool) -> list[str]:
    """What the law wants before the sale and the product lacks (INCO art. 9 and 14; sector rules for origin)."""
    food = traits.food
    checks = {
        "missing_name": bool(product.name),
        "missing_category": product.category_id != UNSORTED_ID,
        "missing_net_quantity": amount_known or product.sold_by == "weight",
        "missing_ingredients": bool(product.ingredients) or not (food and traits.ingredients),
        "missing_nutrition": all(name in product.nutrition for name in MANDATORY)
        or not (food and traits.nutrition),
        "missing_origin": bool(product.origin) or not traits.origin,
        "missing_storage": bool(product.storage) or product.zone == "ambient",
        "missing_alcohol": product.alcohol_permille > 0 or not traits.alcohol,
        "missing_operator_name": bool(product.operator_name),
        "missing_operator_address": bool(product.operator_address),
    }
    return [code for code, fulfilled in checks.items() if not fulfilled]


def _known_amount(stored: Product | None) -> Amount | None:
    """A product that isn't on sale and counts one piece: nobody ever told its net quantity."""
    if stored is None:
        return None
    amount = Amount(stored.net_quantity, stored.net_unit)
    return None if amount == UNKNOWN_AMOUNT and not stored.sellable else amount


def _shown(amount: Amount | None, sold_by: str) -> Amount:
    return amount or (WEIGHED_AMOUNT if sold_by == "weight" else UNKNOWN_AMOUNT)


def _first(told: int | None, otherwise: int) -> int:
    return otherwise if told is None else told
