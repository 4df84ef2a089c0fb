"""Days of stores shared out over the hours in which they have places."""

from datetime import date, timedelta

import numpy as np
import pytest

from cabas.domain.forecast.panel import BadPanel
from cabas.domain.forecast.slots import CHANNELS, SlotHours, by_slot

FIRST = date(2025, 1, 6)
BEGINS = FIRST + timedelta(days=84)
DRIVE, DELIVERY = 0, 1


def _history(rows: list[tuple[int, int, int, int, float]]) -> SlotHours:
    day, hour, store, channel, orders = (np.array(column) for column in zip(*rows, strict=True))
    return SlotHours(FIRST, day, hour, store, channel, orders.astype(np.float64))


def _year(
    stores: dict[int, float], hours: dict[int, float], days: int = 84
) -> list[tuple[int, int, int, int, float]]:
    """Monday to Saturday, without chance."""
    return [
        (day, hour, store, DRIVE, size * share)
        for day in range(days)
        for store, size in stores.items()
        for hour, share in hours.items()
        if day % 7 < 6
    ]


def test_an_hour_gets_its_share_of_its_stores_day() -> None:
    told = by_slot(_history(_year({7: 100, 9: 20}, {9: 0.2, 18: 0.8})), 14, begins=BEGINS)
    rows = told.columns
    assert told.first == BEGINS
    assert {"drive"} == set(rows["channel"].tolist())
    for store, size in ((7, 100), (9, 20)):
        for hour, share in ((9, 0.2), (18, 0.8)):
            chosen = rows["orders"][(rows["store_id"] == store) & (rows["hour"] == hour)]
            assert chosen == pytest.approx(size * share, rel=0.06)
    assert (rows["low"] <= rows["orders"]).all()
    assert (rows["orders"] <= rows["high"]).all()
    assert told.network.mean[0, 0] == pytest.approx(120, rel=0.05)


def test_nothing_is_told_for_days_without_places() -> None:
    told = by_slot(_history(_year({7: 100}, {9: 1.0})), 14)
    weekdays = {day.weekday() for day in told.columns["day"].astype(object)}
    assert weekdays == {0, 1, 2, 3, 4, 5}


def test_a_store_that_opens_sundays_is_not_thought_less_of_for_those_that_do_not() -> None:
    rows = _year(dict.fromkeys(range(1, 9), 30), {9: 1.0})
    rows += [(day, 9, 1, DRIVE, 30.0) for day in range(6, 84, 7)]
    told = by_slot(_history(rows), 7)
    assert told.columns["orders"] == pytest.approx(30, rel=0.1)


def test_channels_have_hours_of_their_own() -> None:
    rows = _year({7: 40}, {9: 1.0})
    rows += [(day, 15, 7, DELIVERY, 10.0) for day in range(84)]
    told = by_slot(_history(rows), 1).columns
    found = set(zip(told["channel"].tolist(), told["hour"].tolist(), strict=True))
    assert found == {(CHANNELS[DRIVE], 9), (CHANNELS[DELIVERY], 15)}


def test_a_new_store_is_forecast_from_what_it_has() -> None:
    rows = _year(dict.fromkeys(range(20, 40), 30), {9: 1.0})
    rows += [(day, 9, 8, DRIVE, 50.0) for day in range(63, 84) if day % 7 < 6]
    told = by_slot(_history(rows), 6).columns
    assert told["orders"][told["store_id"] == 8] == pytest.approx(50, rel=0.1)


def test_too_little_history_is_refused() -> None:
    with pytest.raises(BadPanel, match="two weeks"):
        by_slot(_history(_year({7: 10}, {9: 1.0}, days=10)), 14)
