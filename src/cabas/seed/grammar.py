"""
The grammar of product names.

``Yaourt {nature|à la fraise=fraises@strawberry}`` stands for each choice of one alternative a brace;
an alternative is its words, then ``=`` what it adds to the ingredients, then ``@`` its picture.
``{$fruits}`` takes the alternatives of ``data/sets.toml``.
"""

import itertools
import re
import tomllib
from functools import cache

import msgspec

from cabas.seed.catalogue import DATA

_BRACES = re.compile(r"\{([^{}]*)\}")
_SPACES = re.compile(r"\s+")
_DANGLING = re.compile(r"(?:, )+(?=,|$)|^, ")


class Wording(msgspec.Struct, frozen=True):
    """One way through a template. ``picture`` is empty when no alternative names one."""

    name: str
    additions: tuple[str, ...]
    picture: str


class _Alternative(msgspec.Struct, frozen=True):
    words: str
    addition: str = ""
    picture: str = ""


@cache
def wordings(template: str) -> tuple[Wording, ...]:
    """All that a template stands for, in order."""
    pieces = _BRACES.split(template)
    choices = [
        _alternatives(piece) if index % 2 else [_Alternative(piece)] for index, piece in enumerate(pieces)
    ]
    return tuple(_worded(chosen) for chosen in itertools.product(*choices))


def with_additions(ingredients: str, additions: tuple[str, ...]) -> str:
    """``Lait, {+}, sel`` with what the alternatives add; without additions the place closes."""
    text = ingredients.replace("{+}", ", ".join(additions))
    return _SPACES.sub(" ", _DANGLING.sub("", text)).strip()


def _alternatives(inside: str) -> list[_Alternative]:
    if inside.startswith("$"):
        inside = _sets()[inside[1:]]
    return [_alternative(told) for told in inside.split("|")]


def _alternative(told: str) -> _Alternative:
    told, _, picture = told.partition("@")
    words, _, addition = told.partition("=")
    return _Alternative(words, addition, picture)


def _worded(chosen: tuple[_Alternative, ...]) -> Wording:
    name = "".join(alternative.words for alternative in chosen).replace("*", "")
    pictures = [alternative.picture for alternative in chosen if alternative.picture]
    return Wording(
        name=_SPACES.sub(" ", name).replace(" ,", ",").strip(),
        additions=tuple(alternative.addition for alternative in chosen if alternative.addition),
        picture=pictures[-1] if pictures else "",
    )


@cache
def _sets() -> dict[str, str]:
    return tomllib.loads((DATA / "sets.toml").read_text(encoding="utf-8"))
