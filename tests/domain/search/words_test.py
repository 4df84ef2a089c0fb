"""What a text says: words, sizes, whole names."""

import pytest

from cabas.domain.search.words import accented, read, size_tokens, sizes_in, stem, whole_name


def test_accents_ligatures_and_case_say_nothing() -> None:
    assert read("ŒUFS à la Crème").words == read("oeufs a la creme").words == ["oeufs", "creme"]


def test_words_that_tell_nothing_are_kept_when_there_is_nothing_else() -> None:
    assert read("la les").words == ["la", "les"]


@pytest.mark.parametrize(
    ("text", "token"),
    [
        ("coca 1,5", "n1.5"),
        ("coca 1.5L", "1500ml"),
        ("coca 150 cl", "1500ml"),
        ("riz 1 kg", "1000g"),
        ("riz 2 kilos", "2000g"),
        ("beurre 250gr", "250g"),
        ("œufs x12", "n12"),
        ("eau 6 × 1,25 l", "1250ml"),
    ],
)
def test_a_size_is_read_however_it_is_written(text: str, token: str) -> None:
    assert token in sizes_in(text)


def test_a_product_answers_to_its_size_in_each_unit() -> None:
    assert size_tokens(1500, "ml") == ["1500ml", "n1500", "n150", "n1.5"]


@pytest.mark.parametrize("text", ["lait 2%", "vitamine b12", "7up", "1.2.3"])
def test_what_is_no_size_is_not_taken_for_one(text: str) -> None:
    assert sizes_in(text) == []


def test_a_bare_number_stays_a_word_since_it_may_be_a_name() -> None:
    assert read("1664").words == ["1664"]


def test_a_size_with_its_unit_is_no_word() -> None:
    assert read("knacks 350 g").words == ["knacks"]


def test_plurals_have_one_stem() -> None:
    assert stem("yaourts") == stem("yaourt")
    assert stem("chevaux") == stem("cheval")


def test_a_whole_name_is_the_same_in_any_order_and_number() -> None:
    assert whole_name(["jus", "d", "orange"]) == whole_name(["oranges", "jus"])


def test_accents_that_were_typed_are_remembered_without_the_plural() -> None:
    assert accented("Pâtés de foie") == ["pâté"]


def test_a_query_is_bounded() -> None:
    wanted = read("a" * 100_000 + " mot" * 10_000 + " 1 kg" * 1000)

    assert len(wanted.words) <= 8
    assert all(len(word) <= 40 for word in wanted.words)
    assert len(wanted.sizes) <= 8
