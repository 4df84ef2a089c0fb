"""Finding products by words in an index made for the test."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cabas.domain.search.index import Document, ProductIndex

_GOODS = (
    ("Coquillettes de blé dur", "Moulin", "Pâtes", 500, "g"),
    ("Spaghettis", "Moulin", "Pâtes", 1000, "g"),
    ("Pâté de campagne", "Terroir", "Charcuterie", 200, "g"),
    ("Compote de pommes", "Verger", "Compotes", 400, "g"),
    ("Pommes gala", "", "Pommes", 180, "g"),
    ("Cola classique", "Bulle", "Colas", 330, "ml"),
    ("Cola classique", "Bulle", "Colas", 1500, "ml"),
    ("Papier toilette doux x6", "Plume", "Papier toilette", 6, "piece"),
    ("Chocolat noir 70 %", "Fève", "Chocolat noir", 100, "g"),
    ("Chocolat au lait", "Fève", "Chocolat au lait", 100, "g"),
    ("Lait demi-écrémé", "Pré Vert", "Lait", 1000, "ml"),
    ("Bière blonde 1664", "Brasserie", "Bières", 330, "ml"),
    ("Chocolat noir aux noisettes", "Fève", "Chocolat noir", 200, "g"),
)


@pytest.fixture(scope="module")
def index() -> ProductIndex:
    return ProductIndex(
        [
            Document(
                gtin=number, name=name, brand=brand, leaf=leaf, above="", words="", net_quantity=amount, net_unit=unit
            )
            for number, (name, brand, leaf, amount, unit) in enumerate(_GOODS, start=1)
        ]
    )  # fmt: skip


def _names(index: ProductIndex, text: str, *, as_typed: bool = False) -> list[str]:
    return [_GOODS[gtin - 1][0] for gtin, _ in index.search(text, 10, as_typed=as_typed)]


def test_accents_and_plurals_are_not_needed(index: ProductIndex) -> None:
    assert _names(index, "pate campagnes")[0] == "Pâté de campagne"


@pytest.mark.parametrize("typo", ["spagetthis", "spaghetis", "sphagettis"])
def test_a_typo_is_forgiven(index: ProductIndex, typo: str) -> None:
    assert _names(index, typo) == ["Spaghettis"]


def test_a_short_word_must_be_right(index: ProductIndex) -> None:
    assert _names(index, "lxt") == []


def test_a_product_filed_under_the_word_comes_before_one_made_of_it(index: ProductIndex) -> None:
    assert _names(index, "pommes") == ["Pommes gala", "Compote de pommes"]


def test_the_size_asked_for_comes_first(index: ProductIndex) -> None:
    assert index.search("cola 1,5", 10)[0][0] == 7
    assert index.search("cola 33cl", 10)[0][0] == 6


def test_a_size_nobody_makes_still_gives_the_product(index: ProductIndex) -> None:
    assert _names(index, "cola 10 l") == ["Cola classique", "Cola classique"]


def test_what_people_call_it_finds_it(index: ProductIndex) -> None:
    assert _names(index, "pq") == ["Papier toilette doux x6"]
    assert _names(index, "coca 1,5")[0] == "Cola classique"


def test_an_accent_that_tells_words_apart_counts_when_it_is_typed(index: ProductIndex) -> None:
    assert _names(index, "pâté")[0] == "Pâté de campagne"


def test_a_number_may_be_a_name(index: ProductIndex) -> None:
    assert _names(index, "1664") == ["Bière blonde 1664"]


def test_all_words_count_before_some(index: ProductIndex) -> None:
    names = _names(index, "chocolat lait")

    assert names[0] == "Chocolat au lait"
    assert set(names[1:]) > {"Lait demi-écrémé", "Chocolat noir 70 %"}


def test_two_words_run_together_are_told_apart(index: ProductIndex) -> None:
    assert _names(index, "chocolatnoir")[0].startswith("Chocolat noir")


def test_a_begun_word_is_enough_while_typing(index: ProductIndex) -> None:
    assert _names(index, "coq", as_typed=True) == ["Coquillettes de blé dur"]


def test_words_nobody_knows_find_nothing(index: ProductIndex) -> None:
    assert _names(index, "zzyzx 1,5") == []


def test_a_better_spelling_is_offered_for_unknown_words_only(index: ProductIndex) -> None:
    assert index.better_spelling("chocolqt noir") == "chocolat noir"
    assert index.better_spelling("chocolats noirs") == ""
    assert index.better_spelling("zzyzx") == ""


def test_completions_say_more_than_what_was_typed(index: ProductIndex) -> None:
    assert index.completions("choc", 3) == ["chocolat noir", "chocolat"]
    assert index.completions("", 3) == []


@given(text=st.text(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_text_can_be_searched(index: ProductIndex, text: str) -> None:
    found = index.search(text, 5, as_typed=True)

    assert len(found) <= 5
    assert len({gtin for gtin, _ in found}) == len(found)
    assert isinstance(index.better_spelling(text), str)


@pytest.mark.parametrize("text", ['"lait', "name:lait", "lait AND (", "lait~2 OR *", "[a TO z]", "\x00lait"])
def test_no_text_is_a_query_language(index: ProductIndex, text: str) -> None:
    assert "Lait demi-écrémé" in _names(index, text) or text == "[a TO z]"


def test_an_empty_catalogue_answers_nothing() -> None:
    empty = ProductIndex([])

    assert empty.search("lait", 10) == []
    assert empty.better_spelling("lait") == ""
    assert empty.completions("la", 3) == []
