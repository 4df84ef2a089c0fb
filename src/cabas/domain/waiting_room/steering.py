"""
The controller's decision, once a second: how far the threshold moves.

It is steered by what people do, not by numbers handed out: by admissions really taken and checkouts
under way. A place that is called and never answered costs nothing, because the share of calls
that are answered is measured and the calls are made up for it.
"""

from datetime import datetime, timedelta

import msgspec

from cabas.domain.waiting_room.line import Line
from cabas.domain.waiting_room.model import GRACE, START, Event, Rank, Sample

SAFE_SHARE = 0.75
"""Of what the site can do, this much is given out: the rest is for those who are inside already."""

YIELD_WINDOW = timedelta(seconds=30)
ANSWER_LAG = timedelta(seconds=5)
"""How long, as a rule, a called browser takes to come in."""

PACE_WINDOW = timedelta(seconds=10)
PACE_SLACK = 1.2
YIELD_MIN = 0.2
_PRIOR = 20.0
_DENSE, _SPARSE = timedelta(seconds=45), timedelta(seconds=10)


class Pressure(msgspec.Struct, frozen=True, kw_only=True):
    """
    The web processes' own figures, added up; ``saturated``: since when the limiter has been full
    in most of them; None: it isn't. All zero when no process has told.
    """

    processes: int = 0
    limit: float = 0.0
    in_flight: float = 0.0
    goodput_per_s: float = 0.0
    saturated_since: datetime | None = None
    level: int = 0


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """Since the event began, over all processes."""

    exchanged: int = 0
    refused: int = 0
    finished: int = 0


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """
    The retailer's figures. ``requests_per_checkout``: what one shopper inside costs;
    ``checkout_seconds``: how long one stays, as a rule.
    """

    requests_per_checkout: float = 6.0
    checkout_seconds: float = 300.0
    per_second_first: float = 20.0
    """Before anything is measured."""

    per_second_min: float = 2.0
    """Never a standstill, unless by hand."""


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """What the controller writes. ``drained``: nobody is left to call."""

    threshold: Rank
    called: float
    per_second: float
    samples: tuple[Sample, ...]
    drained: bool


def sustainable_per_second(pressure: Pressure, pace: Pace) -> float:
    """
    Checkouts a second that the site can carry: 75 % of the requests it can answer, which is the
    limiter's room over the time an answer takes, and no more than the goodput when it is full.
    """
    if pressure.processes == 0 or pressure.limit <= 0:
        return pace.per_second_first
    measured = pressure.goodput_per_s
    if measured <= 0 or pressure.in_flight <= 0:
        return pace.per_second_first
    by_limit = pressure.limit * measured / pressure.in_flight
    if pressure.saturated_since is not None:
        able = SAFE_SHARE * min(by_limit, measured) / pace.requests_per_checkout
        return max(able, pace.per_second_min)
    # Calm figures say little about what is possible: the first pace is at least tried.
    return max(SAFE_SHARE * by_limit / pace.requests_per_checkout, pace.per_second_first)


def step(
    event: Event,
    *,
    line: Line,
    counts: Counts,
    pressure: Pressure,
    pace: Pace,
    per_second_max: float | None,
    now: datetime,
) -> Tick:
    """
    Before the opening nothing moves. Afterwards the threshold only ever goes forward, and stays
    where it is while somebody it has called is kept waiting at the door.
    """
    if now < event.opens_at:
        return _stay(event, event.per_second, counts, now)
    per_second = _pace(event, sustainable_per_second(pressure, pace), per_second_max)
    if _refused_lately(event, counts):
        return _stay(event, per_second, counts, now)
    seconds = min((now - event.ticked_at).total_seconds(), 3.0)
    answered = answered_share(event, counts.exchanged, now)
    wanted = min(
        per_second * seconds,
        _pace_room(event, counts, per_second, now),
        _alive_room(event, counts, per_second, pace, now),
    )
    standing = max(line.until(event.threshold), event.called)
    target = line.rank_after(standing + max(wanted, 0.0) / answered)
    threshold = max(event.threshold, target) if wanted > 0 else event.threshold
    called = max(event.called, line.until(threshold))
    return Tick(
        threshold=threshold,
        called=called,
        per_second=per_second,
        samples=_samples(event, called, counts, threshold, now),
        drained=threshold >= line.end,
    )


def answered_share(event: Event, exchanged: int, now: datetime) -> float:
    """The share of called places that come in, lately: `YIELD_MIN` … 1."""
    called = _at(event, now - ANSWER_LAG).called - _at(event, now - ANSWER_LAG - YIELD_WINDOW).called
    came = exchanged - _at(event, now - YIELD_WINDOW).exchanged
    return min(max((came + _PRIOR) / (called + _PRIOR), YIELD_MIN), 1.0)


def _pace(event: Event, able: float, per_second_max: float | None) -> float:
    """Towards what the site can carry: down at once, up by a fifth a tick."""
    before = event.per_second or able
    pace = min(able, before * 1.2 + 1.0)
    return pace if per_second_max is None else min(pace, per_second_max)


def _pace_room(event: Event, counts: Counts, per_second: float, now: datetime) -> float:
    """What is left of the pace of the last ten seconds, with a little slack."""
    came = counts.exchanged - _at(event, now - PACE_WINDOW).exchanged
    return per_second * PACE_WINDOW.total_seconds() * PACE_SLACK - came


def _alive_room(event: Event, counts: Counts, per_second: float, pace: Pace, now: datetime) -> float:
    """Checkouts that may still begin: those let in lately that haven't ordered are under way."""
    lately = counts.exchanged - _at(event, now - timedelta(seconds=2 * pace.checkout_seconds)).exchanged
    alive = max(min(lately, counts.exchanged - counts.finished), 0)
    return per_second * pace.checkout_seconds - alive


def _refused_lately(event: Event, counts: Counts) -> bool:
    """Whether somebody was called since the last tick and found the door's pace used up."""
    return bool(event.samples) and counts.refused > event.samples[-1].refused


def _stay(event: Event, per_second: float, counts: Counts, now: datetime) -> Tick:
    return Tick(
        threshold=event.threshold,
        called=event.called,
        per_second=per_second,
        samples=_samples(event, event.called, counts, event.threshold, now),
        drained=False,
    )


def _at(event: Event, moment: datetime) -> Sample:
    """The last sample at or before the moment; the event's beginning when there is none."""
    earlier = [sample for sample in event.samples if sample.at <= moment]
    return earlier[-1] if earlier else Sample(event.opens_at, 0.0, 0, 0, START)


def _samples(
    event: Event, called: float, counts: Counts, threshold: Rank, now: datetime
) -> tuple[Sample, ...]:
    """Each tick of the last while, then one every ten seconds, back to the grace and a little more."""
    kept: list[Sample] = []
    for sample in event.samples:
        age = now - sample.at
        if age > GRACE + 2 * _SPARSE + timedelta(minutes=6):
            continue
        if age <= _DENSE or not kept or sample.at - kept[-1].at >= _SPARSE:
            kept.append(sample)
    return (*kept, Sample(now, called, counts.exchanged, counts.refused, threshold))
