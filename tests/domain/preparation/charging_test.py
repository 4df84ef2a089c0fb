"""What a line costs once picked: docs/algorithms/picking-events.md, table by table."""

from datetime import UTC, datetime
from typing import Any

import pytest

from cabas.domain.catalog.model import Offer, RunningPromotion
from cabas.domain.orders.model import FrozenProduct, OrderLine
from cabas.domain.orders.pricing import priced_line
from cabas.domain.preparation.charging import (
    charge_picked,
    charge_substitute,
    dearer,
    weight_verdict,
)
from cabas.domain.preparation.model import (
    LineOutcome,
    PickedLine,
    SetAside,
    deposit_of,
    final_cents,
    zones_used,
)

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_fewer_pieces_are_priced_again_under_the_frozen_promotion() -> None:
    three_for_two = _line(quantity=6, promotion_kind="n_for_m", promotion_terms={"take": 3, "pay": 2})

    totals = [charge_picked(three_for_two, amount=pieces).total_cents for pieces in range(7)]

    assert totals == [0, 120, 240, 240, 360, 480, 480]


def test_more_pieces_than_ordered_are_refused() -> None:
    with pytest.raises(SetAside, match="too_many"):
        charge_picked(_line(quantity=2), amount=3)


@pytest.mark.parametrize(("grams", "cents"), [(1000, 1000), (940, 940), (1100, 1100), (1250, 1100)])
def test_weighed_goods_cost_their_weight_up_to_the_told_maximum(grams: int, cents: int) -> None:
    line = _line(quantity=1000, unit_price_cents=1000, sold_by="weight")

    assert charge_picked(line, amount=grams).total_cents == cents


@pytest.mark.parametrize(
    ("grams", "verdict"),
    [(899, "too_light"), (900, "ok"), (1000, "ok"), (1100, "ok"), (1101, "too_heavy")],
)
def test_a_weight_is_near_enough_within_the_tolerance(grams: int, verdict: str) -> None:
    assert weight_verdict(asked_grams=1000, weight_grams=grams, tolerance_percent=10) == verdict


@pytest.mark.parametrize(("price", "cents"), [(100, 200), (120, 240), (150, 240)])
def test_a_substitute_costs_the_lower_of_the_two_prices(price: int, cents: int) -> None:
    assert charge_substitute(_line(quantity=2), _offer(price), amount=2).total_cents == cents


def test_a_substitute_keeps_its_own_promotion_when_that_is_cheaper() -> None:
    half = RunningPromotion(kind="percentage", terms={"percent": 50}, label="−50 %", ends_at=AT)
    offer = _offer(150, promotion=half)

    assert charge_substitute(_line(quantity=2), offer, amount=2).total_cents == 150
    assert not dearer(_line(quantity=2), offer, amount=2)


def test_the_agreed_promotion_is_kept_for_a_substitute() -> None:
    line = _line(quantity=3, promotion_kind="n_for_m", promotion_terms={"take": 3, "pay": 2})

    assert charge_substitute(line, _offer(110), amount=3).total_cents == 240


def test_a_weighed_product_does_not_replace_pieces() -> None:
    with pytest.raises(SetAside, match="not_an_alternative"):
        charge_substitute(_line(quantity=2), _offer(100, sold_by="weight"), amount=2)


def test_deposits_follow_what_is_in_the_crate() -> None:
    line = _line(quantity=6, deposit_cents=20)

    assert deposit_of(line, _picked(line, quantity=4)) == 80
    assert deposit_of(line, _picked(line, LineOutcome.MISSING)) == 0
    with_none = _picked(line, LineOutcome.SUBSTITUTED, quantity=6, frozen={"deposit_cents": 0})
    assert deposit_of(line, with_none) == 0
    with_more = _picked(line, LineOutcome.SUBSTITUTED, quantity=6, frozen={"deposit_cents": 50})
    assert deposit_of(line, with_more) == 120


def test_an_order_never_costs_more_than_its_told_maximum() -> None:
    line = _line(quantity=2)
    picked = {1: _picked(line, quantity=2, total_cents=240)}

    assert final_cents([line], picked, fee_cents=100, maximum_cents=1000) == 340
    assert final_cents([line], picked, fee_cents=100, maximum_cents=300) == 300
    assert final_cents([line], {}, fee_cents=100, maximum_cents=1000) == 100


def test_the_zone_of_a_substitute_is_its_own() -> None:
    line = _line(quantity=2)
    frozen = _picked(line, LineOutcome.SUBSTITUTED, quantity=2, frozen={"zone": "frozen"})

    assert zones_used([line], {1: frozen}) == {"frozen"}
    assert zones_used([line], {1: _picked(line, LineOutcome.MISSING)}) == set()


def _line(*, quantity: int, unit_price_cents: int = 120, sold_by: str = "piece", **product: Any) -> OrderLine:
    return priced_line(
        line_no=1,
        gtin=3000000000001,
        quantity=quantity,
        unit_price_cents=unit_price_cents,
        vat_basis_points=550,
        substitution="picker_choice",
        product=FrozenProduct(
            **{
                "name": "Lait", "brand": "", "net_quantity": 1000, "net_unit": "ml", "sold_by": sold_by,
                "zone": "ambient", "picture": "milk", "location": 10101, "deposit_cents": 0,
                "minimum_age": 0, "retractable": False, "category_id": 10101, **product,
            }
        ),
        weight_tolerance_percent=10,
    )  # fmt: skip


def _offer(price_cents: int, *, sold_by: str = "piece", promotion: RunningPromotion | None = None) -> Offer:
    return Offer(
        gtin=3000000000002, name="Autre lait", brand="", net_quantity=1000, net_unit="ml", sold_by=sold_by,
        price_cents=price_cents, unit_price_cents=price_cents, unit_basis="l", vat_basis_points=550,
        deposit_cents=0, zone="ambient", location=10102, picture="milk", minimum_age=0, retractable=False,
        category_id=10101, sellable=True, status=1, promotion=promotion,
    )  # fmt: skip


def _picked(
    line: OrderLine,
    outcome: LineOutcome = LineOutcome.PICKED,
    *,
    quantity: int = 0,
    total_cents: int = 0,
    frozen: dict[str, Any] | None = None,
) -> PickedLine:
    return PickedLine(
        line_no=line.line_no, outcome=outcome, gtin=line.gtin, quantity=quantity, weight_grams=0,
        unit_price_cents=line.unit_price_cents, total_cents=total_cents, frozen=frozen or {},
        picked_by="staff:x", picked_at=AT,
    )  # fmt: skip
