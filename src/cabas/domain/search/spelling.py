"""The words the catalogue knows: what a mistyped one may mean, and how a begun one may end."""

from bisect import bisect_left
from collections.abc import Mapping
from itertools import islice

import msgspec
import tantivy
from tantivy import Query

from cabas.domain.search.words import stem

ONE_TYPO_FROM, TWO_TYPOS_FROM = 4, 7
"""Letters a word needs before one or two typos are looked for."""
READINGS_MAX = 5
BEGINNINGS_MAX = 12
RARE = 3
"""A word met less often may itself be a typo in the catalogue: much commoner neighbours are read too."""
MUCH_COMMONER = 10
_NEIGHBOURS_MAX = 60
_WEIGHTS = {1: 0.7, 2: 0.4}
_BEGUN_WEIGHT = 0.5
_HEAP_BYTES = 15_000_000


class Reading(msgspec.Struct, frozen=True):
    """A known word that may be meant, and how likely beside the word itself."""

    word: str
    weight: float


class Vocabulary:
    """
    The words of products with how many have them. Neighbours come from an automaton over the
    dictionary of terms, not from comparing with each word.
    """

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._counts = {word: count for word, count in counts.items() if len(word) > 1}
        self._stems = frozenset(map(stem, self._counts))
        self._sorted = sorted(self._counts)
        builder = tantivy.SchemaBuilder()
        builder.add_text_field("word", stored=True, tokenizer_name="raw", index_option="basic")
        self._schema = builder.build()
        index = tantivy.Index(self._schema)
        writer = index.writer(_HEAP_BYTES, 1)
        for word in self._sorted:
            writer.add_document(tantivy.Document(word=word))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()

    def knows(self, word: str) -> bool:
        """Itself or another form of it: ``couche`` for ``couches``."""
        return word in self._counts or stem(word) in self._stems

    def readings(self, word: str) -> list[Reading]:
        """The word itself when it is known, else its nearest neighbours, else two words run together."""
        count = self._counts.get(word, 0)
        exact = [Reading(word, 1.0)] if self.knows(word) else []
        if count >= RARE or word.isdigit() or (exact and not count):
            return exact
        near = self._neighbours(word, common=max(1, count * MUCH_COMMONER))
        return exact + near

    def split(self, word: str) -> list[str]:
        """``cocacola`` → ``coca cola``: two known words run together, the commonest pair; ``[]`` when none."""
        pairs = [
            (word[:place], word[place:])
            for place in range(2, len(word) - 1)
            if word[:place] in self._counts and word[place:] in self._counts
        ]
        return list(max(pairs, key=lambda pair: min(map(self._counts.__getitem__, pair)), default=()))

    def beginnings(self, begun: str) -> list[Reading]:
        """Known words that begin so, the commonest first."""
        start = bisect_left(self._sorted, begun)
        found = []
        for word in islice(self._sorted, start, None):
            if not word.startswith(begun):
                break
            if word != begun:
                found.append(word)
        found.sort(key=lambda word: (-self._counts[word], word))
        return [Reading(word, _BEGUN_WEIGHT) for word in found[:BEGINNINGS_MAX]]

    def _neighbours(self, word: str, *, common: int) -> list[Reading]:
        for distance in _distances(word):
            query = Query.fuzzy_term_query(self._schema, "word", word, distance=distance)
            hits = self._searcher.search(query, _NEIGHBOURS_MAX, count=False).hits
            near = {self._searcher.doc(address)["word"][0] for _, address in hits} - {word}
            kept = [known for known in near if self._counts[known] >= common and not known.isdigit()]
            if kept:
                kept.sort(key=lambda known: (-self._counts[known], known))
                return [Reading(known, _WEIGHTS[distance]) for known in kept[:READINGS_MAX]]
        return []


def _distances(word: str) -> tuple[int, ...]:
    if len(word) < ONE_TYPO_FROM:
        return ()
    return (1,) if len(word) < TWO_TYPOS_FROM else (1, 2)
