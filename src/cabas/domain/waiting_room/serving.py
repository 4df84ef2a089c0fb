"""What everybody who waits may read: one small file a second, the same for all (``serving.json``)."""

from datetime import date, datetime, timedelta

import msgspec

from cabas.domain.waiting_room.line import Line, line_of, published
from cabas.domain.waiting_room.model import FRACTION_MAX, STALE_AFTER, Event, bucket_at
from cabas.domain.waiting_room.steering import answered_share

SETTLED_SECONDS = 2
"""A bucket may be called once it is over and every process has counted it."""

REVEAL_AFTER = timedelta(seconds=5)
"""The draw's secret is told when no server's clock can still write a place in bucket 0."""

POLL_LOW, POLL_HIGH = 2, 20
FEW_PLACES = 10


class Stock(msgspec.Struct, frozen=True, kw_only=True):
    """
    Stores by what is left on the wished ``day``: ``few`` and ``none``; ``nothing``: those without a
    place on any day. Every other store has many. None: not looked at yet.
    """

    at: datetime | None = None
    day: date | None = None
    few: tuple[int, ...] = ()
    none: tuple[int, ...] = ()
    nothing: tuple[int, ...] = ()


class Serving(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``threshold``: (bucket, share of it 0 … 1). ``line``: (end of a group of buckets, how many stand
    until there). ``pace``: places called a second. ``secret``: hex, once the draw is over. ``ticked``: when the
    controller last moved, which says that it lives.
    """

    on: bool
    now: datetime
    stale_after: int = int(STALE_AFTER.total_seconds())
    poll: tuple[int, int] = (POLL_LOW, POLL_HIGH)
    level: int = 0
    event: int = 0
    opens_at: datetime | None = None
    ticked: datetime | None = None
    threshold: tuple[int, float] = (0, 0.0)
    line: list[tuple[int, int]] = []
    pace: float = 0.0
    digest: str = ""
    secret: str = ""
    stock: Stock = Stock()


def line_at(event: Event, joined: dict[int, int], now: datetime) -> Line:
    """The line as far as it may be called: up to the last bucket that is settled."""
    return line_of(joined, last=max(bucket_at(now, opens_at=event.opens_at) - 1 - SETTLED_SECONDS, 0))


def serving_of(
    event: Event | None, *, joined: dict[int, int], stock: Stock, level: int, now: datetime
) -> Serving:
    if event is None:
        return Serving(on=False, now=now, level=level)
    revealed = now >= event.opens_at + REVEAL_AFTER
    exchanged = event.samples[-1].exchanged if event.samples else 0
    return Serving(
        on=True,
        now=now,
        level=level,
        event=event.event_id,
        opens_at=event.opens_at,
        ticked=event.ticked_at,
        threshold=(event.threshold.bucket, round(event.threshold.fraction / FRACTION_MAX, 6)),
        line=published(line_at(event, joined, now)),
        pace=round(event.per_second / answered_share(event, exchanged, now), 2),
        digest=event.draw.digest.hex(),
        secret=event.draw.secret.hex() if revealed else "",
        stock=stock,
    )


def as_file(serving: Serving) -> bytes:
    """The bytes of ``serving.json``: what is at its default is left to the reader."""
    return msgspec.json.encode(serving)
