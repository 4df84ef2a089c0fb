"""
The index of products: tantivy in memory, French words, queries built as objects
(docs/algorithms/search.md). User text never reaches a query parser.
"""

from collections.abc import Iterable
from difflib import get_close_matches

import msgspec
import tantivy
from tantivy import Occur, Query

from cabas.kit.text import folded, search_key

WORDS_MAX = 8
WORD_LENGTH_MAX = 40
FUZZY_FROM, FUZZIER_FROM = 4, 8
_HEAP_BYTES = 24_000_000
_FRENCH, _PLAIN = "french", "plain"
_FIELDS = (("name", 4.0), ("leaf", 4.0), ("brand", 3.0), ("category", 1.0), ("words", 2.0))
_ALSO_COUNTS = 0.6
"""A word met in two fields is worth more than in one: an apple, in the apples, before an apple cake."""

_PREFIX_BOOST, _TYPO_BOOST, _TYPO_TWO_BOOST = 1.2, 0.6, 0.3


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """What is searched of a product. ``leaf``: its category; ``category``: those above; ``words``: synonyms, size…"""

    gtin: int
    name: str
    brand: str
    leaf: str
    category: str
    words: str


class ProductIndex:
    """An index that doesn't change; a new one replaces it."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._schema = _schema()
        self._index = tantivy.Index(self._schema)
        self._french = _french()
        self._index.register_tokenizer(_FRENCH, self._french)
        self._index.register_tokenizer(_PLAIN, _plain())
        vocabulary: set[str] = set()
        writer = self._index.writer(_HEAP_BYTES, 1)
        self.size = 0
        for document in documents:
            writer.add_document(_row(document))
            vocabulary.update(search_key(f"{document.name} {document.brand} {document.leaf}").split())
            self.size += 1
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        self._searcher = self._index.searcher()
        self._vocabulary = frozenset(word for word in vocabulary if len(word) >= FUZZY_FROM)
        self._known = frozenset(vocabulary)

    def search(self, text: str, limit: int) -> list[int]:
        """GTINs by relevance: every word must be met, then, failing that, as many as can be."""
        words = words_of(text)
        if not words:
            return []
        each = [self._word_query(word, last=number == len(words) - 1) for number, word in enumerate(words)]
        found = self._run(Query.boolean_query([(Occur.Must, query) for query in each]), limit)
        if found or len(each) == 1:
            return found
        return self._run(Query.boolean_query([(Occur.Should, query) for query in each]), limit)

    def better_spelling(self, text: str) -> str:
        """The query with unknown words replaced by near known ones; "" when there is nothing to say."""
        words = words_of(text)
        mended = [
            word if word in self._known or len(word) < FUZZY_FROM else self._nearest(word) for word in words
        ]
        return " ".join(mended) if mended != words else ""

    def _nearest(self, word: str) -> str:
        close = [known for known in self._vocabulary if abs(len(known) - len(word)) <= 2]
        return next(iter(get_close_matches(word, close, n=1, cutoff=0.75)), word)

    def _run(self, query: Query, limit: int) -> list[int]:
        hits = self._searcher.search(query, limit, count=False).hits
        return [self._searcher.doc(address)["gtin"][0] for _, address in hits]

    def _word_query(self, word: str, *, last: bool) -> Query:
        """A product meets a word by its stem, exactly, by its beginning or with a typo, the best counting."""
        ways: list[Query] = []
        for stem in self._french.analyze(word) or []:
            ways += [
                Query.boost_query(Query.term_query(self._schema, field, stem), boost)
                for field, boost in _FIELDS
            ]
        for field in ("name_plain", "brand_plain"):
            exact = Query.term_query(self._schema, field, word)
            ways.append(Query.boost_query(exact, 2.0))
            if last and len(word) >= 2:
                begins = Query.fuzzy_term_query(self._schema, field, word, distance=0, prefix=True)
                ways.append(Query.boost_query(begins, _PREFIX_BOOST))
            if len(word) >= FUZZY_FROM:
                ways.append(self._typo(field, word, 1, _TYPO_BOOST, last=last))
            if len(word) >= FUZZIER_FROM:
                ways.append(self._typo(field, word, 2, _TYPO_TWO_BOOST, last=last))
        return Query.disjunction_max_query(ways, _ALSO_COUNTS)

    def _typo(self, field: str, word: str, distance: int, boost: float, *, last: bool) -> Query:
        near = Query.fuzzy_term_query(self._schema, field, word, distance=distance, prefix=last)
        return Query.boost_query(near, boost)


def words_of(text: str) -> list[str]:
    """The words of a query, folded, bounded in number and length."""
    return [word[:WORD_LENGTH_MAX] for word in search_key(text[:400]).split()][:WORDS_MAX]


def _row(document: Document) -> tantivy.Document:
    return tantivy.Document(
        gtin=document.gtin,
        name=document.name,
        brand=document.brand,
        leaf=document.leaf,
        category=document.category,
        words=document.words,
        name_plain=folded(document.name),
        brand_plain=folded(document.brand),
    )


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("gtin", stored=True)
    for field, _ in _FIELDS:
        builder.add_text_field(field, stored=False, tokenizer_name=_FRENCH)
    for field in ("name_plain", "brand_plain"):
        builder.add_text_field(field, stored=False, tokenizer_name=_PLAIN, index_option="basic")
    return builder.build()


def _french() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(WORD_LENGTH_MAX))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.stopword("french"))
        .filter(tantivy.Filter.stemmer("french"))
        .filter(tantivy.Filter.ascii_fold())
        .build()
    )


def _plain() -> tantivy.TextAnalyzer:
    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
        .filter(tantivy.Filter.remove_long(WORD_LENGTH_MAX))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .build()
    )


