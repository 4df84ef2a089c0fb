"""
The catalogue: from each leaf's families, as many products as the scale wants.

The products of a leaf come in one fixed order and the smaller scale takes the first of them, so that
the demo's catalogue is part of the nation's.
"""

import math
import random
from collections.abc import Iterator, Sequence

import msgspec

from cabas.kit.text import folded
from cabas.seed.allergens import allergens_in
from cabas.seed.brands import UNBRANDED, Brand, brand_pool
from cabas.seed.catalogue import Leaf, Traits, Tree
from cabas.seed.chance import stream
from cabas.seed.grammar import Wording, with_additions, wordings
from cabas.seed.gtin import packaged_gtin, weighed_gtin
from cabas.seed.labels import incomplete, labels_of, score_of
from cabas.seed.nutrition import nutrition_table
from cabas.seed.prices import shelf_price
from cabas.seed.sizes import Pack, packs
from cabas.seed.writing import capitalised

LARGER_IS_CHEAPER = 0.12
ORGANIC_FACTOR = 1.32


class Particulars(msgspec.Struct, frozen=True, kw_only=True):
    """What the law wants told before the sale. ``nutrition``: see `nutrition_table`."""

    gtin: int
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


class Product(msgspec.Struct, frozen=True, kw_only=True):
    """A product with its recommended price and how much it is asked for (more is better)."""

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
    price_cents: int
    popularity: float
    discount_percent_max: int
    particulars: Particulars


class Candidate(msgspec.Struct, frozen=True):
    wording: Wording
    brand: Brand
    pack: Pack
    traits: Traits
    first_pack: Pack
    value: float
    """How dear this wording is beside its family."""


def catalogue(tree: Tree, *, quotas: Sequence[int], seed: int) -> Iterator[Product]:
    """``quotas``: how many products of each leaf, in the tree's order."""
    for leaf, quota in zip(tree.leaves, quotas, strict=True):
        for article, candidate in enumerate(candidates(leaf, seed=seed)[:quota]):
            yield _product(leaf, article, candidate, seed)


def candidates(leaf: Leaf, *, seed: int) -> list[Candidate]:
    """
    All products the leaf can have, in the order they are taken: first each wording once, then each
    again with another brand and pack, and so on.
    """
    draw = stream(seed, "candidates", leaf.category.category_id)
    rows = []
    for family in leaf.families:
        for wording in wordings(family.template):
            rows.append(_of_wording(draw, wording, family.traits, seed))
    draw.shuffle(rows)
    turns = max(map(len, rows))
    return [row[turn] for turn in range(turns) for row in rows if turn < len(row)]


def _of_wording(draw: random.Random, wording: Wording, traits: Traits, seed: int) -> list[Candidate]:
    offered = packs(traits.sizes, traits.net)
    chosen = [draw.choice(offered)] if traits.sold_by == "weight" else list(offered)
    brands = (UNBRANDED,) if traits.loose else brand_pool(traits.brands, traits.tiers, seed)
    value = draw.uniform(0.87, 1.22)
    row = [Candidate(wording, brand, pack, traits, offered[0], value) for brand in brands for pack in chosen]
    draw.shuffle(row)
    return row


def _product(leaf: Leaf, article: int, candidate: Candidate, seed: int) -> Product:
    traits, brand, pack = candidate.traits, candidate.brand, candidate.pack
    gtin = _gtin(leaf, article, candidate)
    draw = stream(seed, "product", gtin)
    name = _name(candidate)
    organic = brand.tier == "organic" or " bio" in name
    origin = draw.choice(traits.origin.split("|"))
    missing = incomplete(leaf.category.category_id, article)
    return Product(
        gtin=gtin,
        name=name,
        brand=brand.name,
        category_id=leaf.category.category_id,
        picture=candidate.wording.picture or traits.picture,
        sold_by=traits.sold_by,
        net_quantity=pack.quantity,
        net_unit=pack.unit,
        unit_basis=pack.basis,
        vat_basis_points=traits.vat,
        zone=traits.zone,
        origin=origin,
        nutri_score=score_of(draw, traits, brand, loose=traits.loose),
        labels=labels_of(traits, name=name, origin=origin, organic=organic, own=brand.own),
        alcohol_permille=traits.alcohol,
        minimum_age=traits.minimum_age,
        deposit_cents=traits.deposit * _bottles(pack),
        retractable=traits.retractable and traits.zone == "ambient",
        sort_name=folded(name),
        sellable=not missing,
        price_cents=_price(candidate, organic=organic),
        popularity=_popularity(draw, article, brand),
        discount_percent_max=_discount_max(traits, name),
        particulars=_particulars(
            draw,
            candidate,
            gtin=gtin,
            description=_description(candidate, name, origin, organic=organic),
            nutrition=_nutrition(draw, traits, name),
            missing=missing,
        ),
    )


def _particulars(
    draw: random.Random,
    candidate: Candidate,
    *,
    gtin: int,
    description: str,
    nutrition: dict[str, int],
    missing: frozenset[str],
) -> Particulars:
    traits, brand = candidate.traits, candidate.brand
    ingredients = capitalised(with_additions(traits.ingredients, candidate.wording.additions))
    if "ingredients" in missing:
        ingredients = ""
    allergens = allergens_in(ingredients) if traits.food else []
    return Particulars(
        gtin=gtin,
        description=description,
        ingredients=ingredients,
        allergens=allergens,
        traces=[trace for trace in traits.traces if trace not in allergens and draw.random() < 0.5],
        nutrition=nutrition,
        storage="" if "storage" in missing else traits.storage,
        instructions=traits.instructions,
        operator_name="" if "operator" in missing else brand.operator_name,
        operator_address="" if "operator" in missing else brand.operator_address,
        search_words=traits.search,
    )


def _gtin(leaf: Leaf, article: int, candidate: Candidate) -> int:
    if candidate.traits.sold_by == "weight":
        return weighed_gtin(leaf=leaf.number, article=article)
    return packaged_gtin(company=candidate.brand.number, leaf=leaf.number, article=article)


def _name(candidate: Candidate) -> str:
    name = candidate.wording.name
    word = candidate.traits.organic_word
    if candidate.brand.tier == "organic" and f" {word}" not in name:
        name = f"{name} {word}"
    if candidate.pack.suffix:
        name = f"{name} {candidate.pack.suffix}"
    return capitalised(name)


def _nutrition(draw: random.Random, traits: Traits, name: str) -> dict[str, int]:
    if not traits.nutrition:
        return {}
    return nutrition_table(draw, told=traits.nutrition, name=name, alcohol=traits.alcohol)


def _price(candidate: Candidate, *, organic: bool) -> int:
    """Recommended: by weight a kilogram's, else the pack's; larger packs are cheaper by the kilogram."""
    traits, pack = candidate.traits, candidate.pack
    factor = candidate.brand.price_factor * candidate.value
    if organic and candidate.brand.tier != "organic":
        factor *= ORGANIC_FACTOR
    if traits.sold_by == "weight":
        return shelf_price(round(traits.price * 100 * factor))
    cheaper = math.pow(pack.amount / candidate.first_pack.amount, -LARGER_IS_CHEAPER)
    return shelf_price(round(traits.price * 100 * pack.amount * factor * cheaper))


def _popularity(draw: random.Random, article: int, brand: Brand) -> float:
    """The first articles of a leaf, and the own brand, are asked for most."""
    own = 1.35 if brand.own else 1.0
    return own * draw.lognormvariate(0, 0.7) / math.pow(article + 6, 0.35)


def _discount_max(traits: Traits, name: str) -> int:
    """The caps of the Egalim laws; 0: never reduced (first-stage infant formula)."""
    if traits.no_promotion or "1er âge" in name:
        return 0
    return 34 if traits.food or traits.pet_food else 40


def _bottles(pack: Pack) -> int:
    return int(pack.suffix.split(" ")[0]) if "×" in pack.suffix else 1


def _description(candidate: Candidate, name: str, origin: str, *, organic: bool) -> str:
    brand = candidate.brand.name
    subject = f"{name}, {brand}." if brand else f"{name}."
    more = " Issu de l’agriculture biologique." if organic and candidate.traits.food else ""
    place = f" {origin}." if origin and candidate.traits.food else ""
    return f"{subject}{place}{more}"
