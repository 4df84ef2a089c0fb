"""A slot: a span of time in which a store hands over orders, with a bounded number of places."""

from datetime import datetime
from enum import StrEnum

import msgspec

from cabas.kit.errors import Conflict, NotFound, TooEarly

FEW_LEFT = 5


class Channel(StrEnum):
    DRIVE = "drive"
    DELIVERY = "delivery"


class SlotState(StrEnum):
    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"
    NOT_YET = "not_yet"


class Band(StrEnum):
    """What is left, said roughly: exact counts age too fast to be shown."""

    MANY = "many"
    FEW = "few"
    LAST = "last"
    NONE = "none"


class SlotUnknown(NotFound):
    """This store has no such slot."""

    code = "slot_unknown"


class SlotFull(Conflict):
    """No place is left."""

    code = "slot_full"


class SlotClosed(Conflict):
    """The cut-off has passed, or the store closed the slot."""

    code = "slot_closed"


class SlotNotOpen(TooEarly):
    """The slot's bookings have not opened yet."""

    code = "slot_not_open"


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    store_id: int
    slot_id: int
    channel: Channel
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    fee_cents: int
    capacity: int
    taken: int
    closed: bool

    @property
    def left(self) -> int:
        return self.capacity - self.taken

    @property
    def band(self) -> Band:
        if self.left <= 0:
            return Band.NONE
        if self.left == 1:
            return Band.LAST
        return Band.FEW if self.left <= FEW_LEFT else Band.MANY

    def state(self, now: datetime) -> SlotState:
        """Whether it can be booked at this instant: ``[opens_at, closes_at)`` and a place left."""
        if self.closed or now >= self.closes_at:
            return SlotState.CLOSED
        if now < self.opens_at:
            return SlotState.NOT_YET
        return SlotState.OPEN if self.left > 0 else SlotState.FULL


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a slot kept for a shopper until ``expires_at``."""

    store_id: int
    slot_id: int
    expires_at: datetime
