"""What a basket costs, and what is told when that changes. The tables are in docs/algorithms/pricing.md."""

import pytest

from cabas.domain.carts.model import CartLine, Difference, differences, price_cart
from factories.carts import make_offer

PASTA, APPLES, BEER = 1, 2, 3


def priced(*lines, offers):
    return price_cart(
        [CartLine(gtin=gtin, quantity=quantity) for gtin, quantity in lines],
        {offer.gtin: offer for offer in offers},
        weight_tolerance_percent=10,
    )


@pytest.mark.parametrize(
    ("quantity", "promotion", "total"),
    [
        (3, None, 357),
        (3, ("percentage", {"percent": 20}), 286),  # 357 − 71.4, rounded once for the line
        (2, ("n_for_m", {"take": 3, "pay": 2}), 238),
        (3, ("n_for_m", {"take": 3, "pay": 2}), 238),
        (7, ("n_for_m", {"take": 3, "pay": 2}), 595),  # two free of six, the seventh is paid
    ],
)
def test_pieces_cost_their_price_less_the_promotion(quantity, promotion, total):
    cart = priced((PASTA, quantity), offers=[make_offer(PASTA, price_cents=119, promotion=promotion)])

    assert cart.total_cents == cart.maximum_cents == total


def test_weighed_goods_are_estimated_with_a_promised_maximum():
    cart = priced((APPLES, 620), offers=[make_offer(APPLES, price_cents=299, sold_by="weight")])

    assert cart.goods_cents == 185  # 0.620 kg × 2.99
    assert cart.maximum_cents == 204  # 0.682 kg × 2.99
    assert cart.count == 1


def test_deposits_are_added_and_never_reduced():
    offer = make_offer(BEER, price_cents=200, deposit_cents=20, promotion=("percentage", {"percent": 50}))

    cart = priced((BEER, 2), offers=[offer])

    assert (cart.goods_cents, cart.discount_cents, cart.deposit_cents, cart.total_cents) == (
        400,
        200,
        40,
        240,
    )


def test_what_cannot_be_had_stays_and_costs_nothing():
    cart = priced((PASTA, 2), (APPLES, 500), offers=[make_offer(PASTA, status=2)])

    assert not cart.lines
    assert [line.gtin for line, _ in cart.unavailable] == [PASTA, APPLES]
    assert cart.total_cents == 0


def test_a_basket_as_shown_has_no_difference():
    cart = priced((PASTA, 2), offers=[make_offer(PASTA)])

    assert differences(cart.shown(), cart) == ()


def test_a_new_price_is_told_with_the_old_one():
    shown = priced((PASTA, 2), offers=[make_offer(PASTA, price_cents=100)]).shown()

    told = differences(shown, priced((PASTA, 2), offers=[make_offer(PASTA, price_cents=110)]))

    assert told == (Difference(gtin=PASTA, name="Produit 1", shown_cents=200, now_cents=220),)


def test_a_product_that_is_gone_is_told():
    shown = priced((PASTA, 2), offers=[make_offer(PASTA)]).shown()

    told = differences(shown, priced((PASTA, 2), offers=[make_offer(PASTA, status=2)]))

    assert [(one.shown_cents, one.now_cents) for one in told] == [(200, None)]


def test_a_line_that_came_in_since_is_told():
    shown = priced((PASTA, 1), offers=[make_offer(PASTA)]).shown()

    told = differences(shown, priced((PASTA, 1), (BEER, 1), offers=[make_offer(PASTA), make_offer(BEER)]))

    assert [(one.gtin, one.shown_cents, one.now_cents) for one in told] == [(BEER, None, 100)]
