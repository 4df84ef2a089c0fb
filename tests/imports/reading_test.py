"""What rows say: numbers, quantities, allergens, nutrition, categories, hours, prices."""

from datetime import date

import pytest

from cabas.domain.catalog.gtin import BadGtin, read_gtin
from cabas.imports.fields import Fields
from cabas.imports.offers.reading import read_offer, read_price
from cabas.imports.products.allergens import allergens_in, allergens_told, emphasised
from cabas.imports.products.amounts import Amount, read_amount
from cabas.imports.products.categories import leaf_of, picture_of, read_rules
from cabas.imports.products.nutrition import alcohol_permille_of, nutrition_of
from cabas.imports.products.reading import read_product
from cabas.imports.rejection import Rejected
from cabas.imports.stores.hours import read_hours
from cabas.imports.stores.kind import free_number
from cabas.seed.catalogue import read_tree


@pytest.mark.parametrize(
    ("text", "number"),
    [("96385074", 96385074), ("036000291452", 36000291452), ("3179142054695", 3179142054695),
     ("03179142054695", 3179142054695), (" 317-914 2054695 ", 3179142054695)],
)  # fmt: skip
def test_every_length_of_gtin_is_one_number(text, number):
    assert read_gtin(text) == number


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "missing"), ("31791420546AB", "not_digits"), ("３１７９１４２０５４６９５", "not_digits"),
     ("12345", "length"), ("3179142054696", "check_digit"), ("0000000000000", "check_digit")],
)  # fmt: skip
def test_a_bad_gtin_says_why(text, reason):
    with pytest.raises(BadGtin) as caught:
        read_gtin(text)

    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("text", "amount"),
    [("500 g e", Amount(500, "g")), ("1,5 L", Amount(1500, "ml")), ("6 x 25 cl", Amount(1500, "ml")),
     ("180 g (6 x 30 g)", Amount(180, "g")), ("2 x 50 g = 100 g", Amount(100, "g")), ("75cl", Amount(750, "ml")),
     ("400 g (égoutté 240 g)", Amount(240, "g")), ("poids net égoutté : 240g", Amount(240, "g")),
     ("12 œufs", Amount(12, "piece")), ("4 * 40 g", Amount(160, "g")), ("27.5 g", Amount(28, "g")),
     ("environ", None), ("0 g", None), ("99999 kg", None), ("12 personnes", None)],
)  # fmt: skip
def test_a_net_quantity_is_read_as_packs_print_it(text, amount):
    assert read_amount(text) == amount


def test_the_makers_own_marks_count_alone():
    text = emphasised('Farine de _blé_, <span class="allergen">lait</span>, oeufs')

    assert text == "Farine de **blé**, **lait**, oeufs"
    assert allergens_in(text) == ["gluten", "milk"]


def test_allergens_are_emphasised_where_nobody_marked_them():
    text = emphasised("Farine de BLÉ, lait de coco, lait d'amande, sans lactose, Œufs, noix de muscade, soja")

    assert (
        text
        == "Farine de **BLÉ**, lait de coco, lait d'**amande**, sans lactose, **Œufs**, noix de muscade, **soja**"
    )
    assert allergens_in(text) == ["gluten", "eggs", "soy", "nuts"]


def test_emphasising_twice_changes_nothing():
    once = emphasised("Farine de blé, BEURRE (lait), sel")

    assert emphasised(once) == once


def test_allergen_tags_become_the_fourteen_names():
    tags = [
        "en:sulphur-dioxide-and-sulphites",
        "fruits_a_coque",
        "en:soybeans",
        "fr:Céleri",
        "en:kiwi",
        "en:milk",
    ]

    assert allergens_told(tags) == ["soy", "milk", "nuts", "celery", "sulphites"]


def test_nutrition_comes_as_integers_from_json_csv_and_parquet():
    told = {"energy-kj_100g": 523, "energy-kcal_100g": "125", "fat_100g": 3.45, "salt_100g": "0,13"}
    table = {"energy_kj": 523, "energy_kcal": 125, "fat_mg": 3450, "salt_mg": 130}

    assert nutrition_of(Fields({"nutriments": told})) == table
    assert nutrition_of(Fields({name: str(value) for name, value in told.items()})) == table
    listed = [{"name": name.removesuffix("_100g"), "100g": value} for name, value in told.items()]
    assert nutrition_of(Fields({"nutriments": listed})) == table


def test_impossible_and_estimated_nutrition_is_left_out():
    fields = Fields(
        {"nutriments": {"fat_100g": 310, "energy-kj_100g": 90000, "salt_100g": -1}, "energy_kj_est": 500}
    )

    assert nutrition_of(fields) == {}


def test_salt_is_reckoned_from_sodium_and_alcohol_is_in_tenths():
    fields = Fields({"nutriments": {"sodium_100g": 0.4, "alcohol_100g": 12.5}})

    assert nutrition_of(fields)["salt_mg"] == 1000
    assert alcohol_permille_of(fields) == 125


def test_an_estimated_nutri_score_is_never_shown():
    row = {"code": "96385074", "nutriscore_est": "a"}

    assert read_product(Fields(row), 1).nutri_score == ""
    assert read_product(Fields({**row, "nutriscore_grade": "b"}), 1).nutri_score == "B"
    assert read_product(Fields({**row, "nutriscore_grade": "not-applicable"}), 1).nutri_score == ""


@pytest.mark.parametrize(
    ("tags", "texts", "aisle", "frozen", "leaf"),
    [(["en:dairies", "en:yogurts", "en:fruit-yogurts"], [], "", False, "yaourts-aux-fruits"),
     (["en:unheard-of"], ["Soupes de potiron"], "", False, "soupes-en-brique-et-en-bocal"),
     (["en:fats"], ["Beurre moulé"], "", False, "beurre"),
     (["en:fats"], ["Chose"], "", False, "huiles"),
     ([], ["Épinards hachés"], "", True, "legumes-surgeles"),
     ([], ["Inconnu"], "boissons", False, "nectars-et-boissons-aux-fruits"),
     ([], ["Inconnu"], "", False, "")],
)  # fmt: skip
def test_a_leaf_is_found_by_tag_then_word_then_aisle(tags, texts, aisle, frozen, leaf):
    assert leaf_of(tags=tags, texts=texts, aisle=aisle, frozen=frozen) == leaf


def test_every_rule_leads_to_a_leaf_of_the_standard_tree():
    rules = read_rules()
    leaves = {category.slug for category in read_tree().categories if category.level == 3}
    named = [*rules.by_tag.values(), *rules.by_broad_tag.values(), *rules.by_word.values()]

    assert {rule.leaf for rule in named} | set(rules.by_aisle.values()) <= leaves
    assert {rule.frozen for rule in named if rule.frozen} <= leaves


def test_a_picture_shows_the_first_thing_a_name_names():
    assert picture_of("Tartelettes aux Fraises et à la crème") == "strawberry"
    assert picture_of("Chose") == ""


def test_opening_hours_are_read_as_openstreetmap_writes_them():
    hours = read_hours("Mo-Fr 8:30-12:30,14:00-19:30; Sa 08:30-20:00; Su,PH off")

    assert hours["1"] == hours["5"] == [["08:30", "12:30"], ["14:00", "19:30"]]
    assert hours["6"] == [["08:30", "20:00"]]
    assert hours["7"] == []


def test_hours_of_all_days_and_of_a_week_end_that_wraps():
    assert read_hours("24/7")["3"] == [["00:00", "24:00"]]
    assert read_hours("08:00-22:00; Sa-Mo 09:00-12:00")["1"] == [["09:00", "12:00"]]
    assert read_hours("08:00-22:00; Sa-Mo 09:00-12:00")["2"] == [["08:00", "22:00"]]


@pytest.mark.parametrize(
    "text", ["Mo-Xx 08:00-20:00", "Mo 20:00-02:00", "sunrise-sunset", "Mo", "Jan Mo 09:00-12:00"]
)
def test_hours_that_cannot_be_read_are_refused(text):
    with pytest.raises(Rejected) as caught:
        read_hours(text)

    assert caught.value.reason == "bad_opening_hours"


@pytest.mark.parametrize(
    ("text", "cents"), [("2,49", 249), ("2.49 €", 249), ("1 234,50", 123450), ("3", 300), ("2,490", 249)]
)
def test_a_price_has_a_comma_or_a_point(text, cents):
    assert read_price(text) == cents


@pytest.mark.parametrize("text", ["", "gratuit", "0", "-1", "2,495", "99999", "NaN", "1e400"])
def test_what_is_not_a_price_is_refused(text):
    with pytest.raises(Rejected) as caught:
        read_price(text)

    assert caught.value.reason == "bad_price"


def test_an_offer_tells_its_place_and_day():
    row = {"store": "S1", "gtin": "96385074", "prix": "1,20", "statut": "rupture", "retour": "2026-12-01",
           "emplacement": "A12-B03-N2"}  # fmt: skip

    offer = read_offer(Fields(row), 2)

    assert (offer.location, offer.status, offer.back_on) == (120302, 2, date(2026, 12, 1))


def test_a_store_takes_the_number_of_its_code_or_the_next():
    assert free_number("S0001", set()) == 1
    assert free_number("S0001", {1, 2}) == 3
    assert free_number("LYON", {1}) == 2
    assert free_number("65535", {65535, 1}) == 2
    assert free_number("S1", set(range(1, 65536))) is None
