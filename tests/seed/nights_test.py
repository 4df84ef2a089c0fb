from datetime import UTC, date, datetime

import pytest

from cabas.kit.clock import paris_day
from cabas.seed.nights import working_midnight


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (datetime(2026, 11, 24, 9, tzinfo=UTC), date(2026, 11, 25)),
        (datetime(2026, 11, 27, 23, 30, tzinfo=UTC), date(2026, 11, 30)),  # past midnight in Paris: Saturday
        (datetime(2026, 12, 17, 9, tzinfo=UTC), date(2026, 12, 19)),  # a week before Christmas
    ],
)
def test_a_midnight_that_opens_a_sunday_or_a_holiday_is_left_out(now, night):
    assert paris_day(working_midnight(now)) == night
