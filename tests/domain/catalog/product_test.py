"""A product's page, its prior price, and what may stand in for it."""

from datetime import datetime, timedelta

import pytest

from cabas.domain.catalog import managing, queries
from cabas.domain.catalog.product import ProductUnknown
from cabas.kit.db import Transaction
from factories.catalog import make_categories, make_offer, make_product, make_promotion
from factories.stores import make_store

ONE, OTHER, THIRD = 3760000000011, 3760000000028, 3760000000035


@pytest.fixture
async def shelf(tx: Transaction) -> Transaction:
    await make_categories(tx)
    await make_store(tx)
    return tx


async def _sold(tx: Transaction, gtin: int, *, price_cents: int = 200, **more: object) -> None:
    await make_product(tx, gtin=gtin, **more)  # type: ignore[arg-type]
    await make_offer(tx, gtin=gtin, price_cents=price_cents)


async def _alternatives(tx: Transaction, now: datetime) -> list[int]:
    return [card.gtin for card in await queries.alternatives(tx, store_id=1, gtin=ONE, now=now)]


async def test_a_product_without_its_particulars_has_no_page(shelf: Transaction, now: datetime) -> None:
    await _sold(shelf, ONE, sellable=False)

    with pytest.raises(ProductUnknown):
        await queries.product_page(shelf, store_id=1, gtin=ONE, now=now)


async def test_the_prior_price_is_the_lowest_of_thirty_days(shelf: Transaction, now: datetime) -> None:
    await make_product(shelf, gtin=ONE)
    await make_offer(shelf, gtin=ONE, price_cents=300, promotion_id=await make_promotion(shelf, now=now))
    for days, price_cents in ((40, 150), (20, 250), (10, 280)):
        await managing.change_offer(
            shelf, store_id=1, gtin=ONE, price_cents=price_cents, status=1, actor="test",
            now=now - timedelta(days=days),
        )  # fmt: skip

    page = await queries.product_page(shelf, store_id=1, gtin=ONE, now=now)

    assert (page.card.price_cents, page.prior_price_cents) == (280, 150)  # 150 was asked until 20 days ago


async def test_without_a_promotion_no_prior_price_is_told(shelf: Transaction, now: datetime) -> None:
    await _sold(shelf, ONE)

    page = await queries.product_page(shelf, store_id=1, gtin=ONE, now=now)

    assert page.prior_price_cents is None


async def test_the_same_leaf_stands_in_nearest_size_first(shelf: Transaction, now: datetime) -> None:
    await _sold(shelf, ONE, net_quantity=500)
    await _sold(shelf, OTHER, net_quantity=1000, price_cents=390)
    await _sold(shelf, THIRD, net_quantity=450, price_cents=180)
    await _sold(shelf, 3760000000042, category_id=10102)

    assert await _alternatives(shelf, now) == [THIRD, OTHER]


async def test_nothing_much_dearer_stands_in(shelf: Transaction, now: datetime) -> None:
    await _sold(shelf, ONE, price_cents=200)
    await _sold(shelf, OTHER, price_cents=230)
    await _sold(shelf, THIRD, price_cents=231)

    assert await _alternatives(shelf, now) == [OTHER]


async def test_an_allergen_the_original_lacks_never_stands_in(shelf: Transaction, now: datetime) -> None:
    await _sold(shelf, ONE, allergens=["gluten"])
    await _sold(shelf, OTHER, allergens=["gluten", "eggs"])
    await _sold(shelf, THIRD, allergens=[])

    assert await _alternatives(shelf, now) == [THIRD]


async def test_alcohol_never_stands_in_for_what_has_none(shelf: Transaction, now: datetime) -> None:
    await _sold(shelf, ONE, category_id=20101)
    await _sold(shelf, OTHER, category_id=20101, minimum_age=18)

    assert await _alternatives(shelf, now) == []


async def test_what_is_out_of_stock_does_not_stand_in(shelf: Transaction, now: datetime) -> None:
    await _sold(shelf, ONE)
    await make_product(shelf, gtin=OTHER)
    await make_offer(shelf, gtin=OTHER, status=2)

    assert await _alternatives(shelf, now) == []
