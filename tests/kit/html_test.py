"""Templates: values escaped, words in the reader's language put in place once."""

from pathlib import Path

import pytest

from cabas.kit.html import Renderer
from cabas.kit.messages import Catalogue

FRENCH = Catalogue(
    "fr", {"a.bread": 'Pain « de "mie" » & <sel>', "a.count": "{n, plural, one {# pain} other {# pains}}"}
)
ENGLISH = Catalogue("en", {"a.bread": "Bread"}, FRENCH)


@pytest.mark.parametrize(
    ("words", "said"), [(FRENCH, "Pain « de &quot;mie&quot; » &amp; &lt;sel&gt;"), (ENGLISH, "Bread")]
)
def test_fixed_words_are_in_the_reader_s_language_and_escaped(
    tmp_path: Path, words: Catalogue, said: str
) -> None:
    page = draw(tmp_path, '<p title="{{ t("a.bread") }}">{{ t("a.bread") }}</p>', words)

    assert page == f'<p title="{said}">{said}</p>'


def test_words_with_arguments_are_asked_for_at_each_render(tmp_path: Path) -> None:
    assert draw(tmp_path, '{{ t("a.count", n=2) }}', ENGLISH) == "2 pains"


def test_a_word_chosen_by_a_value_is_found(tmp_path: Path) -> None:
    assert draw(tmp_path, '{{ t("a." ~ name) }}', ENGLISH, name="bread") == "Bread"


def test_a_word_that_no_language_has_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"a\.wine"):
        draw(tmp_path, '{{ t("a.wine") }}', ENGLISH)


def draw(folder: Path, source: str, words: Catalogue, **values: object) -> str:
    (folder / "page.html").write_text(source, "utf-8")
    return Renderer({"face": folder}, functions={}).render("face/page.html", t=words, **values)
