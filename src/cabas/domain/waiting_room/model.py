"""
The waiting room's line, without a row for anyone who waits.

A place is a signed statement that somebody joined at a moment. Its rank is (bucket, fraction):
everyone who joined before the event's opening shares bucket 0, later ones go by the second they
came in, and inside a bucket a keyed digest of the person orders them, so that it is a draw. Whoever
has a rank at or before the threshold may go in (docs/algorithms/waiting-room.md).
"""

import hashlib
import hmac
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from cabas.kit.errors import Busy

FRACTION_BITS = 48
"""So that a browser's numbers hold it exactly."""

FRACTION_MAX = (1 << FRACTION_BITS) - 1
SKEW = timedelta(seconds=5)
"""How far the clocks of two servers may lie apart."""

STALE_AFTER = timedelta(seconds=10)
"""A controller silent for longer guards nothing: the limiter alone decides then."""

GRACE = timedelta(minutes=5)
"""How long after being called a place keeps its turn."""


class Trigger(StrEnum):
    SCHEDULE = "schedule"
    SATURATION = "saturation"
    HAND = "hand"


class Forced(StrEnum):
    ON = "on"
    OFF = "off"
    AUTO = "auto"


class RoomFirst(Busy):
    """The way to checkout leads through the waiting room. ``retry_after_seconds`` in detail."""

    code = "waiting_room"


class Rank(msgspec.Struct, frozen=True, order=True, array_like=True):
    """Where somebody stands; the smaller, the earlier. ``fraction``: 0 … `FRACTION_MAX`."""

    bucket: int
    fraction: int


START = Rank(0, 0)


class Place(msgspec.Struct, frozen=True, array_like=True):
    """
    Who joined which event in which bucket. ``resumed``: the fraction at which somebody whose
    turn went by stands now; None: the draw's.
    """

    event_id: int
    shopper_id: UUID
    bucket: int
    resumed: int | None = None


class Draw(msgspec.Struct, frozen=True):
    """An event's secret, and the digest that was published before."""

    secret: bytes
    digest: bytes

    def fraction(self, event_id: int, shopper_id: UUID) -> int:
        """A person's fraction: the same for every tab, device and reload."""
        subject = event_id.to_bytes(8) + shopper_id.bytes
        drawn = hmac.digest(self.secret, subject, hashlib.sha256)
        return int.from_bytes(drawn[: FRACTION_BITS // 8])

    def rank(self, place: Place) -> Rank:
        if place.resumed is not None:
            return Rank(place.bucket, place.resumed)
        return Rank(place.bucket, self.fraction(place.event_id, place.shopper_id))


def draw_of(secret: bytes) -> Draw:
    return Draw(secret, hashlib.sha256(secret).digest())


def bucket_at(now: datetime, *, opens_at: datetime) -> int:
    """0 before the opening, then one a second from 1."""
    return 0 if now < opens_at else 1 + int((now - opens_at).total_seconds())


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """
    One opening of the room, as its controller last wrote it.

    ``called``: how many places the threshold has passed. ``day``: whose slots open at ``opens_at``.
    """

    event_id: int
    draw: Draw
    opens_at: datetime
    created_at: datetime
    trigger: Trigger
    day: date | None
    ticked_at: datetime
    threshold: Rank
    called: float
    per_second: float
    calm_since: datetime | None
    samples: "tuple[Sample, ...]"

    def guards(self, now: datetime) -> bool:
        """Whether the way to checkout needs an admission now: from the opening on, while it is steered."""
        return now >= self.opens_at and now - self.ticked_at <= STALE_AFTER

    def is_called(self, rank: Rank, now: datetime) -> bool:
        return now >= self.opens_at and self.threshold != START and rank <= self.threshold

    def went_by(self, rank: Rank, now: datetime) -> bool:
        """Whether it was called longer ago than the grace."""
        passed = [sample.threshold for sample in self.samples if now - sample.at >= GRACE]
        return bool(passed) and passed[-1] != START and rank <= passed[-1]

    def resume(self, place: Place) -> Place:
        """Whose turn went by stands right behind the threshold, not at the back."""
        after = min(self.threshold.fraction + 1, FRACTION_MAX)
        return msgspec.structs.replace(place, bucket=self.threshold.bucket, resumed=after)


class Sample(msgspec.Struct, frozen=True, array_like=True):
    """What the controller knew at one tick; totals since the event began."""

    at: datetime
    called: float
    exchanged: int
    refused: int
    threshold: Rank


class Switch(msgspec.Struct, frozen=True, kw_only=True):
    """What head office decided by hand. ``per_second_max``: a ceiling on admissions; None: none."""

    forced: Forced = Forced.AUTO
    reason: str = ""
    actor: str = ""
    changed_at: datetime | None = None
    opens_at: datetime | None = None
    per_second_max: float | None = None
