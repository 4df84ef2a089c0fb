import hashlib
from datetime import timedelta

import asyncpg
import pytest

from cabas.seed import assortments
from cabas.seed.campaigns import campaigns
from cabas.seed.loading import DatabaseInUse, load
from cabas.seed.prices import shelf_price, unit_price
from cabas.seed.records import SEEDED
from conftest import NOW

from .conftest import SEED, silent


async def digests(url: str) -> dict[str, str]:
    """A digest of all rows of each seeded table, whatever their order on disk."""
    connection = await asyncpg.connect(url)
    try:
        found = {}
        for table in SEEDED:
            rows = await connection.fetch(f"select t::text from {table} t order by 1")
            found[table] = hashlib.sha256("\n".join(row[0] for row in rows).encode()).hexdigest()
        return found
    finally:
        await connection.close()


async def test_the_same_number_gives_the_same_rows(seeded_url, database_url):
    await load(database_url, scale="demo", seed=SEED, now=NOW + timedelta(hours=3), progress=silent)

    assert await digests(database_url) == await digests(seeded_url)


async def test_seeding_again_changes_nothing(database_url):
    first = await load(database_url, scale="demo", seed=SEED, now=NOW, progress=silent)
    before = await digests(database_url)

    again = await load(database_url, scale="demo", seed=SEED, now=NOW + timedelta(days=2), progress=silent)

    assert (first.already, again.already) == (False, True)
    assert again.offers == first.offers
    assert await digests(database_url) == before


async def test_a_database_with_other_stores_is_left_alone(database_url):
    await load(database_url, scale="demo", seed=SEED, now=NOW, progress=silent)

    with pytest.raises(DatabaseInUse):
        await load(database_url, scale="demo", seed=SEED + 1, now=NOW, progress=silent)


async def test_an_interrupted_seeding_begins_again(database_url, seeded_url):
    class CutError(Exception):
        """The power went."""

    def cut_in_the_offers(step: str, done: int, total: int) -> None:
        if step == "Offers":
            raise CutError

    with pytest.raises(CutError):
        await load(database_url, scale="demo", seed=SEED, now=NOW, progress=cut_in_the_offers)
    await load(database_url, scale="demo", seed=SEED, now=NOW, progress=silent)

    assert await digests(database_url) == await digests(seeded_url)


async def test_the_demo_has_forty_stores_and_the_national_catalogue(seeded):
    assert await seeded.fetchval("select count(*) from store where store_id > 0 and has_drive") == 40
    assert await seeded.fetchval("select format from store where store_id = 0") == "national"


async def test_every_store_offers_every_product_for_sale(seeded):
    sellable = await seeded.fetchval("select count(*) from product where sellable")
    counts = await seeded.fetch("select store_id, count(*) from offer group by 1")

    assert len(counts) == 41
    assert {count for _, count in counts} == {sellable}


async def test_nothing_incomplete_is_offered(seeded):
    assert (
        await seeded.fetchval("select count(*) from offer join product using (gtin) where not sellable") == 0
    )


async def test_national_prices_are_the_recommended_ones_without_promotion(seeded, nation_products):
    recommended = {product.gtin: product.price_cents for product in nation_products}
    rows = await seeded.fetch("select gtin, price_cents, promotion_id, status from offer where store_id = 0")

    assert all(row["price_cents"] == shelf_price(recommended[row["gtin"]]) for row in rows)
    assert all(row["promotion_id"] is None and row["status"] == 1 for row in rows)


async def test_unit_prices_are_right_to_the_cent(seeded):
    rows = await seeded.fetch(
        """select price_cents, unit_price_cents, sold_by, net_quantity, unit_basis
             from offer join product using (gtin)"""
    )
    for row in rows:
        expected = (
            row["price_cents"]
            if row["sold_by"] == "weight"
            else unit_price(row["price_cents"], net_quantity=row["net_quantity"], basis=row["unit_basis"])
        )
        assert row["unit_price_cents"] == expected


async def test_stores_set_their_own_prices_within_a_few_percent(seeded):
    levels = await seeded.fetch(
        """select o.store_id, avg(o.price_cents::numeric / n.price_cents) level
             from offer o join offer n on n.store_id = 0 and n.gtin = o.gtin
            where o.store_id > 0 group by 1"""
    )
    assert all(0.92 < row["level"] < 1.08 for row in levels)
    assert len({round(row["level"], 3) for row in levels}) > 20


async def test_about_six_offers_in_a_hundred_are_promoted_and_few_are_out_of_stock(seeded):
    share, out = await seeded.fetchrow(
        """select avg((promotion_id is not null)::int)::float, avg((status = 2)::int)::float
             from offer where store_id > 0"""
    )
    assert 0.04 < share < 0.08
    assert 0.005 < out < 0.03
    assert (
        await seeded.fetchval("select count(*) from offer where (status = 2) <> (back_on is not null)") == 0
    )


async def test_promotions_reach_only_what_they_may(seeded):
    bundles = await seeded.fetchval(
        """select count(*) from offer join promotion using (promotion_id) join product using (gtin)
            where kind = 'n_for_m' and sold_by = 'weight'"""
    )
    deep = await seeded.fetchval(
        """select count(*) from offer join promotion using (promotion_id) join product using (gtin)
            where (terms->>'percent')::int > 34 and product.category_id / 10000 not in (14, 15, 16)"""
    )
    formula = await seeded.fetchval(
        """select count(*) from offer join product using (gtin)
            where promotion_id is not null and name like '%1er âge%'"""
    )
    assert (bundles, deep, formula) == (0, 0, 0)


async def test_a_walk_by_location_meets_what_is_frozen_last(seeded):
    rows = await seeded.fetch(
        """select store_id, max(location) filter (where zone = 'ambient') ambient,
                  min(location) filter (where zone = 'chilled') chilled_first,
                  max(location) filter (where zone = 'chilled') chilled,
                  min(location) filter (where zone = 'frozen') frozen
             from offer join product using (gtin) where store_id > 0 group by 1"""
    )
    assert all(row["ambient"] < row["chilled_first"] and row["chilled"] < row["frozen"] for row in rows)


async def test_ranks_are_places_and_each_store_has_its_own(seeded):
    one, other = await seeded.fetch(
        """select store_id, array_agg(rank order by gtin) ranks, max(rank) = count(*) whole
             from offer where store_id > 0 group by 1 order by 1 limit 2"""
    )
    assert one["whole"]
    assert one["ranks"] != other["ranks"]


async def test_slots_cover_today_and_the_eight_days_after(seeded):
    days = await seeded.fetch(
        "select distinct (starts_at at time zone 'Europe/Paris')::date d from slot order by 1"
    )
    weekdays = {row["d"] for row in days}

    assert min(weekdays) == NOW.date()
    assert max(weekdays) == NOW.date() + timedelta(days=8)
    assert await seeded.fetchval("select count(*) from slot where closes_at >= starts_at") == 0
    assert await seeded.fetchval("select count(*) from slot where taken > 0 or closed") == 0


async def test_towns_are_found_by_name_without_accents(seeded):
    found = await seeded.fetch("select postcode from town where search_name like 'joue les tours%'")

    assert [row["postcode"] for row in found] == ["37300"]


async def test_a_store_of_the_nation_has_its_own_assortment_by_format(tx, nation_products, shops):
    promotions = list(campaigns(day=NOW.date(), seed=SEED))
    shelving = assortments.shelving(nation_products, promotions, seed=SEED)
    await assortments.prepare(tx, shelving=shelving)

    for format_, (least, most) in assortments.SIZES.items():
        shop = next(shop for shop in shops if shop.format == format_ and shop.has_drive)
        stocked = await assortments.stock_store(tx, shop=shop, shelving=shelving, today=NOW.date(), seed=SEED)
        assert least <= stocked <= most
