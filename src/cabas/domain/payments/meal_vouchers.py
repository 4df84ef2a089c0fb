"""
Meal vouchers (titres-restaurant): what they may pay, by the rules of the day they are used. Pure; amounts are cents.

The rules are a table with dates, not code: articles L3262-1 and R3262-1 and following of the Code du travail, and the
exception for food that isn't ready to eat, which ends with 2026. Days are those of Paris. That somebody may not pay on
a Sunday is checked by the voucher's issuer; what is spent on a day is told by them too.
"""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec


class Goods(StrEnum):
    """What a line is, in the eyes of the law."""

    READY_TO_EAT = "ready_to_eat"
    FRUIT_AND_VEGETABLES = "fruit_and_vegetables"
    DAIRY = "dairy"
    OTHER_FOOD = "other_food"
    """Pasta, flour, raw meat: part of a meal once it is cooked."""

    CONFECTIONERY = "confectionery"
    INFANT_FOOD = "infant_food"
    PET_FOOD = "pet_food"
    ALCOHOL = "alcohol"
    NOT_FOOD = "not_food"


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """From its first day until the next rule's."""

    first_day: date
    goods: frozenset[Goods]
    daily_limit_cents: int
    minimum_cents: int = 150
    """Less isn't worth an issuer's transaction; they refuse it."""


_MEAL = frozenset({Goods.READY_TO_EAT, Goods.FRUIT_AND_VEGETABLES, Goods.DAIRY})
RULES: Final = (
    Rule(first_day=date(2022, 10, 1), goods=_MEAL | {Goods.OTHER_FOOD}, daily_limit_cents=2_500),
    Rule(first_day=date(2027, 1, 1), goods=_MEAL, daily_limit_cents=2_500),
)
"""The oldest first. A law that prolongs the exception is one more row."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """``cents``: what it costs, its discount taken off. A deposit or a fee is `Goods.NOT_FOOD`."""

    goods: Goods
    cents: int


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """``eligible``: of the goods; ``voucher``: what a voucher may pay of them today; ``rest``: by other means."""

    eligible_cents: int
    voucher_cents: int
    rest_cents: int


def rule_of(day: date, rules: Iterable[Rule] = RULES) -> Rule | None:
    """The rule in force; None: there was none yet, and vouchers aren't taken."""
    return max(
        (rule for rule in rules if rule.first_day <= day), key=lambda rule: rule.first_day, default=None
    )


def split(lines: Iterable[Line], *, day: date, has_cents: int, spent_today_cents: int = 0) -> Split:
    """
    How an order may be paid.

    :param day: on which the voucher is debited, in Paris.
    :param has_cents: what the shopper wants to pay so, or has.
    :param spent_today_cents: with vouchers, elsewhere or here.
    """
    known, rule = list(lines), rule_of(day)
    total = sum(line.cents for line in known)
    if rule is None:
        return Split(eligible_cents=0, voucher_cents=0, rest_cents=total)
    eligible = sum(line.cents for line in known if line.goods in rule.goods)
    left_today = max(rule.daily_limit_cents - spent_today_cents, 0)
    voucher = min(eligible, left_today, max(has_cents, 0))
    if voucher < rule.minimum_cents:
        voucher = 0
    return Split(eligible_cents=eligible, voucher_cents=voucher, rest_cents=total - voucher)


def give_back(*, voucher_cents: int, missing: Iterable[Line], day: date) -> tuple[int, int]:
    """
    Of goods that are missing, what goes back to the voucher, which comes first, and what to the other means.

    :param voucher_cents: what the voucher paid and still has in the order.
    :param day: of the debit: what was eligible then is given back to it.
    """
    known, rule = list(missing), rule_of(day)
    eligible = sum(line.cents for line in known if rule is not None and line.goods in rule.goods)
    back = min(voucher_cents, eligible)
    return back, sum(line.cents for line in known) - back
