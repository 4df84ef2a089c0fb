"""From tags, names and aisles of a file to a leaf of our tree: the tables are in ``data/*.toml``."""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import msgspec

from cabas.domain.catalog.model import Category
from cabas.imports.products.model import UNSORTED_ID, Place, Traits
from cabas.kit.text import search_key

DATA = resources.files("cabas.imports") / "data"
LAST_PICTURE = "shopping-bags"
UNSORTED = (
    Category(
        category_id=990_000, parent_id=None, level=1, slug="a-classer", name="À classer", picture=LAST_PICTURE
    ),
    Category(
        category_id=990_100,
        parent_id=990_000,
        level=2,
        slug="a-classer-rayon",
        name="À classer",
        picture=LAST_PICTURE,
    ),
    Category(
        category_id=UNSORTED_ID,
        parent_id=990_100,
        level=3,
        slug="a-classer-produits",
        name="À classer",
        picture=LAST_PICTURE,
    ),
)
"""Where what no rule knows is kept until somebody sorts it."""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    leaf: str
    tags: str = ""
    broad: str = ""
    words: str = ""
    frozen: str = ""


class Rules(msgspec.Struct, frozen=True):
    by_tag: dict[str, Rule]
    by_broad_tag: dict[str, Rule]
    by_word: dict[str, Rule]
    words: re.Pattern[str]
    by_aisle: dict[str, str]


def leaf_of(*, tags: Sequence[str], texts: Iterable[str], aisle: str, frozen: bool) -> str:
    """
    The slug of the leaf; "" when no rule knows.

    :param tags: general ones first, as Open Food Facts orders them. :param texts: the first that holds a word counts.
    """
    rules = read_rules()
    bare = [tag.split(":", 1)[-1] for tag in reversed(tags)]
    french = (tag[3:] for tag in reversed(tags) if tag.startswith("fr:"))
    found = (rules.words.search(_singular(text)) for text in (*texts, *french))
    rule = (
        next((rules.by_tag[tag] for tag in bare if tag in rules.by_tag), None)
        or next((rules.by_word[word[1]] for word in found if word), None)
        or next((rules.by_broad_tag[tag] for tag in bare if tag in rules.by_broad_tag), None)
    )
    if rule is None:
        return rules.by_aisle.get(aisle, "")
    return rule.frozen if frozen and rule.frozen else rule.leaf


@cache
def read_rules() -> Rules:
    told = _read("categories.toml")
    rules = [msgspec.convert(rule, Rule) for rule in told["rule"]]
    by_word = {_singular(word): rule for rule in rules for word in rule.words.split("|") if word}
    return Rules(
        by_tag={tag: rule for rule in rules for tag in rule.tags.split()},
        by_broad_tag={tag: rule for rule in rules for tag in rule.broad.split()},
        by_word=by_word,
        words=_any_of(by_word),
        by_aisle=told["aisle"],
    )


def picture_of(name: str) -> str:
    """The picture of the first thing a name names; "" when it names none we can draw."""
    motifs, words = _motifs()
    found = words.search(_singular(name))
    return motifs[found[1]] if found else ""


def places_of(categories: Iterable[Category]) -> tuple[Mapping[str, Place], Mapping[int, Place]]:
    """Leaves by slug and by number, each with what holds for it."""
    known = {category.category_id: category for category in categories}
    traits = _read("traits.toml")
    by_slug, by_id = {}, {}
    for category in known.values():
        above = known.get(category.parent_id or 0)
        top = known.get(above.parent_id or 0) if above else None
        told: dict[str, Any] = {}
        for level in (top, above, category):
            told |= traits.get(level.slug, {}) if level else {}
        place = Place(category.category_id, category.picture or LAST_PICTURE, msgspec.convert(told, Traits))
        by_id[category.category_id] = place
        if category.level == 3:
            by_slug[category.slug] = place
    return by_slug, by_id


@cache
def _motifs() -> tuple[dict[str, str], re.Pattern[str]]:
    motifs = {_singular(word): picture for word, picture in _read("pictures.toml").items()}
    return motifs, _any_of(motifs)


def _singular(text: str) -> str:
    """Folded words without the endings of the plural: ``Soupes de poireaux`` → ``soupe de poireau``."""
    return " ".join(word.rstrip("sx") or word for word in search_key(text).split())


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of these words, whole; of two that begin at the same place the longer."""
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(rf"\b({'|'.join(map(re.escape, longest_first))})\b")


@cache
def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / name).read_text(encoding="utf-8"))
