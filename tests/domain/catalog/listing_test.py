"""Category pages: order, filters, numbered pages."""

from datetime import datetime

import pytest

from cabas.domain.catalog import queries
from cabas.domain.catalog.model import CategoryTree, Filters, Sort
from cabas.kit.db import Transaction
from factories.catalog import make_categories, make_offer, make_product, make_promotion
from factories.stores import make_store

FIRST = 3760000000011


@pytest.fixture
async def tree(tx: Transaction, now: datetime) -> CategoryTree:
    """Ten pastas (101), two sauces (102); the fourth pasta is in promotion, the fifth out of stock."""
    made = await make_categories(tx)
    await make_store(tx)
    promotion = await make_promotion(tx, now=now)
    for number in range(12):
        gtin = await make_product(
            tx,
            gtin=FIRST + number,
            name=f"Article {number}",
            category_id=10101 if number < 10 else 10201,
            net_quantity=1000 - 50 * number,
            labels=["organic", "france"] if number % 2 else ["france"],
            nutri_score="ABCDE"[number] if number < 5 else None,
        )
        await make_offer(
            tx,
            gtin=gtin,
            rank=number,
            price_cents=500 - 10 * number,
            promotion_id=promotion if number == 3 else None,
            status=2 if number == 4 else 1,
        )
        await make_offer(tx, gtin=gtin, store_id=2, rank=number, price_cents=999)
    return made


async def _page(
    tx: Transaction, tree: CategoryTree, slug: str, now: datetime, **how: object
) -> tuple[list[int], bool]:
    page = await queries.category_page(tx, store_id=1, category=tree.by_slug[slug], now=now, **how)  # type: ignore[arg-type]
    return [card.gtin - FIRST for card in page.cards], page.has_next


@pytest.mark.parametrize(
    ("slug", "numbers"),
    [("pates", range(10)), ("pates-et-riz", range(10)), ("sauces-tomate", (10, 11)), ("epicerie", range(12))],
)
async def test_a_category_shows_all_below_it_by_rank(
    tx: Transaction, tree: CategoryTree, now: datetime, slug: str, numbers: range
) -> None:
    assert await _page(tx, tree, slug, now) == (list(numbers), False)


async def test_an_empty_category_is_an_empty_page(tx: Transaction, tree: CategoryTree, now: datetime) -> None:
    assert await _page(tx, tree, "riz", now) == ([], False)


async def test_pages_follow_one_another_and_the_last_says_so(
    tx: Transaction, tree: CategoryTree, now: datetime
) -> None:
    pages = [await _page(tx, tree, "epicerie", now, page=number, limit=5) for number in (1, 2, 3, 4)]

    assert pages == [([0, 1, 2, 3, 4], True), ([5, 6, 7, 8, 9], True), ([10, 11], False), ([], False)]


async def test_a_page_number_is_bounded(tx: Transaction, tree: CategoryTree, now: datetime) -> None:
    assert await _page(tx, tree, "epicerie", now, page=-3, limit=2) == ([0, 1], True)
    assert await _page(tx, tree, "epicerie", now, page=10**9, limit=2) == ([], False)


@pytest.mark.parametrize("slug", ["epicerie", "pates-et-riz", "pates"])
async def test_what_may_not_be_sold_does_not_end_the_list(
    tx: Transaction, tree: CategoryTree, now: datetime, slug: str
) -> None:
    await tx.execute("update product set sellable = false where gtin in ($1, $2)", FIRST + 1, FIRST + 3)

    assert await _page(tx, tree, slug, now, limit=4) == ([0, 2], True)
    assert await _page(tx, tree, slug, now, limit=4, page=2) == ([4, 5, 6, 7], True)


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        (Sort.PRICE, [9, 8, 7]),
        (Sort.UNIT_PRICE, [0, 1, 2]),
        (Sort.NUTRI_SCORE, [0, 1, 2]),
        (Sort.PROMOTION, [3, 0, 1]),
    ],
)
async def test_sorts_put_first_what_they_say(
    tx: Transaction, tree: CategoryTree, now: datetime, sort: Sort, first: list[int]
) -> None:
    for slug in ("pates", "pates-et-riz"):
        numbers, _ = await _page(tx, tree, slug, now, sort=sort)

        assert numbers[:3] == first


@pytest.mark.parametrize("sort", list(Sort))
async def test_an_aisle_is_sorted_across_its_shelves(
    tx: Transaction, tree: CategoryTree, now: datetime, sort: Sort
) -> None:
    whole, _ = await _page(tx, tree, "epicerie", now, sort=sort)
    pages = [await _page(tx, tree, "epicerie", now, sort=sort, limit=5, page=page) for page in (1, 2, 3)]

    assert sorted(whole) == list(range(12))
    assert [number for numbers, _ in pages for number in numbers] == whole


@pytest.mark.parametrize(
    ("filters", "numbers"),
    [
        (Filters(labels=("organic",)), [1, 3, 5, 7, 9]),
        (Filters(labels=("organic", "halal")), []),
        (Filters(promotion=True), [3]),
        (Filters(nutri_max="B"), [0, 1]),
        (Filters(price_cents_max=430), [7, 8, 9]),
        (Filters(zone="frozen"), []),
        (Filters(labels=("france",), nutri_max="C", price_cents_max=490), [1, 2]),
    ],
)
async def test_filters_leave_only_what_meets_them_all(
    tx: Transaction, tree: CategoryTree, now: datetime, filters: Filters, numbers: list[int]
) -> None:
    assert await _page(tx, tree, "pates", now, filters=filters) == (numbers, False)


async def test_filters_and_facets_count_the_same(tx: Transaction, tree: CategoryTree, now: datetime) -> None:
    facets = await queries.facets(tx, store_id=1, category=tree.by_slug["pates"], now=now)

    assert (facets.total, facets.promotion) == (10, 1)
    assert facets.labels == {"france": 10, "organic": 5}
    assert facets.nutri_scores == dict.fromkeys("ABCDE", 1)
    assert facets.zones == {"ambient": 10}


async def test_what_is_withdrawn_or_incomplete_is_not_shown(
    tx: Transaction, tree: CategoryTree, now: datetime
) -> None:
    await tx.execute("update offer set status = 0 where gtin = $1", FIRST)
    await tx.execute("update product set sellable = false where gtin = $1", FIRST + 1)

    numbers, _ = await _page(tx, tree, "pates", now)

    assert numbers == list(range(2, 10))
    assert await queries.cards_by_gtin(tx, store_id=1, gtins=[FIRST, FIRST + 1], now=now) == []


async def test_a_promotion_is_shown_while_it_runs(tx: Transaction, tree: CategoryTree, now: datetime) -> None:
    (card,) = await queries.cards_by_gtin(tx, store_id=1, gtins=[FIRST + 3], now=now)
    later = now.replace(day=26)
    (after,) = await queries.cards_by_gtin(tx, store_id=1, gtins=[FIRST + 3], now=later)

    assert (card.promotion_kind, card.promotion_terms) == ("percentage", {"percent": 20})
    assert after.promotion_kind is None


async def test_chosen_cards_keep_the_order_asked_for(
    tx: Transaction, tree: CategoryTree, now: datetime
) -> None:
    gtins = [FIRST + 7, 1, FIRST + 2, FIRST + 4]

    cards = await queries.cards_by_gtin(tx, store_id=1, gtins=gtins, now=now)

    assert [(card.gtin, card.available) for card in cards] == [
        (FIRST + 7, True),
        (FIRST + 2, True),
        (FIRST + 4, False),
    ]


async def test_each_store_has_its_own_prices(tx: Transaction, tree: CategoryTree, now: datetime) -> None:
    offers = await queries.offers_for(tx, store_id=2, gtins=[FIRST], now=now)

    assert offers[FIRST].price_cents == 999
    assert await queries.offers_for(tx, store_id=3, gtins=[FIRST], now=now) == {}
