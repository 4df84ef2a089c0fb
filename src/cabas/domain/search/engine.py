"""The shop's search: the current index, its renewal, and the join with what a store sells."""

import asyncio
import logging
from datetime import datetime

import msgspec

from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import Card
from cabas.domain.search import queries
from cabas.domain.search.index import ProductIndex
from cabas.kit.db import Connection, Database

CONSIDERED = 240
"""Best products of the whole network looked at for one store: it sells a part of them."""
RENEWAL_SECONDS = 60
GTIN_LENGTHS = (8, 12, 13, 14)
_log = logging.getLogger("cabas.search")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """``cards``: by relevance, what is on sale first. ``better_spelling``: "" or a query to offer."""

    cards: list[Card]
    better_spelling: str


class SearchEngine:
    """One a process. Until the first index is made, PostgreSQL answers, more plainly."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index: ProductIndex | None = None
        self._version: tuple[int, datetime | None] | None = None

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
            except (OSError, TimeoutError):
                _log.warning("search index not renewed: the database did not answer")
            await asyncio.sleep(RENEWAL_SECONDS)

    async def find(self, reader: Connection, *, store_id: int, text: str, now: datetime) -> Found:
        """What the store sells that answers these words, or this barcode."""
        gtins = await self._gtins(reader, text)
        cards = await catalog.cards_by_gtin(reader, store_id=store_id, gtins=gtins, now=now)
        cards.sort(key=lambda card: not card.available)  # stable: relevance stays within each
        better = self._index.better_spelling(text) if self._index else ""
        return Found(cards=cards, better_spelling=better)

    async def _gtins(self, reader: Connection, text: str) -> list[int]:
        digits = text.strip().replace(" ", "")
        if digits.isascii() and digits.isdigit() and len(digits) in GTIN_LENGTHS:
            return [int(digits)]
        if self._index is None:
            return await queries.plain_search(reader, text=text)
        return self._index.search(text, CONSIDERED)
