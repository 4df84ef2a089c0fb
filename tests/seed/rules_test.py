"""The pure rules that the catalogue is made with."""

import pytest

from cabas.seed.allergens import UnknownAllergenError, allergens_in
from cabas.seed.chance import SALT_BITS, salt, stream
from cabas.seed.grammar import with_additions, wordings
from cabas.seed.gtin import packaged_gtin, weighed_gtin, with_check_digit
from cabas.seed.nutrition import nutrition_table
from cabas.seed.prices import shelf_price, unit_price
from cabas.seed.quotas import quotas
from cabas.seed.sizes import Pack, packs
from cabas.seed.writing import capitalised, slug, typographic


def test_a_stream_is_the_same_for_the_same_topic_and_no_other():
    assert stream(1, "a").random() == stream(1, "a").random()
    assert stream(1, "a").random() != stream(1, "b").random()
    assert stream(1, "a").random() != stream(2, "a").random()


def test_salts_fit_what_the_database_multiplies():
    assert all(0 <= salt(7, number) < 2**SALT_BITS for number in range(1000))


def test_a_template_stands_for_every_choice():
    made = wordings("Yaourt {nature|à la fraise=fraises@strawberry} {|bio}")

    assert [wording.name for wording in made] == [
        "Yaourt nature",
        "Yaourt nature bio",
        "Yaourt à la fraise",
        "Yaourt à la fraise bio",
    ]
    assert made[2].additions == ("fraises",)
    assert made[2].picture == "strawberry"


def test_emphasis_stays_out_of_names():
    assert wordings("Sauce {à la **moutarde**=**moutarde**}")[0].name == "Sauce à la moutarde"


@pytest.mark.parametrize(
    ("ingredients", "additions", "expected"),
    [
        ("Lait, {+}, sel", ("fraises", "sucre"), "Lait, fraises, sucre, sel"),
        ("Lait, {+}, sel", (), "Lait, sel"),
        ("{+}, sel", (), "sel"),
        ("Pommes, {+}", (), "Pommes"),
        ("Beurre{+}", (", sel 2 %",), "Beurre, sel 2 %"),
        ("Raisins, {+}conservateur : sulfites", (), "Raisins, conservateur : sulfites"),
    ],
)
def test_additions_take_their_place_or_leave_none(ingredients, additions, expected):
    assert with_additions(ingredients, additions) == expected


def test_allergens_are_those_of_the_emphasised_words_in_the_order_of_the_law():
    assert allergens_in("**Lait** entier, farine de **blé**, **noix de cajou**, ail") == [
        "gluten",
        "milk",
        "nuts",
    ]


def test_words_that_are_not_emphasised_tell_nothing():
    assert allergens_in("lait de coco, noix de muscade") == []


def test_an_emphasis_without_allergen_is_a_mistake():
    with pytest.raises(UnknownAllergenError, match="sucre"):
        allergens_in("**sucre**")


def test_the_check_digit_is_that_of_the_standard():
    assert with_check_digit(400638133393) == 4006381333931
    assert with_check_digit(301762042200) == 3017620422003


def test_weighed_goods_are_in_the_in_store_range():
    assert str(weighed_gtin(leaf=218, article=149)).startswith("26")
    assert str(packaged_gtin(company=3, leaf=1, article=0)).startswith("37")


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="too many"):
        weighed_gtin(leaf=1, article=150)


@pytest.mark.parametrize(
    ("sizes", "net", "expected"),
    [
        ("4x125g", "", Pack(500, "g", "4 × 125 g", 0.5)),
        ("75cl", "", Pack(750, "ml", "", 0.75)),
        ("6x1.5l", "", Pack(9000, "ml", "6 × 1,5 l", 9.0)),
        ("x12", "", Pack(12, "piece", "x12", 12.0)),
        ("x1", "210g", Pack(210, "g", "", 1.0)),
    ],
)
def test_sizes_are_read(sizes, net, expected):
    assert packs(sizes, net) == (expected,)


def test_one_count_with_several_weights_is_priced_by_weight():
    assert [pack.amount for pack in packs("x1", "200g 400g")] == [1.0, 2.0]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [(3, 9), (87, 87), (236, 235), (238, 239), (1250, 1249), (3510, 3490), (99, 99), (100, 99)],
)
def test_prices_end_as_shops_write_them(raw, shown):
    assert shelf_price(raw) == shown


@pytest.mark.parametrize(
    ("price", "quantity", "basis", "expected"),
    [
        (186, 500, "kg", 372),
        (199, 750, "l", 265),
        (100, 3, "piece", 33),
        (50, 4, "piece", 13),
        (1, 9000, "l", 1),
    ],
)
def test_the_price_per_unit_is_rounded_half_up(price, quantity, basis, expected):
    assert unit_price(price, net_quantity=quantity, basis=basis) == expected


def test_energy_follows_from_the_nutrients():
    table = nutrition_table(stream(1, "n"), told="10 4 20 8 3 12 1", name="Plat", alcohol=0)

    grams = {name: table[f"{name}_mg"] / 1000 for name in ("fat", "carbohydrates", "fibre", "protein")}
    kj = 37 * grams["fat"] + 17 * (grams["carbohydrates"] + grams["protein"]) + 8 * grams["fibre"]
    assert table["energy_kj"] == round(kj)


def test_parts_never_exceed_their_whole():
    for number in range(300):
        table = nutrition_table(stream(number, "n"), told="1 1 5 5 0 3 0.1", name="Lait", alcohol=0)
        assert table["saturated_mg"] <= table["fat_mg"]
        assert table["sugars_mg"] <= table["carbohydrates_mg"]


def test_alcohol_gives_energy():
    table = nutrition_table(stream(1, "n"), told="0 0 0 0 0 0 0", name="Gin", alcohol=400)

    assert table["energy_kcal"] == 221


def test_a_name_that_says_its_fat_is_obeyed():
    table = nutrition_table(stream(1, "n"), told="9 4 0 0 0 20 0.2", name="Steak haché 5 % MG", alcohol=0)

    assert table["fat_mg"] == 5000


def test_shares_respect_rooms_and_least_numbers():
    shares = quotas(total=40, rooms=[5, 100, 100], shelves=[1, 1, 2], leaf_least=3, shelf_least=12)

    assert sum(shares) == 40
    assert shares[0] == 5
    assert shares[2] >= 12


def test_more_than_there_is_room_for_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        quotas(total=40, rooms=[5, 5], shelves=[1, 2], leaf_least=1, shelf_least=1)


def test_names_become_addresses_and_are_set_in_type():
    assert slug("Fruits et légumes d’Œuf") == "fruits-et-legumes-d-oeuf"
    assert typographic("L'Haÿ") == "L’Haÿ"
    assert capitalised("**lait** entier") == "**Lait** entier"
