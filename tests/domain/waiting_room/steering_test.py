"""The controller, with a crowd that behaves as crowds do: seconds pass, browsers look, many never come back."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from cabas.domain.waiting_room.door import Door
from cabas.domain.waiting_room.line import group_of
from cabas.domain.waiting_room.model import START, Event, Place, Rank, Trigger, bucket_at, draw_of
from cabas.domain.waiting_room.serving import line_at
from cabas.domain.waiting_room.steering import Counts, Pace, Pressure, Sample, step, sustainable_per_second
from cabas.domain.waiting_room.tokens import ADMISSION_LIFETIME

T0 = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
# 80 requests a second at 40 of 64 in flight: room for 128, of which 75 % over 6 requests a checkout: 16 a second.
CALM = Pressure(processes=2, limit=64, in_flight=40, goodput_per_s=80)
PACE = Pace(per_second_first=16, checkout_seconds=300)


class Person(msgspec.Struct):
    rank: Rank
    comes: bool
    looks_at: datetime
    called_at: datetime | None = None
    inside_at: datetime | None = None
    who: UUID = UUID(int=0)


class Crowd:
    """``abandoned``: the share of those who wait that never comes when called."""

    def __init__(self, *, early: int, later_each_second: int, abandoned: float, processes: int = 2) -> None:
        self.random = random.Random(7)  # noqa: S311 - a crowd, not a secret
        self.event = Event(
            event_id=1,
            draw=draw_of(b"k" * 32),
            opens_at=T0,
            created_at=T0 - timedelta(minutes=30),
            trigger=Trigger.SCHEDULE,
            day=None,
            ticked_at=T0,
            threshold=START,
            called=0.0,
            per_second=0.0,
            calm_since=None,
            samples=(),
        )
        self.abandoned, self.later = abandoned, later_each_second
        self.people: list[Person] = []
        self.joined: dict[int, int] = {}
        self.refused = self.exchanged = 0
        self.doors = [Door() for _ in range(processes)]
        self.now = T0
        for _ in range(early):
            self._join(T0 - timedelta(seconds=self.random.uniform(0, 1800)))

    def run(self, seconds: int, *, pressure: Pressure = CALM, pace: Pace = PACE) -> None:
        for _ in range(seconds):
            self.now += SECOND
            for _ in range(self.later):
                self._join(self.now - timedelta(seconds=self.random.random()))
            self._tick(pressure, pace)
            self._look()

    def admitted_between(self, start: int, end: int) -> int:
        first, last = T0 + timedelta(seconds=start), T0 + timedelta(seconds=end)
        return sum(1 for one in self.people if one.inside_at and first <= one.inside_at < last)

    def _join(self, at: datetime) -> None:
        bucket = bucket_at(at, opens_at=T0)
        who = UUID(int=self.random.getrandbits(128))
        rank = self.event.draw.rank(Place(1, who, bucket))
        self.joined[group_of(bucket)] = self.joined.get(group_of(bucket), 0) + 1
        comes = self.random.random() >= self.abandoned
        self.people.append(Person(rank, comes, self.now + self._pause(), who=who))

    def _tick(self, pressure: Pressure, pace: Pace) -> None:
        tick = step(
            self.event,
            line=line_at(self.event, self.joined, self.now),
            counts=Counts(exchanged=self.exchanged, refused=self.refused, finished=self.exchanged),
            pressure=pressure,
            pace=pace,
            per_second_max=None,
            now=self.now,
        )
        self.event = msgspec.structs.replace(
            self.event,
            ticked_at=self.now,
            threshold=tick.threshold,
            called=tick.called,
            per_second=tick.per_second,
            samples=tick.samples,
        )

    def _look(self) -> None:
        for one in self.people:
            if one.inside_at is not None:
                continue
            if one.called_at is None and self.event.is_called(one.rank, self.now):
                one.called_at = self.now
            if one.comes and one.called_at and one.looks_at <= self.now:
                self._knock(one)
            elif one.looks_at <= self.now:
                one.looks_at = self.now + self._pause()

    def _knock(self, one: Person) -> None:
        door = self.random.choice(self.doors)
        admitted = door.enter(
            one.who,
            until=self.now + ADMISSION_LIFETIME,
            per_second=self.event.per_second,
            processes=len(self.doors),
            now=self.now,
        )
        if admitted:
            one.inside_at = self.now
            self.exchanged += 1
        else:
            self.refused += 1
            one.looks_at = self.now + 2 * SECOND

    def _pause(self) -> timedelta:
        return timedelta(seconds=self.random.uniform(2, 6))


@pytest.mark.parametrize("abandoned", [0.0, 0.6])
def test_places_that_nobody_answers_do_not_freeze_the_line(abandoned: float) -> None:
    crowd = Crowd(early=20_000, later_each_second=10, abandoned=abandoned)

    crowd.run(240)

    a_second = crowd.admitted_between(60, 240) / 180
    assert 0.85 * 16 <= a_second <= 1.1 * 16


def test_nobody_is_called_after_somebody_of_a_later_bucket() -> None:
    crowd = Crowd(early=1500, later_each_second=8, abandoned=0.3)

    crowd.run(180)

    called = [one for one in crowd.people if one.called_at]
    by_rank = sorted(called, key=lambda one: one.rank)
    assert {one.rank.bucket for one in called} > set(range(20))
    assert [one.called_at for one in by_rank] == sorted(one.called_at for one in called if one.called_at)
    last = by_rank[-1].rank
    assert all(one.called_at for one in crowd.people if one.rank <= last)


def test_the_admitted_among_the_early_are_the_first_of_the_draw() -> None:
    crowd = Crowd(early=5000, later_each_second=0, abandoned=0.0)

    crowd.run(120)

    early = sorted((one for one in crowd.people if one.rank.bucket == 0), key=lambda one: one.rank)
    called = [one for one in early if one.called_at]
    assert 0 < len(called) < 5000
    assert called == early[: len(called)]


def test_a_crowd_of_sleepers_that_wakes_at_once_gets_in_no_faster_than_the_site_can_carry() -> None:
    """Ten thousand places that let their calls go by, then all knock in one second."""
    crowd = Crowd(early=10_000, later_each_second=0, abandoned=1.0)
    crowd.run(60)
    called = [one for one in crowd.people if one.called_at]
    assert len(called) > 2000

    for one in crowd.people:
        one.comes, one.looks_at = True, crowd.now
    crowd.run(20)

    able = 16 / 0.75
    for second in range(60, 80):
        assert crowd.admitted_between(second, second + 1) <= 2 * able + 2
    assert crowd.admitted_between(60, 81) <= 21 * able + 2 * able + 2


def test_the_threshold_waits_while_somebody_it_called_stands_at_the_door() -> None:
    crowd = Crowd(early=10_000, later_each_second=0, abandoned=0.5)
    crowd.run(60)
    before = crowd.event.threshold
    crowd.refused += 1

    crowd._tick(CALM, PACE)

    assert crowd.event.threshold == before


def test_a_site_that_is_full_lets_in_three_quarters_of_what_it_does() -> None:
    full = msgspec.structs.replace(CALM, in_flight=64.0, goodput_per_s=48.0, saturated_since=T0)

    assert sustainable_per_second(full, PACE) == pytest.approx(0.75 * 48 / 6)
    assert sustainable_per_second(CALM, PACE) == pytest.approx(0.75 * 128 / 6)
    assert sustainable_per_second(Pressure(), PACE) == 16


def test_a_site_that_does_nothing_any_more_still_lets_somebody_in() -> None:
    stuck = msgspec.structs.replace(CALM, in_flight=64.0, goodput_per_s=0.5, saturated_since=T0)

    assert sustainable_per_second(stuck, PACE) == PACE.per_second_min


def test_before_the_opening_nobody_is_called() -> None:
    crowd = Crowd(early=100, later_each_second=0, abandoned=0.0)
    crowd.event = msgspec.structs.replace(crowd.event, opens_at=T0 + timedelta(minutes=5))

    crowd.run(10)

    assert crowd.event.threshold == START
    assert not any(one.called_at for one in crowd.people)


def test_checkouts_under_way_hold_the_line_back() -> None:
    crowd = Crowd(early=10_000, later_each_second=0, abandoned=0.0)
    crowd.run(30)
    pace = msgspec.structs.replace(PACE, checkout_seconds=20.0)

    stuck = step(
        crowd.event,
        line=line_at(crowd.event, crowd.joined, crowd.now),
        counts=Counts(exchanged=crowd.exchanged, refused=crowd.refused, finished=0),
        pressure=CALM,
        pace=pace,
        per_second_max=None,
        now=crowd.now + SECOND,
    )

    assert crowd.exchanged > 16 * 20
    assert stuck.threshold == crowd.event.threshold


def test_what_is_remembered_stays_small_and_reaches_back_past_the_grace() -> None:
    crowd = Crowd(early=200, later_each_second=1, abandoned=0.0)

    crowd.run(1200)

    samples: tuple[Sample, ...] = crowd.event.samples
    assert len(samples) < 160
    assert crowd.now - samples[0].at > timedelta(minutes=10)
    assert len(msgspec.json.encode(samples)) < 16_000
