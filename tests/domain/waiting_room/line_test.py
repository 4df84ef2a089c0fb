"""The line as counts: ranks, populations, what an estimate says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from cabas.domain.waiting_room.line import (
    estimate,
    group_of,
    line_of,
    next_poll_seconds,
    position_in,
    published,
    rounded,
)
from cabas.domain.waiting_room.model import FRACTION_MAX, Place, Rank, bucket_at, draw_of

MIDNIGHT = datetime(2026, 11, 26, 23, 0, tzinfo=UTC)
HALF = FRACTION_MAX // 2
CASES = Path(__file__).with_name("positions.json")


def test_those_who_came_before_the_opening_share_one_bucket() -> None:
    assert bucket_at(MIDNIGHT - timedelta(minutes=29), opens_at=MIDNIGHT) == 0
    assert bucket_at(MIDNIGHT - timedelta(microseconds=1), opens_at=MIDNIGHT) == 0
    assert bucket_at(MIDNIGHT, opens_at=MIDNIGHT) == 1
    assert bucket_at(MIDNIGHT + timedelta(seconds=1.5), opens_at=MIDNIGHT) == 2


def test_a_person_has_one_rank_on_every_device() -> None:
    draw, person = draw_of(b"s" * 32), uuid4()

    assert draw.rank(Place(7, person, 0)) == draw.rank(Place(7, person, 0))
    assert draw.rank(Place(7, person, 0)) != draw.rank(Place(8, person, 0))
    assert draw.rank(Place(7, person, 0)) < draw.rank(Place(7, person, 1))


def test_among_the_early_the_time_of_arrival_says_nothing_of_the_rank() -> None:
    """|ρ| < 0.02 between arrival and rank; over 60,000 arrivals chance alone stays within 0.0165 (4 σ)."""
    draw = draw_of(bytes(range(32)))
    arrivals = 60_000
    # Ids carry the time they were made, so that they are as ordered as ours.
    people = [UUID(int=(0x19_0000_0000 + n) << 80 | 0x8000_0000 << 48 | n) for n in range(arrivals)]
    fractions = [draw.fraction(3, person) for person in people]

    by_fraction = sorted(range(arrivals), key=fractions.__getitem__)
    squares = sum((rank - arrival) ** 2 for rank, arrival in enumerate(by_fraction))
    rho = 1 - 6 * squares / (arrivals * (arrivals**2 - 1))

    assert abs(rho) < 0.02
    assert len(set(fractions)) == arrivals


@pytest.mark.parametrize(
    ("rank", "standing"),
    [
        (Rank(0, HALF), 500),
        (Rank(0, FRACTION_MAX), 1000),
        (Rank(5, HALF), 1045),
        (Rank(10, FRACTION_MAX), 1100),
        (Rank(12, FRACTION_MAX), 1140),
        (Rank(13, FRACTION_MAX), 1160),
    ],
)
def test_counts_say_how_many_stand_until_a_rank(rank: Rank, standing: int) -> None:
    line = line_of({0: 1000, 1: 100, 2: 60}, last=13)

    assert line.until(rank) == pytest.approx(standing, abs=0.01)


@pytest.mark.parametrize("count", [0, 1, 250, 999, 1000, 1050, 1099, 1130])
def test_the_rank_after_so_many_people_has_so_many_before_it(count: int) -> None:
    line = line_of({0: 1000, 1: 100, 2: 60}, last=13)

    assert line.until(line.rank_after(count)) == pytest.approx(count, abs=0.01)


def test_nobody_beyond_the_last_settled_bucket_is_called() -> None:
    line = line_of({0: 10, 1: 100}, last=4)

    assert line.rank_after(1_000_000) == Rank(4, FRACTION_MAX)
    assert line.rank_after(109) <= Rank(4, FRACTION_MAX)


def test_groups_are_bucket_zero_then_ten_seconds_each() -> None:
    assert [group_of(bucket) for bucket in (0, 1, 10, 11, 20, 21)] == [0, 1, 1, 2, 2, 3]


@pytest.mark.parametrize(
    ("exact", "said"), [(0, 10), (7.2, 10), (11, 20), (43, 50), (128, 130), (999, 1000), (12_345, 13_000)]
)
def test_a_position_is_told_rounded_upwards(exact: float, said: int) -> None:
    assert rounded(exact) == said


def test_an_estimate_is_a_range_around_the_pace() -> None:
    line = line_of({0: 6000}, last=0)

    told = estimate(line, threshold=Rank(0, 0), rank=Rank(0, FRACTION_MAX), per_second=10)

    assert (told.ahead, told.minutes_low, told.minutes_high) == (6000, 7, 15)


def test_nothing_is_promised_while_the_pace_is_unknown() -> None:
    line = line_of({0: 6000}, last=0)

    told = estimate(line, threshold=Rank(0, 0), rank=Rank(0, HALF), per_second=0)

    assert (told.ahead, told.minutes_low, told.minutes_high) == (3000, None, None)


def test_those_far_back_look_less_often() -> None:
    assert next_poll_seconds(ahead=10, per_second=20) == 2
    assert next_poll_seconds(ahead=1200, per_second=20) == 6
    assert next_poll_seconds(ahead=100_000, per_second=20) == 20
    assert next_poll_seconds(ahead=10, per_second=0) == 20


def test_the_published_points_give_the_position_that_the_counts_give() -> None:
    line = line_of({0: 1000, 1: 100, 2: 60}, last=20)
    points = published(line)

    for rank in (Rank(0, HALF), Rank(3, HALF), Rank(10, FRACTION_MAX), Rank(17, 0)):
        assert position_in(points, rank) == pytest.approx(line.until(rank), abs=0.5)


def test_a_long_line_is_published_thin() -> None:
    line = line_of(dict.fromkeys(range(400), 10), last=4000)

    points = published(line)

    assert len(points) <= 42
    assert points[-1] == (3990, 4000)


@pytest.mark.parametrize("case", msgspec.json.decode(CASES.read_bytes()))
def test_the_worked_positions_hold(case: dict[str, Any]) -> None:
    """The same table that the page's own script is tested by."""
    points = [tuple(point) for point in case["line"]]
    threshold, rank = _rank(*case["threshold"]), _rank(*case["rank"])

    exact = max(position_in(points, rank) - position_in(points, threshold), 0)

    assert rounded(exact) == case["ahead"]


def test_the_browser_draws_the_servers_fraction() -> None:
    told = msgspec.json.decode(CASES.with_name("drawn.json").read_bytes())["share"]

    fraction = draw_of(b"s" * 32).fraction(7, UUID("0123456789abcdef0123456789abcdef"))

    assert f"{fraction / FRACTION_MAX:.9f}" == told


def _rank(bucket: int, share: float) -> Rank:
    return Rank(bucket, round(share * FRACTION_MAX))
