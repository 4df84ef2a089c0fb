from collections import Counter
from pathlib import Path

import pytest

from cabas.seed.allergens import allergens_in
from cabas.seed.campaigns import Reach, campaigns, reach_of
from cabas.seed.catalogue import read_tree
from cabas.seed.earning import PRODUCTS, SHELVES, earning_offers
from cabas.seed.loading import products_of
from conftest import NOW

BUILT = Path(__file__).parents[2] / "src/cabas/web/static/built/pictures"
PICTURES = Path(__file__).with_name("pictures.txt")


@pytest.fixture(scope="module")
def demo_products():
    return products_of("demo", seed=2026)


def test_the_tree_has_three_levels_and_enough_of_each():
    levels = Counter(category.level for category in read_tree().categories)

    assert levels[1] >= 12
    assert levels[3] >= 150


def test_a_category_lies_within_its_parents_range():
    for category in read_tree().categories:
        if category.level == 2:
            assert category.parent_id == category.category_id // 10_000 * 10_000
        if category.level == 3:
            assert category.parent_id == category.category_id // 100 * 100


def test_slugs_are_unique():
    slugs = [category.slug for category in read_tree().categories]

    assert len(set(slugs)) == len(slugs)


def test_each_scale_has_its_number_of_distinct_products(nation_products, demo_products):
    for products, count in ((nation_products, 20_000), (demo_products, 2_500)):
        assert len({product.gtin for product in products}) == count
        assert len({(product.name, product.brand, product.net_quantity) for product in products}) == count


def test_the_demo_is_part_of_the_nation(nation_products, demo_products):
    by_gtin = {product.gtin: product for product in nation_products}

    assert all(by_gtin[product.gtin] == product for product in demo_products)


def test_every_leaf_and_shelf_of_the_demo_is_well_filled(demo_products):
    leaves = Counter(product.category_id for product in demo_products)
    shelves = Counter(product.category_id // 100 for product in demo_products)

    assert len(leaves) == len(read_tree().leaves)
    assert min(leaves.values()) >= 8
    assert min(shelves.values()) >= 30


def test_every_number_has_a_valid_check_digit(nation_products):
    for product in nation_products:
        digits = [int(digit) for digit in str(product.gtin)]
        assert len(digits) == 13
        assert sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def test_allergens_are_exactly_the_emphasised_ones(nation_products):
    for product in nation_products:
        assert product.particulars.allergens == allergens_in(product.particulars.ingredients)
        assert not set(product.particulars.traces) & set(product.particulars.allergens)


def test_what_a_label_promises_no_ingredient_breaks(nation_products):
    for product in nation_products:
        found = set(product.particulars.allergens)
        if "gluten_free" in product.labels:
            assert "gluten" not in found, product.name
        if "vegan" in product.labels:
            assert not found & {"milk", "eggs", "fish", "crustaceans", "molluscs"}, product.name


def test_food_for_sale_has_its_particulars(nation_products):
    for product in nation_products:
        if not product.sellable:
            continue
        assert product.particulars.operator_name
        assert product.particulars.operator_address
        assert product.origin or product.vat_basis_points == 2000
        if product.particulars.nutrition and product.sold_by == "piece" and product.category_id // 10_000 > 1:
            assert product.particulars.ingredients, product.name


def test_a_few_products_are_incomplete_and_not_for_sale(nation_products, demo_products):
    for products in (nation_products, demo_products):
        assert 5 <= sum(not product.sellable for product in products) <= 20


def test_alcohol_is_for_adults_at_the_full_rate(nation_products):
    strong = [product for product in nation_products if product.alcohol_permille > 12]

    assert len(strong) > 500
    assert all(product.minimum_age == 18 and product.vat_basis_points == 2000 for product in strong)


def test_the_demo_has_all_rates_zones_weighed_goods_and_deposits(demo_products):
    assert {product.vat_basis_points for product in demo_products} == {550, 1000, 2000}
    assert {product.zone for product in demo_products} == {"ambient", "chilled", "frozen"}
    assert sum(product.sold_by == "weight" for product in demo_products) > 100
    assert any(product.deposit_cents for product in demo_products)


def test_what_is_cold_or_perishes_can_not_be_sent_back(nation_products):
    assert not any(product.retractable for product in nation_products if product.zone != "ambient")


def test_meat_fish_eggs_and_honey_tell_where_they_come_from(nation_products):
    words = {2: "levé", 3: "", 11: ""}
    fresh = [product for product in nation_products if product.category_id // 10_000 in words]

    assert all(product.origin for product in fresh)
    eggs = [product for product in nation_products if product.category_id == 50_204]
    assert all("code" in product.name and "pondus" in product.origin for product in eggs)


def test_infant_formula_of_the_first_stage_is_never_reduced(nation_products):
    first = [product for product in nation_products if "1er âge" in product.name]

    assert first
    assert all(product.discount_percent_max == 0 for product in first)
    assert reach_of(discount_percent_max=0, sold_by="piece") == Reach.NOTHING


def test_every_picture_exists(nation_products):
    listed = set(PICTURES.read_text().split())
    used = {product.picture for product in nation_products}
    used |= {category.picture for category in read_tree().categories}

    assert used <= listed
    if BUILT.exists():
        assert used <= {file.stem for file in BUILT.glob("*.svg")}


def test_campaigns_stay_within_the_caps_and_never_say_the_forbidden_word():
    for campaign in campaigns(day=NOW.date(), seed=2026):
        cap = 40 if campaign.reach == Reach.OTHER else 34
        assert campaign.terms.get("percent", 0) <= cap
        assert "gratuit" not in campaign.label.lower()
        assert campaign.starts_at < campaign.ends_at
        if campaign.kind == "n_for_m":
            assert campaign.reach != Reach.WEIGHED


def test_most_campaigns_run_now():
    made = list(campaigns(day=NOW.date(), seed=2026))

    assert len(made) == 60
    assert sum(campaign.starts_at <= NOW < campaign.ends_at for campaign in made) == 40


def test_what_earns_is_the_same_for_a_seed_and_lawful(demo_products):
    made = list(earning_offers(read_tree().categories, demo_products, day=NOW.date(), seed=2026))

    assert made == list(earning_offers(read_tree().categories, demo_products, day=NOW.date(), seed=2026))
    assert len({offer.offer_id for offer in made}) == len(made) == SHELVES + PRODUCTS
    by_gtin = {product.gtin: product for product in demo_products}
    for offer in made:
        reached = (
            [by_gtin[offer.gtin]]
            if offer.gtin
            else [one for one in demo_products if one.category_id // 100 * 100 == offer.category_id]
        )
        assert reached
        assert all(one.discount_percent_max > 0 and not one.minimum_age for one in reached)
