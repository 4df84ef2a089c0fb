"""
The index of products: tantivy in memory (docs/algorithms/search.md).

All text is read by `words`, so fields hold stems ready made; queries are built as objects, and
nothing a shopper types reaches a query parser.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import msgspec
import tantivy
from tantivy import Occur, Query

from cabas.domain.search.phrases import Phrases
from cabas.domain.search.spelling import ONE_TYPO_FROM, Reading, Vocabulary
from cabas.domain.search.synonyms import other_names
from cabas.domain.search.words import (
    accented,
    read,
    size_tokens,
    sizes_in,
    stem,
    stems_of,
    whole_name,
    words_of,
)
from cabas.kit.text import folded

FIELDS = {"name": 4.0, "leaf": 4.0, "brand": 3.0, "words": 2.0, "above": 1.0, "head": 1.0, "exact": 1.0}
"""What meeting a word there is worth. ``head``: the name's first word; ``exact``: as written, not its stem."""
ALSO_COUNTS = 0.6
"""A word met in two fields is worth more than in one: an apple, in the apples, before an apple cake."""
WHOLE_NAME = 10.0
"""The query is the whole name of the product's category, or one of its synonyms."""
SIZE = 4.0
ACCENT = 14.0
"""Where accents tell words apart (``pâtes``, ``pâtés``) a typed one is meant; one that wasn't says nothing."""
STRICT_FEW = 5
"""With fewer products that meet all that is asked, those that meet less are added…"""
RELAXED_MAX = 24
"""… up to this many in all."""
POPULARITY = 0.25
"""Tantivy multiplies a score by log2(2 + this much of 0 … 1): the best known counts for 17 % more."""
_HEAP_BYTES = 24_000_000
_APART = re.compile(r"[,;]")
_SEVERAL = re.compile(r",| et ")


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is searched of a product. ``leaf``: its category; ``above``: those over it; ``words``: synonyms
    and labels, whole names apart by commas. ``popularity``: 0 … 1.
    """

    gtin: int
    name: str
    brand: str
    leaf: str
    above: str
    words: str
    net_quantity: int
    net_unit: str
    popularity: float = 0.0


class ProductIndex:
    """An index that doesn't change; a new one replaces it."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self.size = len(documents)
        self._schema = _schema()
        index = tantivy.Index(self._schema)
        writer = index.writer(_HEAP_BYTES, 1)
        counts: Counter[str] = Counter()
        forms: defaultdict[str, set[str]] = defaultdict(set)
        for told in map(_told, documents):
            writer.add_document(_row(told))
            counts.update(set(told.vocabulary))
            for word in told.accented:
                forms[folded(word)].add(word)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher = index.searcher()
        self._vocabulary = Vocabulary(counts)
        self._ambiguous = frozenset(word for same in forms.values() if len(same) > 1 for word in same)
        self._phrases = Phrases((document.name, document.leaf) for document in documents)

    def search(self, text: str, limit: int, *, as_typed: bool = False) -> list[tuple[int, float]]:
        """
        GTINs with their scores, best first: what meets every word, then some of what meets a part.

        :param as_typed: the last word may only be begun.
        """
        wanted = read(text)
        words = [
            self._met(readings) for readings in self._readings(wanted.words, as_typed=as_typed) if readings
        ]
        if wanted.words and not words:
            return []
        sizes = [self._has("size", token, SIZE) for token in wanted.sizes]
        whole = [self._whole(wanted.words)] if wanted.words else []
        whole += [self._has("accented", word, ACCENT) for word in wanted.accented if word in self._ambiguous]
        found: dict[int, float] = {}
        for must, may in _tiers(words, sizes):
            wide = limit if not found else min(limit, RELAXED_MAX)
            for gtin, score in self._run(_query(must, [*may, *whole]), wide):
                found.setdefault(gtin, score)
            if len(found) >= STRICT_FEW:
                break
        return list(found.items())[:limit]

    def better_spelling(self, text: str) -> str:
        """The query with unknown words replaced by near known ones; "" when there is nothing to say."""
        words = words_of(text)
        mended = [better for word in words for better in self._mended(word)]
        return " ".join(mended) if mended != words else ""

    def completions(self, text: str, limit: int) -> list[str]:
        """Searches that begin with this text and find something, the commonest first."""
        return self._phrases.beginning(text, limit)

    def _mended(self, word: str) -> list[str]:
        if self._vocabulary.knows(word) or len(word) < ONE_TYPO_FROM:
            return [word]
        near = self._vocabulary.readings(word)
        return [near[0].word] if near else self._vocabulary.split(word) or [word]

    def _readings(self, words: Sequence[str], *, as_typed: bool) -> list[list[Reading]]:
        """What each word may mean; ``[]`` for one that means nothing here."""
        read_as: list[list[Reading]] = []
        for place, word in enumerate(words):
            readings = self._vocabulary.readings(word)
            begun = place == len(words) - 1 and len(word) > 1 and (as_typed or not readings)
            if begun:
                readings = readings + self._vocabulary.beginnings(word)
            if readings:
                read_as.append(readings)
            else:
                read_as += [[Reading(part, 1.0)] for part in self._vocabulary.split(word)] or [[]]
        return read_as

    def _met(self, readings: Sequence[Reading]) -> Query:
        """A product meets a word by any of its readings in any field: the best counts, others for a part."""
        ways = [
            Query.boost_query(
                Query.term_query(
                    self._schema, field, reading.word if field == "exact" else stem(reading.word)
                ),
                worth * reading.weight,
            )
            for reading in readings
            for field, worth in FIELDS.items()
        ]
        return Query.disjunction_max_query(ways, ALSO_COUNTS)

    def _whole(self, words: Sequence[str]) -> Query:
        read_as = self._readings(words, as_typed=False)
        name = whole_name([readings[0].word for readings in read_as if readings])
        return self._has("whole", name, WHOLE_NAME)

    def _has(self, field: str, token: str, worth: float) -> Query:
        term = Query.term_query(self._schema, field, token)
        return Query.boost_query(Query.const_score_query(term, 1.0), worth)

    def _run(self, query: Query, limit: int) -> list[tuple[int, float]]:
        hits = self._searcher.search(query, limit, count=False, weight_by_field="popularity").hits
        gtins = self._searcher.fast_field_values("gtin", [address for _, address in hits])
        return [(int(gtin or 0), score) for gtin, (score, _) in zip(gtins, hits, strict=True)]


def _tiers(
    words: Sequence[Query], sizes: Sequence[Query]
) -> Iterator[tuple[Sequence[Query], Sequence[Query]]]:
    """What must be met and what may be, the strictest first: words and sizes, all words, a part of them."""
    if sizes:
        yield [*words, *sizes], []
    if words:
        yield words, sizes
    if len(words) + len(sizes) > 1:
        yield [], [*words, *sizes]


def _query(must: Sequence[Query], may: Sequence[Query]) -> Query:
    return Query.boolean_query(
        [*((Occur.Must, query) for query in must), *((Occur.Should, query) for query in may)]
    )


class _Told(msgspec.Struct, frozen=True):
    """A document read: stems of its fields, and the names it answers to beside its own."""

    document: Document
    name: list[str]
    leaf: list[str]
    words: list[str]
    others: list[str]

    @property
    def accented(self) -> list[str]:
        return accented(f"{self.document.name} {self.document.leaf}")

    @property
    def vocabulary(self) -> list[str]:
        of = self.document
        return words_of(" ".join((of.name, of.brand, of.leaf, of.words, *self.others)))

    @property
    def whole_names(self) -> set[str]:
        of = self.document
        names = (of.leaf, *_APART.split(of.above), *_APART.split(of.words), *self.others)
        return {whole_name(words_of(name)) for name in names} - {""}


def _told(document: Document) -> _Told:
    name, leaf, words = stems_of(document.name), stems_of(document.leaf), stems_of(document.words)
    # "Essuie-tout et serviettes" says nothing of which of the two a product is.
    sure = [] if _SEVERAL.search(document.leaf) else leaf
    return _Told(document, name, leaf, words, other_names([*name, *sure, *words]))


def _row(told: _Told) -> tantivy.Document:
    document = told.document
    row = tantivy.Document(
        name=" ".join(told.name),
        brand=" ".join(stems_of(document.brand)),
        leaf=" ".join(told.leaf),
        above=" ".join(stems_of(document.above)),
        words=" ".join([*told.words, *stems_of(" ".join(told.others))]),
        head=" ".join(told.name[:1]),
        exact=" ".join(words_of(f"{document.name} {document.brand}")),
        accented=" ".join(told.accented),
        size=" ".join([*size_tokens(document.net_quantity, document.net_unit), *sizes_in(document.name)]),
    )
    for name in told.whole_names:
        row.add_text("whole", name)
    row.add_integer("gtin", document.gtin)
    row.add_float("popularity", document.popularity * POPULARITY)
    return row


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("gtin", stored=False, fast=True)
    builder.add_float_field("popularity", stored=False, fast=True)
    for field in FIELDS:
        builder.add_text_field(field, stored=False, tokenizer_name="whitespace")
    for field in ("size", "accented"):
        builder.add_text_field(field, stored=False, tokenizer_name="whitespace", index_option="basic")
    builder.add_text_field("whole", stored=False, tokenizer_name="raw", index_option="basic")
    return builder.build()
