"""The shop's search: the current index, its renewal, and the join with what a store sells."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime

import msgspec

from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import Card
from cabas.domain.search import queries
from cabas.domain.search.index import ProductIndex
from cabas.kit.db import PASSING_FAULTS, Connection, Database

CONSIDERED = 240
"""Best products of the whole network looked at for one store: it sells a part of them."""
SUGGESTED_CONSIDERED = 40
SUGGESTED_PRODUCTS, SUGGESTED_QUERIES = 4, 3
RENEWAL_SECONDS = 60
OUT_OF_STOCK = 0.5
"""What a score is worth when the product can't be had today."""
GTIN_LENGTHS = (8, 12, 13, 14)
_log = logging.getLogger("cabas.search")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """``cards``: by relevance. ``better_spelling``: "" or a query to offer."""

    cards: list[Card]
    better_spelling: str


class Suggested(msgspec.Struct, frozen=True, kw_only=True):
    """What to show under a search being typed: ``queries`` that go on from it, then products."""

    queries: list[str]
    cards: list[Card]


class SearchEngine:
    """One a process. Until the first index is made, PostgreSQL answers, more plainly."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index: ProductIndex | None = None
        self._version: queries.Version | None = None

    @property
    def ready(self) -> bool:
        return self._index is not None

    async def refresh(self) -> bool:
        """Make the index anew when products have changed. The work is done beside the event loop."""
        async with self._database.read() as reader:
            version = await queries.version(reader)
            if version == self._version:
                return False
            documents = await queries.documents(reader)
        self._index = await asyncio.to_thread(ProductIndex, documents)
        self._version = version
        return True

    async def keep_fresh(self) -> None:
        """Runs for the life of the process; a failed renewal keeps the index there is."""
        while True:
            try:
                await self.refresh()
            except PASSING_FAULTS:
                _log.warning("search index not renewed: the database did not answer")
            await asyncio.sleep(RENEWAL_SECONDS)

    async def find(self, reader: Connection, *, store_id: int, text: str, now: datetime) -> Found:
        """What the store sells that answers these words, or this barcode; what can be had today is put forward."""
        scores = await self._scores(reader, text, limit=CONSIDERED, as_typed=False)
        cards = await _cards(reader, scores, store_id=store_id, now=now)
        better = self._index.better_spelling(text) if self._index and _gtin(text) is None else ""
        return Found(cards=cards, better_spelling=better)

    async def suggest(self, reader: Connection, *, store_id: int, text: str, now: datetime) -> Suggested:
        """For a search that is being typed: its last word may only be begun."""
        scores = await self._scores(reader, text, limit=SUGGESTED_CONSIDERED, as_typed=True)
        cards = await _cards(reader, scores, store_id=store_id, now=now)
        going_on = self._index.completions(text, SUGGESTED_QUERIES) if self._index else []
        return Suggested(queries=going_on, cards=cards[:SUGGESTED_PRODUCTS])

    async def _scores(
        self, reader: Connection, text: str, *, limit: int, as_typed: bool
    ) -> Mapping[int, float]:
        gtin = _gtin(text)
        if gtin is not None:
            return {gtin: 1.0}
        if self._index is None:
            plain = await queries.plain_search(reader, text=text)
            return {found: 1.0 / place for place, found in enumerate(plain[:limit], start=1)}
        return dict(self._index.search(text, limit, as_typed=as_typed))


async def _cards(
    reader: Connection, scores: Mapping[int, float], *, store_id: int, now: datetime
) -> list[Card]:
    cards = await catalog.cards_by_gtin(reader, store_id=store_id, gtins=list(scores), now=now)
    worth = {card.gtin: scores[card.gtin] * (1 if card.available else OUT_OF_STOCK) for card in cards}
    return sorted(cards, key=lambda card: -worth[card.gtin])


def _gtin(text: str) -> int | None:
    digits = "".join(text.split())
    read_as_gtin = digits.isascii() and digits.isdigit() and len(digits) in GTIN_LENGTHS
    return int(digits) if read_as_gtin else None
