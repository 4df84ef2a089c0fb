"""
One process's door: how many of those who were called go in, whatever the line says.

The controller gives out three quarters of what the site can carry; the doors together let in no more
than the whole of it, even when everybody who seemed to have gone comes back at once.
"""

from collections import OrderedDict
from datetime import datetime
from uuid import UUID

from cabas.domain.waiting_room.steering import SAFE_SHARE

REMEMBERED_MAX = 20_000
BURST_SECONDS = 2.0


class Door:
    """Lets a person in once; coming again with the same place costs the others nothing."""

    def __init__(self) -> None:
        self._left = 1.0
        self._at: datetime | None = None
        self._inside: OrderedDict[UUID, datetime] = OrderedDict()

    def enter(
        self, shopper_id: UUID, *, until: datetime, per_second: float, processes: int, now: datetime
    ) -> datetime | None:
        """
        Until when this person is admitted: the first answer stands until it has run out. None: not
        now, the pace is used up.
        """
        known = self._inside.get(shopper_id)
        if known is not None and known > now:
            return known
        self._refill(per_second / SAFE_SHARE / max(processes, 1), now)
        if per_second <= 0 or self._left < 1.0:
            return None
        self._left -= 1.0
        self._inside[shopper_id] = until
        self._inside.move_to_end(shopper_id)
        if len(self._inside) > REMEMBERED_MAX:
            self._inside.popitem(last=False)
        return until

    def knows(self, shopper_id: UUID, now: datetime) -> bool:
        """Whether this person is inside already."""
        known = self._inside.get(shopper_id)
        return known is not None and known > now

    def _refill(self, rate: float, now: datetime) -> None:
        since = (now - self._at).total_seconds() if self._at else 0.0
        self._at = now
        self._left = min(self._left + rate * max(since, 0.0), max(rate * BURST_SECONDS, 1.0))
