"""
Other names of the same things: what is typed for what is written on the pack (``synonyms.txt``).

They are added to the products when the index is made, so that a query costs nothing more and its
typos are mended like any other.
"""

from collections.abc import Collection
from functools import cache
from importlib import resources

import msgspec

from cabas.domain.search.words import stems_of


class Synonyms(msgspec.Struct, frozen=True):
    """What says all the stems of ``written`` is also looked for by each of ``typed``."""

    written: frozenset[str]
    typed: tuple[str, ...]


def other_names(stems: Collection[str]) -> list[str]:
    """The other names of what these stems (of a product's name and category) name."""
    told = frozenset(stems)
    groups = [group for stem in told for group in _by_first_stem().get(stem, ())]
    return [name for group in groups if group.written <= told for name in group.typed]


@cache
def _by_first_stem() -> dict[str, list[Synonyms]]:
    index: dict[str, list[Synonyms]] = {}
    for group in read_synonyms():
        index.setdefault(min(group.written), []).append(group)
    return index


def read_synonyms() -> list[Synonyms]:
    """``written: typed, typed`` a line; ``#`` begins a comment."""
    text = (resources.files("cabas.domain.search") / "synonyms.txt").read_text("utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    pairs = (line.partition(":") for line in lines if line)
    return [
        Synonyms(frozenset(stems_of(written)), tuple(name.strip() for name in typed.split(",")))
        for written, _, typed in pairs
    ]
