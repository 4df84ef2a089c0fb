"""
Prices and stocks into the shop: a full feed now and then, what changed in between.

How far a feed has come is kept after each part; one that broke off goes on there. A part that was sent without an
answer is sent again as it is, and the shop answers as the first time.
"""

import csv
import logging
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import msgspec

from cabas.bridge.config import FeedConfig
from cabas.bridge.journal import Journal
from cabas.bridge.port import Adapter, FeedPage
from cabas.bridge.shapes import FeedKind, FeedMode, FeedPart, FeedTaken
from cabas.bridge.shop import Shop, ShopRefused

SECONDS_MAX = 60.0
_log = logging.getLogger("cabas.bridge")


class Standing(msgspec.Struct, kw_only=True):
    """
    ``cursor``: what is in the shop. Of a feed under way: its name, its next ``part``, when it began, and the part that
    was sent without an answer, which is sent again as it was.
    """

    cursor: str = ""
    feed: str = ""
    mode: FeedMode = FeedMode.FULL
    part: int = 1
    made_at: datetime | None = None
    full_at: datetime | None = None
    sent: FeedPart | None = None
    sent_cursor: str = ""


class Feeder:
    """:param rejects: the folder where rows that the shop did not take are listed, a CSV file a feed."""

    def __init__(
        self,
        kind: FeedKind,
        config: FeedConfig,
        adapter: Adapter,
        shop: Shop,
        journal: Journal,
        rejects: Path,
    ) -> None:
        self._kind, self._config, self._adapter = kind, config, adapter
        self._shop, self._journal, self._rejects = shop, journal, rejects
        self._name = f"feed_{kind.value}"

    async def step(self) -> float:
        """One part. The pause until the next: none while there is more."""
        standing = await self._journal.standing(self._name, Standing) or Standing()
        if not standing.feed:
            self._begin(standing)
        if standing.sent is None and not await self._next(standing):
            await self._end(standing)  # nothing at all is nothing new, never an empty shop
            return self._config.every_seconds
        part = standing.sent
        assert part is not None  # noqa: S101 - just made
        taken = await self._send(part)
        if taken is None:
            return 0.0
        self._list_rejected(taken)
        standing.cursor, standing.part, standing.sent = standing.sent_cursor, taken.next_part, None
        if not part.last:
            await self._journal.keep(self._name, standing)
            return 0.0
        if part.mode is FeedMode.FULL:
            standing.full_at = datetime.now(UTC)
        await self._end(standing)
        standing.cursor = await self._adapter.fed(self._kind, standing.cursor)
        await self._end(standing)
        return self._config.every_seconds

    async def _next(self, standing: Standing) -> bool:
        """The next part, kept as it will be sent. False: there is nothing new."""
        page = await self._adapter.page(
            self._kind, mode=standing.mode, cursor=standing.cursor, limit=self._config.rows_a_part
        )
        if page is None and standing.part == 1:
            return False
        if page is None:  # it ended with the part before
            page = FeedPage(rows=[], cursor=standing.cursor, last=True, mode=standing.mode)
        standing.mode, standing.sent_cursor = page.mode, page.cursor
        standing.sent = FeedPart(
            feed=standing.feed,
            kind=self._kind,
            mode=page.mode,
            part=standing.part,
            made_at=standing.made_at or datetime.now(UTC),
            rows=page.rows,
            last=page.last,
        )
        await self._journal.keep(self._name, standing)
        return True

    def _begin(self, standing: Standing) -> None:
        now = datetime.now(UTC)
        every = self._config.full_every_seconds
        due = standing.full_at is None or (every and (now - standing.full_at).total_seconds() >= every)
        standing.mode = FeedMode.FULL if due else FeedMode.DELTA
        if due:
            standing.cursor = ""
        standing.feed = f"{self._kind.value}-{now:%Y%m%dT%H%M%S}-{uuid4().hex[:8]}"
        standing.part, standing.made_at = 1, now

    async def _send(self, part: FeedPart) -> FeedTaken | None:
        """None: the shop knows better where this feed stands; it begins anew."""
        try:
            return await self._shop.ask("feed-parts", part, FeedTaken, seconds=SECONDS_MAX)
        except ShopRefused as refused:
            if refused.status != 409:
                raise
            _log.warning("feed %s is begun anew: %s", part.feed, refused.code)
            await self._journal.keep(self._name, Standing())
            return None

    async def _end(self, standing: Standing) -> None:
        standing.feed, standing.part = "", 1
        await self._journal.keep(self._name, standing)

    def _list_rejected(self, taken: FeedTaken) -> None:
        if not taken.rejected:
            return
        self._rejects.mkdir(parents=True, exist_ok=True)
        path = self._rejects / f"{taken.feed}.rejected.csv"
        with path.open("a", newline="") as file:
            writer = csv.writer(file)
            for row in taken.rejected:
                writer.writerow((row.row, row.reason, row.sentence))
        _log.warning(
            "feed %s, part %d: %d rows were not taken, see %s",
            taken.feed,
            taken.part,
            len(taken.rejected),
            path,
        )
