"""The shared components render in every language, with the values their first lines ask for."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from cabas.kit.html import Renderer
from cabas.kit.messages import load_catalogues

ROOT = Path(__file__).resolve().parents[2]
UI = ROOT / "src/cabas/web/ui"
SAMPLES: dict[str, Any] = json.loads((ROOT / "tools/kitchen_sink/values.json").read_text("utf-8"))
CARDS: list[dict[str, Any]] = SAMPLES["cards"]
VALUES = {"cards": CARDS, "lines": SAMPLES["lines"], **SAMPLES["shop"], **SAMPLES["console"]}
FACES = ("console", "shop", "store")


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("face", FACES)
def test_every_component_of_a_face_renders(face: str, language: str) -> None:
    page = render(f"tools/{face}.html", language, **VALUES)

    assert f'<html lang="{language}"' in page
    assert "common." not in re.sub(r"<script.*?</script>", "", page, flags=re.S)


def test_no_template_needs_what_the_content_policy_forbids() -> None:
    for face in FACES:
        page = render(f"tools/{face}.html", "fr", **VALUES)

        assert not re.search(r'\sstyle="|\son[a-z]+="|javascript:', page)
        assert all("application/json" in tag or "src=" in tag for tag in re.findall(r"<script[^>]*>", page))


def test_a_stepper_sets_and_never_adds() -> None:
    filled = render_stepper({**CARDS[0], "quantity": 2, "max": 2})

    assert button_values(filled) == ["1", "2"]
    assert "disabled" in filled


def test_the_last_step_down_sets_zero() -> None:
    assert button_values(render_stepper({**CARDS[1], "quantity": 60}))[0] == "0"


def test_an_empty_stepper_is_one_button_named_after_its_product() -> None:
    empty = render_stepper({**CARDS[0], "quantity": 0})

    assert button_values(empty) == ["1"]
    assert "Ajouter" in empty
    assert empty.count("<button") == 1


def test_typing_a_quantity_does_not_press_a_button() -> None:
    filled = render_stepper({**CARDS[0], "quantity": 2})
    forms = re.findall(r"<form.*?</form>", filled, flags=re.S)
    typing = next(form for form in forms if "c-stepper__input" in form)

    assert 'button class="c-stepper__set"' in typing
    assert button_values(typing) == []


def test_names_are_escaped() -> None:
    hostile = render_stepper({**CARDS[0], "quantity": 1, "name": '"><script>alert(1)</script>'})

    assert "<script" not in hostile
    assert "alert(1)" in html.unescape(hostile)


@pytest.mark.parametrize("code", ["403", "404", "409", "422", "500", "503"])
def test_every_error_page_has_its_words(code: str) -> None:
    assert "<h1>" in render(f"ui/errors/{code}.html", "fr")


def test_the_offline_page_is_small() -> None:
    assert len(render("ui/offline.html", "fr").encode()) <= 6 * 1024


def test_both_languages_say_the_same_things() -> None:
    keys = [
        set(json.loads((UI / f"messages/{language}/common.json").read_text())) for language in ("fr", "en")
    ]

    assert keys[0] == keys[1]


def render_stepper(item: dict[str, object]) -> str:
    return render("tools/stepper.html", "fr", item=item)


def button_values(markup: str) -> list[str]:
    return re.findall(r'<button[^>]* name="quantity" value="(\d+)"', markup)


def render(template: str, language: str, **values: object) -> str:
    renderer = Renderer(
        {"ui": UI / "templates", "tools": ROOT / "tools/kitchen_sink"},
        functions={"asset": lambda name: f"/static/built/{name}", "picture": lambda name: f"/p/{name}.svg"},
    )
    words = load_catalogues(UI / "messages")[language]
    return renderer.render(template, t=words, page={**SAMPLES["page"], "lang": language}, **values)
