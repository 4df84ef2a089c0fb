"""The walk through the shop, and the labels of its scales."""

from datetime import datetime

import pytest

from cabas.domain.preparation.route import Walk, place_of_location, route_order, walk_of
from cabas.domain.preparation.scales import Held, check_digit, read_scale_label
from cabas.kit.db import Transaction
from factories.network import FIRST_GTIN, make_network
from factories.preparation import Wanted, lines_for


async def test_frozen_comes_last_and_chilled_just_before(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    places = [("frozen", 10101), ("ambient", 90101), ("chilled", 20101), ("ambient", 30102), ("ambient", 0)]
    lines = await lines_for(
        tx,
        [
            Wanted(gtin=FIRST_GTIN + 10 + number, zone=zone, location=location)
            for number, (zone, location) in enumerate(places)
        ],
        store_id=1,
        now=now,
    )

    assert [line.line_no for line in route_order(lines, Walk())] == [4, 2, 5, 3, 1]
    fragile_first = Walk(aisles=(9, 3), fragile=frozenset({3}))
    assert [line.line_no for line in route_order(lines, fragile_first)] == [2, 5, 4, 3, 1]


def test_a_store_that_says_nothing_walks_by_number() -> None:
    assert walk_of({"pickers": 4}) == Walk()
    assert walk_of({"walk": {"aisles": [2, 1], "heavy": [2]}}).heavy == {2}


def test_a_location_is_an_address() -> None:
    place = place_of_location(120304)

    assert (place.aisle, place.bay, place.level) == (12, 3, 4)


def test_a_label_with_a_weight_gives_its_article_and_grams() -> None:
    label = read_scale_label(_printed("26", "01234", "00865"))

    assert label is not None
    assert (label.held, label.grams(kilogram_cents=990)) == (Held.WEIGHT, 865)
    assert f"{label.gtin:013d}" == _printed("26", "01234", "00000")


def test_a_label_with_a_price_gives_grams_at_the_price_of_a_kilogram() -> None:
    label = read_scale_label(_printed("02", "01234", "00856"))

    assert label is not None
    assert label.grams(kilogram_cents=990) == 865


@pytest.mark.parametrize(
    "code",
    ["3250391123456", "2601234008651", "26012340086", "", "２６０１２３４００８６５", "2601234000005"],
)
def test_another_code_is_no_label_of_a_scale(code: str) -> None:
    assert read_scale_label(code) is None


def _printed(prefix: str, article: str, value: str) -> str:
    body = prefix + article + value
    return body + check_digit(body)
