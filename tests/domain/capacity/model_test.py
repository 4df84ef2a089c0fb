"""What may be asked for, and what demand suggests."""

from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest

from cabas.domain.capacity.model import (
    BadRaise,
    CapacityPolicy,
    Fill,
    Scope,
    alone,
    check,
    frozen,
    raised,
    restored,
    suggestions,
)
from cabas.domain.slots.managing import CAPACITY_MAX

POLICY = CapacityPolicy()
TODAY = date(2026, 11, 24)
SCOPE = Scope(region="Bretagne", first_day=TODAY, last_day=TODAY, percent=130)


@pytest.mark.parametrize(
    ("capacity", "percent", "places"),
    [(10, 130, 13), (5, 110, 6), (0, 200, 0), (499, 150, CAPACITY_MAX), (700, 150, 700), (1, 101, 2)],
)
def test_a_slot_gets_its_share_more_rounded_up_and_never_less(capacity, percent, places):
    assert raised(capacity, percent) == places


def test_taking_back_never_leaves_fewer_places_than_are_booked():
    assert (restored(5, 3), restored(5, 6)) == (5, 6)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"percent": 100}, "percent"),
        ({"percent": 201}, "percent"),
        ({"first_day": TODAY - timedelta(days=1)}, "first_day"),
        ({"first_day": TODAY + timedelta(days=2), "last_day": TODAY + timedelta(days=1)}, "last_day"),
        ({"last_day": TODAY + timedelta(days=14)}, "last_day"),
        ({"channels": ()}, "channels"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_field(now, change, field):
    with pytest.raises(BadRaise) as refusal:
        check(msgspec.structs.replace(SCOPE, **change), POLICY, now)

    assert refusal.value.detail["field"] == field


def test_what_makes_sense_passes(now):
    check(SCOPE, POLICY, now)


@pytest.mark.parametrize(
    ("utc", "no"), [((22, 44), False), ((22, 45), True), ((23, 0), True), ((23, 29), True), ((23, 30), False)]
)
def test_capacity_is_frozen_around_midnight_in_paris(utc, no):
    assert frozen(POLICY, datetime(2026, 11, 24, *utc, tzinfo=UTC)) is no


def test_more_than_a_tenth_needs_a_second_person():
    assert alone(msgspec.structs.replace(SCOPE, percent=110), POLICY)
    assert not alone(msgspec.structs.replace(SCOPE, percent=111), POLICY)


def test_demand_suggests_what_would_have_left_the_target_fullest_first():
    fills = [
        Fill(region="Bretagne", stores=2, capacity=100, taken=84),
        Fill(region="Corse", stores=2, capacity=100, taken=85),
        Fill(region="Normandie", stores=2, capacity=100, taken=92),
        Fill(region="Occitanie", stores=2, capacity=100, taken=100),
        Fill(region="Grand Est", stores=1, capacity=0, taken=0),
    ]

    found = [(one.fill.region, one.percent) for one in suggestions(fills, POLICY)]

    assert found == [("Occitanie", 125), ("Normandie", 115), ("Corse", 110)]
