import pytest
from hypothesis import given
from hypothesis import strategies as st

from cabas.domain.promotions.model import PriceableLine, UnknownPromotion, missing_for_next, price_line


@pytest.mark.parametrize(
    ("quantity", "unit", "kind", "terms", "total"),
    [
        (2, 150, None, None, 300),
        (1, 199, "percentage", {"percent": 25}, 149),  # 49.75 off, half up: 50
        (2, 199, "percentage", {"percent": 25}, 298),  # rounded once a line, not a piece
        (2, 150, "n_for_m", {"take": 3, "pay": 2}, 300),
        (3, 150, "n_for_m", {"take": 3, "pay": 2}, 300),
        (7, 150, "n_for_m", {"take": 3, "pay": 2}, 750),
    ],
)
def test_pieces_are_priced_under_their_promotion(quantity, unit, kind, terms, total):
    line = PriceableLine(quantity, unit, by_weight=False)

    assert price_line(line, kind=kind, terms=terms).total_cents == total


def test_weighed_goods_are_priced_by_the_kilogram_half_up():
    assert price_line(PriceableLine(620, 299, by_weight=True)).total_cents == 185  # 185.38
    assert price_line(PriceableLine(625, 200, by_weight=True)).total_cents == 125
    assert price_line(PriceableLine(5, 100, by_weight=True)).total_cents == 1  # half a cent goes up


def test_n_for_m_does_not_apply_to_weighed_goods():
    line = PriceableLine(3000, 200, by_weight=True)

    assert price_line(line, kind="n_for_m", terms={"take": 3, "pay": 2}).discount_cents == 0


@pytest.mark.parametrize(
    ("kind", "terms"), [("lottery", {}), ("percentage", {"percents": 3}), ("n_for_m", {})]
)
def test_a_promotion_the_engine_cannot_read_is_refused(kind, terms):
    with pytest.raises(UnknownPromotion):
        price_line(PriceableLine(1, 100, by_weight=False), kind=kind, terms=terms)


def test_the_shopper_is_told_how_many_more_earn_the_offer():
    line = PriceableLine(2, 150, by_weight=False)

    assert missing_for_next(line, kind="n_for_m", terms={"take": 3, "pay": 2}) == 1


@given(
    quantity=st.integers(1, 99),
    unit=st.integers(1, 100_000),
    percent=st.integers(1, 99),
    take=st.integers(2, 6),
    pay=st.integers(1, 5),
)
def test_no_promotion_gives_more_than_the_line_costs_nor_raises_it(quantity, unit, percent, take, pay):
    line = PriceableLine(quantity, unit, by_weight=False)
    for kind, terms in (("percentage", {"percent": percent}), ("n_for_m", {"take": take, "pay": pay})):
        price = price_line(line, kind=kind, terms=terms)
        assert 0 <= price.total_cents <= price.gross_cents
