"""How a search that has been begun may go on: the first words of product names, and categories."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from itertools import islice

from cabas.domain.search.words import STOP_WORDS, words_of
from cabas.kit.text import search_key

WORDS_MAX = 3
COMMON = 3
"""A phrase that fewer names begin with is a product, not a search."""
_LOOKED_AT_MAX = 2_000


class Phrases:
    """Built from (product name, category name) pairs; a phrase is kept as it is first written."""

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        counts: Counter[str] = Counter()
        written: dict[str, str] = {}
        for name, category in names:
            for phrase in (*_openings(name), category):
                key = " ".join(words_of(phrase))
                counts[key] += 1
                written.setdefault(key, phrase.lower())
        self._counts = {key: count for key, count in counts.items() if count >= COMMON and key}
        self._written = {key: written[key] for key in self._counts}
        self._sorted = sorted(self._counts)

    def beginning(self, text: str, limit: int) -> list[str]:
        """Phrases that begin so and say more, the commonest first."""
        begun = search_key(text)
        if not begun:
            return []
        start = bisect_left(self._sorted, begun)
        near = islice(self._sorted, start, start + _LOOKED_AT_MAX)
        found = [key for key in near if key.startswith(begun) and key != begun]
        found.sort(key=lambda key: (-self._counts[key], key))
        return [self._written[key] for key in found[:limit]]


def _openings(name: str) -> list[str]:
    """``Pâtes à la farine complète`` → ``Pâtes``, ``Pâtes à la farine``, ``Pâtes à la farine complète``."""
    words = name.split()
    found = []
    telling = 0
    for place, word in enumerate(words):
        if STOP_WORDS.issuperset(words_of(word)) or any(letter.isdigit() for letter in word):
            continue
        telling += 1
        if telling > WORDS_MAX:
            break
        found.append(" ".join(words[: place + 1]))
    return found
