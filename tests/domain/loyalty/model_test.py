from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabas.domain.catalog.gtin import checks
from cabas.domain.loyalty.model import (
    BalanceTooSmall,
    EarningKind,
    EarningLine,
    EarningOffer,
    EarningOffers,
    Lot,
    cents_of_order,
    expires_at,
    new_card_number,
    parts_of,
)

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PASTA = EarningLine(
    gtin=3017620422003,
    category_id=20_103,
    quantity=3,
    by_weight=False,
    total_cents=597,
    promoted=False,
    adults_only=False,
)
APPLES = msgspec.structs.replace(
    PASTA, gtin=1, category_id=10_201, quantity=620, by_weight=True, total_cents=185
)


@pytest.mark.parametrize(
    ("kind", "amount", "line", "cents"),
    [
        ("percent", 10, PASTA, 60),  # 59.7: once a line, half up
        ("percent", 5, APPLES, 9),
        ("cents", 30, PASTA, 90),
        ("cents", 50, APPLES, 31),  # a kilogram; 620 g
        ("cents", 100, PASTA, 202),  # a third of the price at most
    ],
)
def test_a_line_earns_a_share_of_its_price_or_cents_a_piece(kind, amount, line, cents):
    offers = EarningOffers([make_offer(kind=kind, amount=amount, gtin=line.gtin)])

    assert offers.cents_for(line, store_id=7, at=NOW) == cents


@pytest.mark.parametrize("category_id", [20_103, 20_100, 20_000])
def test_a_categorys_offer_reaches_all_below_it(category_id):
    offers = EarningOffers([make_offer(category_id=category_id)])

    assert offers.cents_for(PASTA, store_id=7, at=NOW) == 60
    assert offers.cents_for(APPLES, store_id=7, at=NOW) == 0


def test_the_best_offer_counts_and_only_that():
    offers = EarningOffers(
        [
            make_offer(gtin=PASTA.gtin),
            make_offer(category_id=20_000, amount=20),
            make_offer(category_id=20_100),
        ]
    )

    assert offers.cents_for(PASTA, store_id=7, at=NOW) == 119


def test_an_offer_runs_in_its_store_and_between_its_dates():
    offers = EarningOffers([make_offer(gtin=PASTA.gtin, store_id=7)])

    assert offers.cents_for(PASTA, store_id=8, at=NOW) == 0
    assert offers.cents_for(PASTA, store_id=7, at=NOW - timedelta(days=1)) == 60
    assert offers.cents_for(PASTA, store_id=7, at=NOW + timedelta(days=7)) == 0


@pytest.mark.parametrize("field", ["promoted", "adults_only"])
def test_goods_under_a_promotion_or_for_adults_earn_nothing(field):
    offers = EarningOffers([make_offer(gtin=PASTA.gtin)])

    assert offers.cents_for(msgspec.structs.replace(PASTA, **{field: True}), store_id=7, at=NOW) == 0


def test_an_order_earns_by_the_offers_of_when_it_was_placed():
    offers = EarningOffers([make_offer(gtin=PASTA.gtin), make_offer(gtin=APPLES.gtin, amount=5)])

    assert cents_of_order([PASTA, APPLES], offers, store_id=7, placed_at=NOW) == 69
    assert cents_of_order([PASTA, APPLES], offers, store_id=7, placed_at=NOW + timedelta(days=9)) == 0


@pytest.mark.parametrize(
    ("earned_at", "end"),
    [
        ("2026-11-24T09:00Z", "2027-11-30T23:00Z"),
        ("2026-11-30T22:59Z", "2027-11-30T23:00Z"),
        ("2026-11-30T23:00Z", "2027-12-31T23:00Z"),  # it is December in Paris
        ("2026-12-31T12:00Z", "2027-12-31T23:00Z"),
        ("2027-06-15T12:00Z", "2028-06-30T22:00Z"),
    ],
)
def test_an_earning_expires_at_the_end_of_its_month_a_year_later(earned_at, end):
    assert expires_at(datetime.fromisoformat(earned_at), months=12) == datetime.fromisoformat(end)


def test_what_expires_first_is_used_first():
    late, soon = make_lot(500, days=300), make_lot(200, days=10)

    parts = parts_of([late, soon], 350)

    assert [(part.entry_id, part.cents) for part in parts] == [(soon.entry_id, 200), (late.entry_id, 150)]


def test_more_than_there_is_cannot_be_taken():
    with pytest.raises(BalanceTooSmall):
        parts_of([make_lot(200, days=10)], 201)


@given(lefts=st.lists(st.integers(0, 500), max_size=12), wanted=st.integers(1, 3000))
def test_parts_are_the_amount_asked_for_and_no_lot_gives_more_than_it_has(lefts, wanted):
    lots = [make_lot(left, days=day) for day, left in enumerate(lefts)]
    if wanted > sum(lefts):
        with pytest.raises(BalanceTooSmall):
            parts_of(lots, wanted)
        return

    parts = parts_of(lots, wanted)

    left = {lot.entry_id: lot.left_cents for lot in lots}
    assert sum(part.cents for part in parts) == wanted
    assert all(0 < part.cents <= left[part.entry_id] for part in parts)
    assert len({part.entry_id for part in parts}) == len(parts)


@given(
    kind=st.sampled_from(EarningKind),
    amount=st.integers(1, 34),
    quantity=st.integers(1, 20_000),
    total=st.integers(1, 100_000),
    by_weight=st.booleans(),
)
def test_no_line_earns_more_than_a_third_of_its_price_nor_less_than_nothing(
    kind, amount, quantity, total, by_weight
):
    line = msgspec.structs.replace(PASTA, quantity=quantity, total_cents=total, by_weight=by_weight)

    earned = EarningOffers([make_offer(kind=kind, amount=amount, gtin=line.gtin)]).cents_for(
        line, store_id=7, at=NOW
    )

    assert 0 <= earned * 100 <= total * 34


@given(lines=st.lists(st.builds(lambda q, t: msgspec.structs.replace(PASTA, quantity=q, total_cents=t),
                                st.integers(1, 99), st.integers(0, 9_999)), max_size=8))  # fmt: skip
def test_less_handed_over_never_earns_more(lines):
    offers = EarningOffers([make_offer(gtin=PASTA.gtin)])

    whole = cents_of_order(lines, offers, store_id=7, placed_at=NOW)

    assert cents_of_order(lines[1:], offers, store_id=7, placed_at=NOW) <= whole


def test_a_card_number_is_an_ean_13_of_the_in_store_range():
    for _ in range(50):
        number = new_card_number()

        assert len(str(number)) == 13
        assert str(number).startswith("29")
        assert checks(number)


def make_offer(*, kind="percent", amount=10, gtin=None, category_id=None, store_id=0):
    return EarningOffer(
        offer_id=uuid4(),
        store_id=store_id,
        label="Des pâtes qui rapportent",
        kind=EarningKind(kind),
        amount=amount,
        gtin=gtin,
        category_id=category_id,
        starts_at=NOW - timedelta(days=1),
        ends_at=NOW + timedelta(days=7),
    )


def make_lot(cents, *, days):
    return Lot(entry_id=UUID(int=days * 7919), left_cents=cents, expires_at=NOW + timedelta(days=days))
