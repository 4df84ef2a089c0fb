"""A manager changes an offer, and changes their mind."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from cabas.domain.catalog import managing, queries
from cabas.kit.db import Transaction
from factories.catalog import make_categories, make_offer, make_product
from factories.stores import make_store

GTIN = 3760000000011


@pytest.fixture
async def offer(tx: Transaction) -> Transaction:
    await make_categories(tx)
    await make_store(tx)
    await make_product(tx, gtin=GTIN, net_quantity=500)
    await make_offer(tx, gtin=GTIN, price_cents=200)
    return tx


async def _change(tx: Transaction, now: datetime, price_cents: int, *, status: int = 1) -> bool:
    return await managing.change_offer(
        tx, store_id=1, gtin=GTIN, price_cents=price_cents, status=status, actor="Marie", now=now
    )


async def _prices(tx: Transaction, now: datetime) -> tuple[int, int]:
    offers = await queries.offers_for(tx, store_id=1, gtins=[GTIN], now=now)
    return offers[GTIN].price_cents, offers[GTIN].unit_price_cents


async def test_the_unit_price_follows_the_price(offer: Transaction, now: datetime) -> None:
    assert await _change(offer, now, 249)

    assert await _prices(offer, now) == (249, 498)


async def test_saying_the_same_again_leaves_no_trace(offer: Transaction, now: datetime) -> None:
    assert not await _change(offer, now, 200)

    assert await managing.offer_changes(offer, store_id=1) == []


async def test_a_change_is_told_with_its_author_and_can_be_undone_twice(
    offer: Transaction, now: datetime
) -> None:
    await _change(offer, now, 249)
    (change,) = await managing.offer_changes(offer, store_id=1)

    await managing.undo_offer_change(offer, store_id=1, change_id=change.change_id, now=now)
    await managing.undo_offer_change(offer, store_id=1, change_id=change.change_id, now=now)

    assert (change.changed_by, change.before["price_cents"], change.after["price_cents"]) == (
        "Marie",
        200,
        249,
    )
    assert await _prices(offer, now) == (200, 400)


async def test_a_change_with_a_later_one_is_not_undone(offer: Transaction, now: datetime) -> None:
    await _change(offer, now, 249)
    (first,) = await managing.offer_changes(offer, store_id=1)
    await _change(offer, now + timedelta(minutes=1), 259)

    with pytest.raises(managing.OfferChangedSince):
        await managing.undo_offer_change(offer, store_id=1, change_id=first.change_id, now=now)


async def test_changes_are_undone_from_the_last_to_the_first(offer: Transaction, now: datetime) -> None:
    await _change(offer, now, 249)
    await _change(offer, now + timedelta(minutes=1), 259, status=2)

    for change in await managing.offer_changes(offer, store_id=1):
        await managing.undo_offer_change(offer, store_id=1, change_id=change.change_id, now=now)

    assert await _prices(offer, now) == (200, 400)


async def test_another_stores_change_is_unknown(offer: Transaction, now: datetime) -> None:
    await _change(offer, now, 249)
    (change,) = await managing.offer_changes(offer, store_id=1)

    with pytest.raises(managing.OfferChangeUnknown):
        await managing.undo_offer_change(offer, store_id=2, change_id=change.change_id, now=now)
    with pytest.raises(managing.OfferChangeUnknown):
        await managing.undo_offer_change(offer, store_id=1, change_id=uuid4(), now=now)


async def test_an_offer_nobody_has_cannot_be_changed(offer: Transaction, now: datetime) -> None:
    with pytest.raises(managing.OfferNotFound):
        await managing.change_offer(
            offer, store_id=1, gtin=1, price_cents=100, status=1, actor="Marie", now=now
        )


async def test_the_day_it_comes_back_is_kept(offer: Transaction, now: datetime) -> None:
    await managing.change_offer(
        offer, store_id=1, gtin=GTIN, price_cents=200, status=2, back_on=date(2026, 12, 1), actor="Marie",
        now=now,
    )  # fmt: skip

    (listed,) = await managing.offers_of_store(offer, store_id=1)
    assert (listed.status, listed.back_on) == (2, date(2026, 12, 1))


@pytest.mark.parametrize("query", ["spagh", "SPAGHETTIS", "moulin", str(GTIN), ""])
async def test_offers_are_found_by_name_brand_or_barcode(offer: Transaction, query: str) -> None:
    assert [one.gtin for one in await managing.offers_of_store(offer, store_id=1, query=query)] == [GTIN]


async def test_offers_are_listed_page_by_page(offer: Transaction) -> None:
    for number in range(1, 4):
        await make_product(offer, gtin=GTIN + number)
        await make_offer(offer, gtin=GTIN + number)

    first = await managing.offers_of_store(offer, store_id=1, limit=2)
    second = await managing.offers_of_store(offer, store_id=1, limit=3, after_gtin=first[-1].gtin)

    assert [one.gtin - GTIN for one in [*first, *second]] == [0, 1, 2, 3]
