"""
The promotions engine: pure, integer, one function a kind.

A kind joins by adding its terms and its rule to `RULES`; nothing else knows the kinds.
The tables worked by hand are in docs/algorithms/pricing.md.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import msgspec

from cabas.kit.errors import Invalid
from cabas.kit.money import round_half_up, share_of

GRAMS_PER_KILOGRAM = 1000
_T = TypeVar("_T")


class UnknownPromotion(Invalid):
    """The kind of promotion, or its terms, are not ones the engine knows."""

    code = "promotion_unknown"


class Percentage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``percent`` off each unit, 1 … 99."""

    percent: int


class NForM(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``take`` for the price of ``pay``: 3 for 2. Goods sold by the piece only."""

    take: int
    pay: int


class PriceableLine(msgspec.Struct, frozen=True):
    """
    ``quantity``: pieces, or grams when ``by_weight``.
    ``unit_price_cents``: of a piece, or of a kilogram when ``by_weight``.
    """

    quantity: int
    unit_price_cents: int
    by_weight: bool

    @property
    def gross_cents(self) -> int:
        if self.by_weight:
            return round_half_up(self.quantity * self.unit_price_cents, GRAMS_PER_KILOGRAM)
        return self.quantity * self.unit_price_cents


class LinePrice(msgspec.Struct, frozen=True):
    """What a line costs: ``total_cents = gross_cents - discount_cents``."""

    gross_cents: int
    discount_cents: int

    @property
    def total_cents(self) -> int:
        return self.gross_cents - self.discount_cents


def price_line(
    line: PriceableLine, *, kind: str | None = None, terms: Mapping[str, Any] | None = None
) -> LinePrice:
    """
    The price of a line under a promotion, or without one (``kind`` None).

    :raises UnknownPromotion: the engine has no such kind, or can't read the terms.
    """
    gross = line.gross_cents
    if kind is None:
        return LinePrice(gross, 0)
    discount = _rule(kind)(line, terms or {})
    return LinePrice(gross, min(max(discount, 0), gross))


def missing_for_next(line: PriceableLine, *, kind: str, terms: Mapping[str, Any]) -> int:
    """How many more pieces would earn the next free one (0: none, or another kind)."""
    if kind != "n_for_m" or line.by_weight:
        return 0
    take = _read(NForM, terms).take
    over = line.quantity % take
    return take - over if over else 0


def _percentage(line: PriceableLine, terms: Mapping[str, Any]) -> int:
    percent = _read(Percentage, terms).percent
    return share_of(line.gross_cents, percent * 100)


def _n_for_m(line: PriceableLine, terms: Mapping[str, Any]) -> int:
    offer = _read(NForM, terms)
    if line.by_weight or not 0 < offer.pay < offer.take:
        return 0
    return line.quantity // offer.take * (offer.take - offer.pay) * line.unit_price_cents


Rule = Callable[[PriceableLine, Mapping[str, Any]], int]
RULES: dict[str, Rule] = {"percentage": _percentage, "n_for_m": _n_for_m}


def _rule(kind: str) -> Rule:
    try:
        return RULES[kind]
    except KeyError:
        raise UnknownPromotion(f"no promotion of kind {kind!r}") from None


def _read(shape: type[_T], terms: Mapping[str, Any]) -> _T:
    try:
        return msgspec.convert(terms, shape)
    except msgspec.ValidationError as problem:
        raise UnknownPromotion(str(problem)) from problem
