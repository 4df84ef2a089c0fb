"""Which opening the page talks about, on ordinary nights and on those on which the clocks change."""

from datetime import UTC, datetime, timedelta

import pytest

from cabas.kit.clock import PARIS
from cabas.web.storefront.midnight import clock_values, opening_near, opening_of


def paris(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=PARIS).astimezone(UTC)


def test_by_day_the_next_opening_is_tonights_and_the_home_page_is_silent():
    noon = paris(2026, 11, 24, 12)

    assert opening_of(noon).opens_at == paris(2026, 11, 25)
    assert opening_of(noon).day_starts == paris(2026, 12, 2)
    assert opening_near(noon) is None


def test_from_the_stroke_it_is_open_for_half_an_hour_and_then_the_next_is_prepared():
    midnight = paris(2026, 11, 25)

    assert not opening_of(midnight - timedelta(microseconds=1)).open
    assert opening_of(midnight).open
    assert opening_of(midnight + timedelta(minutes=29)).opens_at == midnight
    assert opening_of(midnight + timedelta(minutes=30)).opens_at == paris(2026, 11, 26)


@pytest.mark.parametrize(
    ("evening", "left"),
    [
        (datetime(2027, 3, 27, 22, tzinfo=UTC), timedelta(hours=1)),  # 23:00, the clocks change at 2:00
        (datetime(2027, 3, 28, 18, tzinfo=UTC), timedelta(hours=4)),  # 20:00 of the short day
        (datetime(2027, 10, 30, 21, tzinfo=UTC), timedelta(hours=1)),
        (datetime(2027, 10, 31, 19, tzinfo=UTC), timedelta(hours=4)),  # 20:00 of the long day
    ],
)
def test_the_countdown_tells_real_time_around_the_change(evening, left):
    assert opening_of(evening).opens_at - evening == left


@pytest.mark.parametrize(
    ("midnight", "day_hours"),
    [(paris(2027, 3, 21), 23), (paris(2027, 10, 24), 25)],
    ids=["spring", "autumn"],
)
def test_the_day_that_opens_may_be_short_or_long(midnight, day_hours):
    opening = opening_of(midnight)

    assert opening.day_ends - opening.day_starts == timedelta(hours=day_hours)


def test_a_device_whose_clock_is_wrong_is_told_both_instants_by_the_server(catalogue):
    """The page counts from ``server_now`` to ``opens_at`` by the time that passes, never by the device's date."""
    now = paris(2026, 11, 24, 23, 59, 55)

    values = clock_values(opening_of(now), now, catalogue)

    told = datetime.fromisoformat(values["opens_at"]) - datetime.fromisoformat(values["server_now"])
    assert told == timedelta(seconds=5)


@pytest.fixture
def catalogue():
    return lambda key, **_: key
