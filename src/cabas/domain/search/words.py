"""
What a text says, in words and sizes: the same reading for products and for what a shopper types.

A size is said in many ways (``1,5 L``, ``150cl``, ``1.5``): it is read as tokens that meet.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import msgspec
import tantivy

from cabas.kit.text import folded, search_key

WORDS_MAX = 8
WORD_LENGTH_MAX = 40
TEXT_LENGTH_MAX = 400
STOP_WORDS = frozenset(
    ("a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "le", "les", "n", "par", "s", "sur",
     "un", "une")
)  # fmt: skip
"""Words that tell nothing of a product; ``sans``, ``avec`` and ``pour`` do."""

_AMOUNT = re.compile(
    r"(?<![\w.,])(?:(?P<times>\d{1,3})\s*(?:x|\*|×)\s*)?(?P<number>\d{1,5}(?:[.,]\d{1,3})?)"
    r"(?:\s*(?P<unit>kg|kilos?|mg|grammes?|gr|g|litres?|l|cl|ml|dl))?(?![\w%]|[.,]\d)"
)
_COUNT = re.compile(r"(?<!\w)x\s?(?P<count>\d{1,3})(?!\w)")
_TO_BASE = {
    "kg": ("g", 1000.0), "kilo": ("g", 1000.0), "g": ("g", 1.0), "gr": ("g", 1.0), "gramme": ("g", 1.0),
    "mg": ("g", 0.001), "litre": ("ml", 1000.0), "l": ("ml", 1000.0), "dl": ("ml", 100.0),
    "cl": ("ml", 10.0), "ml": ("ml", 1.0),
}  # fmt: skip
_LETTERS = re.compile(r"[^\W\d_]+")
_SPELLED_IN = {"g": (1.0, 1000.0), "ml": (1.0, 10.0, 1000.0), "piece": (1.0,)}


class Wanted(msgspec.Struct, frozen=True):
    """What a shopper typed: ``words`` folded, in order; ``sizes`` as tokens; ``accented`` words as `accented`."""

    words: list[str]
    sizes: list[str]
    accented: list[str]


def read(text: str) -> Wanted:
    """Bounded in number and length. Only words that tell nothing: they are kept, there is nothing else."""
    bounded = text[:TEXT_LENGTH_MAX]
    rest = _AMOUNT.sub(_without_unit, folded(bounded))
    words = [word[:WORD_LENGTH_MAX] for word in search_key(rest).split()][:WORDS_MAX]
    telling = [word for word in words if word not in STOP_WORDS]
    return Wanted(telling or words, sizes_in(bounded)[:WORDS_MAX], accented(bounded)[:WORDS_MAX])


def words_of(text: str) -> list[str]:
    """All words, folded."""
    return [word for told in text.split() for word in _folded_words(told)]


def stems_of(text: str) -> list[str]:
    return [stem(word) for word in words_of(text) if word not in STOP_WORDS]


def accented(text: str) -> list[str]:
    """The words with an accent, as they are accented, without the plural: ``pâtés`` are not ``pâtes``."""
    words = _LETTERS.findall(unicodedata.normalize("NFC", text).lower())
    return [word.rstrip("s") for word in words if not word.isascii()]


def whole_name(words: Sequence[str]) -> str:
    """One token for a whole name, whatever the order, the plural and the small words: to meet a category."""
    return " ".join(sorted({stem(word) for word in words if word not in STOP_WORDS}))


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The French stem of a folded word (Snowball)."""
    return next(iter(_ANALYZER.analyze(word)), word)


def size_tokens(amount: int, unit: str) -> list[str]:
    """``1500, "ml"`` → ``1500ml n1500 n150 n1.5``: with its unit, and as a bare number in each way it is told."""
    bare = [f"n{amount / scale:g}" for scale in _SPELLED_IN[unit]]
    return bare if unit == "piece" else [f"{amount}{unit}", *bare]


def sizes_in(text: str) -> list[str]:
    """The tokens of the sizes a text names: ``6 x 33 cl`` → ``n6 330ml``; ``1,5`` → ``n1.5``."""
    plain = folded(text[:TEXT_LENGTH_MAX])
    found = [f"n{int(match['count'])}" for match in _COUNT.finditer(plain)]
    for match in _AMOUNT.finditer(plain):
        if match["times"]:
            found.append(f"n{int(match['times'])}")
        number = float(match["number"].replace(",", "."))
        found.append(_with_unit(number, match["unit"]) if match["unit"] else f"n{number:g}")
    return found


@lru_cache(maxsize=20_000)
def _folded_words(told: str) -> tuple[str, ...]:
    """Of what stands between spaces; kept, since a catalogue says the same few thousand words over and over."""
    return tuple(search_key(told).split())


def _with_unit(number: float, told: str) -> str:
    unit, scale = _TO_BASE.get(told) or _TO_BASE[told.rstrip("s")]
    return f"{number * scale:g}{unit}"


def _without_unit(match: re.Match[str]) -> str:
    """A number with a unit or a decimal is a size; a bare one may be a name: 1664."""
    return " " if match["unit"] or match["times"] or not match["number"].isdigit() else match[0]


_ANALYZER = (
    tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
    .filter(tantivy.Filter.stemmer("french"))
    .build()
)
