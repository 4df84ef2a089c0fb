"""
The category tree and, below each leaf, the families of goods: read from ``data/aisles/*.toml``.

What is said at an aisle holds for its shelves, their leaves and families, unless said again below.
"""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from cabas.seed.writing import slug

DATA = resources.files("cabas.seed") / "data"
ALL_TIERS = "own value national premium organic"
_STRUCTURE = frozenset({"name", "shelf", "leaf", "t", "families"})


class Traits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    What the goods of a family have in common.

    ``price``: euros a kilogram, litre or piece at a national brand's level. ``nutrition``: grams per
    100 g or ml of fat, saturates, carbohydrates, sugars, fibre, protein, salt. ``alcohol``: tenths of
    % vol. ``sizes``: ``4x125g x12 75cl``; ``net``: the weights of sizes told in pieces.
    """

    picture: str
    walk: str
    brands: str
    price: float
    sizes: str
    zone: str = "ambient"
    tiers: str = ALL_TIERS
    sold_by: str = "piece"
    loose: bool = False
    food: bool = True
    pet_food: bool = False
    vat: int = 550
    net: str = ""
    origin: str = ""
    ingredients: str = ""
    nutrition: str = ""
    score: str = ""
    storage: str = ""
    instructions: str = ""
    search: str = ""
    organic_word: str = "bio"
    labels: list[str] = []
    traces: list[str] = []
    alcohol: int = 0
    minimum_age: int = 0
    deposit: int = 0
    retractable: bool = True
    no_promotion: bool = False


class Category(msgspec.Struct, frozen=True):
    category_id: int
    parent_id: int | None
    level: int
    slug: str
    name: str
    picture: str
    sort: int


class Family(msgspec.Struct, frozen=True):
    template: str
    traits: Traits


class Leaf(msgspec.Struct, frozen=True):
    """A third-level category; ``number`` counts leaves from 1 in the order of the tree."""

    number: int
    category: Category
    families: list[Family]


class Tree(msgspec.Struct, frozen=True):
    categories: list[Category]
    leaves: list[Leaf]
    walks: dict[int, str]
    """How each aisle (1, 2, …) comes in a store's walk: ambient, heavy, fragile, chilled, frozen."""


@cache
def read_tree() -> Tree:
    tree = Tree(categories=[], leaves=[], walks={})
    slugs: set[str] = set()
    files = sorted((DATA / "aisles").iterdir(), key=lambda file: file.name)
    for number, file in enumerate(files, start=1):
        aisle = tomllib.loads(file.read_text(encoding="utf-8"))
        tree.walks[number] = aisle["walk"]
        _add_aisle(tree, slugs, aisle, number)
    return tree


def _add_aisle(tree: Tree, slugs: set[str], aisle: dict[str, Any], number: int) -> None:
    aisle_id = number * 10_000
    tree.categories.append(_category(slugs, aisle, aisle_id, None, 1))
    for shelf_number, shelf in enumerate(aisle["shelf"], start=1):
        shelf = {"picture": aisle["picture"], **shelf}
        shelf_id = aisle_id + shelf_number * 100
        tree.categories.append(_category(slugs, shelf, shelf_id, aisle_id, 2))
        for leaf_number, leaf in enumerate(shelf["leaf"], start=1):
            leaf = {"picture": shelf["picture"], **leaf}
            category = _category(slugs, leaf, shelf_id + leaf_number, shelf_id, 3)
            tree.categories.append(category)
            families = [_family(aisle, shelf, leaf, told) for told in leaf["t"]]
            tree.leaves.append(Leaf(len(tree.leaves) + 1, category, families))


def _category(
    slugs: set[str], told: dict[str, Any], category_id: int, parent: int | None, level: int
) -> Category:
    """Its slug is its name's, with a number when another category has it."""
    base = slug(told["name"])
    name = base
    count = 2
    while name in slugs:
        name = f"{base}-{count}"
        count += 1
    slugs.add(name)
    return Category(category_id, parent, level, name, told["name"], told["picture"], category_id)


def _family(*levels: dict[str, Any] | str) -> Family:
    merged: dict[str, Any] = {}
    search: list[str] = []
    template = ""
    for level in levels:
        told = {"t": level} if isinstance(level, str) else level
        template = told["t"] if isinstance(told.get("t"), str) else template
        merged |= {key: value for key, value in told.items() if key not in _STRUCTURE}
        search += told.get("search", "").split()
    merged["search"] = " ".join(dict.fromkeys(search))
    return Family(template, msgspec.convert(merged, Traits))
