"""What a meal voucher may pay follows the law of its day."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cabas.domain.payments.meal_vouchers import RULES, Goods, Line, give_back, rule_of, split

TODAY = date(2026, 11, 28)
LINES = st.lists(st.builds(Line, goods=st.sampled_from(Goods), cents=st.integers(0, 9_000)), max_size=8)
DAYS = st.dates(date(2020, 1, 1), date(2030, 1, 1))
BASKET = (
    Line(goods=Goods.OTHER_FOOD, cents=1_200),
    Line(goods=Goods.READY_TO_EAT, cents=800),
    Line(goods=Goods.ALCOHOL, cents=900),
    Line(goods=Goods.NOT_FOOD, cents=300),
)


def test_all_food_is_paid_so_until_the_exception_ends():
    assert split(BASKET, day=date(2026, 12, 31), has_cents=5_000).voucher_cents == 2_000
    assert split(BASKET, day=date(2027, 1, 1), has_cents=5_000).voucher_cents == 800
    assert split(BASKET, day=date(2022, 9, 30), has_cents=5_000).voucher_cents == 0


def test_twenty_five_euros_a_day_and_no_more():
    lines = [Line(goods=Goods.READY_TO_EAT, cents=4_000)]
    assert split(lines, day=TODAY, has_cents=9_000).voucher_cents == 2_500
    assert split(lines, day=TODAY, has_cents=9_000, spent_today_cents=1_000).voucher_cents == 1_500
    assert split(lines, day=TODAY, has_cents=9_000, spent_today_cents=2_600).voucher_cents == 0


def test_what_is_too_little_for_an_issuer_is_paid_otherwise():
    found = split([Line(goods=Goods.DAIRY, cents=149)], day=TODAY, has_cents=9_000)
    assert (found.eligible_cents, found.voucher_cents, found.rest_cents) == (149, 0, 149)


def test_what_is_missing_goes_back_to_the_voucher_first():
    missing = [Line(goods=Goods.OTHER_FOOD, cents=1_200), Line(goods=Goods.ALCOHOL, cents=900)]
    assert give_back(voucher_cents=2_000, missing=missing, day=TODAY) == (1_200, 900)
    assert give_back(voucher_cents=500, missing=missing, day=TODAY) == (500, 1_600)


@given(LINES, DAYS, st.integers(0, 9_000), st.integers(0, 9_000))
def test_no_cent_is_lost_and_no_bound_passed(lines, day, has, spent):
    found = split(lines, day=day, has_cents=has, spent_today_cents=spent)
    assert found.voucher_cents + found.rest_cents == sum(line.cents for line in lines)
    assert 0 <= found.voucher_cents <= min(found.eligible_cents, has)
    rule = rule_of(day)
    if rule is not None:
        assert found.voucher_cents <= max(rule.daily_limit_cents - spent, 0)


@given(LINES, DAYS, st.integers(0, 2_500))
def test_a_voucher_never_gets_back_more_than_it_paid(missing, day, paid):
    back, rest = give_back(voucher_cents=paid, missing=missing, day=day)
    assert 0 <= back <= paid
    assert back + rest == sum(line.cents for line in missing)


def test_the_rules_are_in_their_order():
    assert [rule.first_day for rule in RULES] == sorted(rule.first_day for rule in RULES)
    assert not any({Goods.ALCOHOL, Goods.NOT_FOOD, Goods.PET_FOOD} & rule.goods for rule in RULES)
