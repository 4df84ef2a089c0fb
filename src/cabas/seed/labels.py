"""Labels, Nutri-Score and the few products left incomplete on purpose."""

import random

from cabas.seed.brands import Brand
from cabas.seed.catalogue import Traits

SCORES = "ABCDE"
INCOMPLETE = {
    50101: frozenset({"storage"}),
    70201: frozenset({"ingredients"}),
    90401: frozenset({"operator"}),
    100101: frozenset({"ingredients"}),
    110101: frozenset({"operator", "storage"}),
    120301: frozenset({"ingredients"}),
    80301: frozenset({"operator"}),
}
"""Leaf → what is missing from one of its products: they are stored, shown to nobody and not sold."""
INCOMPLETE_ARTICLE = 6


def incomplete(category_id: int, article: int) -> frozenset[str]:
    """What this article's particulars lack; empty for almost all."""
    return INCOMPLETE.get(category_id, frozenset()) if article == INCOMPLETE_ARTICLE else frozenset()


def score_of(draw: random.Random, traits: Traits, brand: Brand, *, loose: bool) -> str | None:
    """
    The family's letter, sometimes a neighbour. None: alcohol, infants, goods without a label, and
    brands that do not take part (it is voluntary).
    """
    if not traits.score or not traits.food or loose or (brand.tier == "premium" and draw.random() < 0.5):
        return None
    step = draw.choices((-1, 0, 1), (1, 7, 1))[0]
    place = min(max(SCORES.index(traits.score) + step, 0), len(SCORES) - 1)
    return SCORES[place]


def labels_of(traits: Traits, *, name: str, origin: str, organic: bool, own: bool) -> list[str]:
    found = {
        "organic": organic,
        "own_brand": own,
        "france": "France" in origin,
        "gluten_free": "sans gluten" in name,
        "lactose_free": "sans lactose" in name,
        "halal": "halal" in name,
        "pdo": " AOP" in name,
        "no_added_sugar": "sans sucres ajoutés" in name,
    }
    return sorted({*traits.labels, *(label for label, holds in found.items() if holds)})
