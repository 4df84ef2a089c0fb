"""
Reference data that changes rarely, kept in the process: the network's stores, the category tree, what earns.

Refreshed every minute; prices, availability and slots are never kept here. The next free slot in
the page's header is a hint, a few seconds old at most, read behind the page's back.
"""

import asyncio
import logging
from datetime import datetime, timedelta

import msgspec

from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import CategoryTree
from cabas.domain.loyalty import queries as loyalty
from cabas.domain.loyalty.model import EarningOffers
from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Channel, Slot
from cabas.domain.stores import queries as stores
from cabas.domain.stores.model import StoreSummary
from cabas.kit.clock import Clock
from cabas.kit.db import PASSING_FAULTS, Database
from cabas.web.dates import short_slot

REFRESH_SECONDS = 60
NEXT_SLOT_AGE_MAX = timedelta(seconds=20)
_log = logging.getLogger("cabas.web.directory")


class _NextSlot(msgspec.Struct):
    slot: Slot | None
    asked_at: datetime


class Directory:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._by_id: dict[int, StoreSummary] = {}
        self._by_slug: dict[str, StoreSummary] = {}
        self._next: dict[int, _NextSlot] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self.categories: CategoryTree = CategoryTree(())
        self.earning: EarningOffers = EarningOffers(())
        self.banner: dict[str, str] | None = None

    async def refresh(self) -> None:
        async with self._database.read() as reader:
            known = await stores.directory(reader)
            self.categories = await catalog.categories(reader)
            self.earning = await loyalty.offers(reader, now=self._clock.now())
        self._by_id = {store.store_id: store for store in known}
        self._by_slug = {store.slug: store for store in known}

    async def keep_fresh(self) -> None:
        """Runs for the life of the process; a failed refresh keeps what was known."""
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await self.refresh()
            except PASSING_FAULTS:
                _log.warning("directory not refreshed: the database did not answer")

    def stores(self) -> list[StoreSummary]:
        """All of the network, by number; store 0 is the national catalogue."""
        return list(self._by_id.values())

    def store(self, store_id: int) -> StoreSummary | None:
        return self._by_id.get(store_id)

    def store_by_slug(self, slug: str) -> StoreSummary | None:
        return self._by_slug.get(slug)

    def next_slot_label(self, store_id: int, language: str) -> str:
        """ "jeu. 26, 18 h 30", or "" while it isn't known."""
        known = self._next.get(store_id)
        now = self._clock.now()
        if known is None or now - known.asked_at > NEXT_SLOT_AGE_MAX:
            self._ask_next_slot(store_id, now)
        return short_slot(known.slot.starts_at, now, language) if known and known.slot else ""

    def _ask_next_slot(self, store_id: int, now: datetime) -> None:
        previous = self._next.get(store_id)
        self._next[store_id] = _NextSlot(previous.slot if previous else None, now)
        task = asyncio.get_running_loop().create_task(self._read_next_slot(store_id, now))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read_next_slot(self, store_id: int, now: datetime) -> None:
        try:
            async with self._database.read() as reader:
                slot = await slots.next_open(reader, store_id=store_id, channel=Channel.DRIVE, now=now)
        except PASSING_FAULTS:
            return
        self._next[store_id] = _NextSlot(slot, now)
