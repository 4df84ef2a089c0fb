"""A store's slots as pages and programs list them; from L1 up, what was read within the last seconds serves again."""

from datetime import datetime, timedelta
from typing import Final

from cabas.domain.ladder.model import Level
from cabas.domain.slots import queries
from cabas.domain.slots.model import Channel, Slot
from cabas.kit.db import Connection

KEPT_FOR: Final = timedelta(seconds=5)
"""A band such as "few left" is that old at most. Whether a place is free is decided by the order, never here."""

LISTS_MAX: Final = 4096

_Key = tuple[int, Channel, datetime, datetime]


class SlotLists:
    """One for a process."""

    def __init__(self) -> None:
        self._kept: dict[_Key, tuple[datetime, list[Slot]]] = {}

    async def between(
        self,
        reader: Connection,
        *,
        store_id: int,
        channel: Channel,
        start: datetime,
        end: datetime,
        level: Level,
        now: datetime,
    ) -> list[Slot]:
        """As `queries.slots_between`."""
        key = (store_id, channel, start, end)
        if level >= Level.LEAN:
            at, slots = self._kept.get(key, (None, []))
            if at is not None and now - at < KEPT_FOR:
                return slots
        found = await queries.slots_between(reader, store_id=store_id, channel=channel, start=start, end=end)
        if level >= Level.LEAN:
            if len(self._kept) >= LISTS_MAX:
                self._kept.clear()
            self._kept[key] = (now, found)
        return found
