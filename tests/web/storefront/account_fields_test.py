from datetime import timedelta

import pytest

from factories.account import ADDRESS, EMAIL, PAGES, sign_up, signed_in
from factories.customers import PASSWORD
from factories.no_script_browser import Browser

HOSTILE = [
    "",
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "a\x00b",
    "\u202etxet desrever",
    "🥕👩‍🌾",
    "سلمى بنت محمد",
    "x" * 10_000,
    "'; drop table customer; --",
    "{{ 7 * 7 }}",
]


async def test_no_form_is_taken_without_its_token(browser):
    await signed_in(browser)
    form_paths = (*PAGES, "/compte/deconnexion", "/compte/connexion", "/compte/appareils/fermeture")

    for path in form_paths:
        for token in ("", "forged"):
            answer = await browser.send(path, {"name": "x"}, token=token)
            assert answer.status_code in (403, 405), path


async def test_the_pages_of_the_account_are_for_who_is_signed_in(browser):
    for path in PAGES:
        page = await browser.open(path)
        assert str(page.url).endswith(f"/compte/connexion?return_to={path}")


async def test_the_pages_of_the_account_open_in_both_languages(browser):
    await signed_in(browser)

    for language in ("fr", "en"):
        browser.client.headers["accept-language"] = language
        for path in (
            *PAGES,
            "/compte/commandes?avant=x",
            "/compte/commandes?avant=2026-11-24T09:00:00%2B00:00",
        ):
            assert (await browser.open(path)).status_code == 200, path
            assert "account." not in browser.text
            assert "<macro" not in browser.text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/compte/inscription", {"name": "C", "email": EMAIL, "phone": "", "password": PASSWORD}),
        ("/compte/connexion", {"email": EMAIL, "password": PASSWORD, "return_to": "/compte"}),
    ],
)
async def test_every_field_of_coming_in_survives_anything(browser, clock, path, fields):
    for field in fields:
        for hostile in HOSTILE:
            await browser.open(path)
            answer = await browser.send(path, {**fields, field: hostile})
            assert answer.status_code in (303, 422), (field, hostile)
            _safe(browser)
            browser.client.cookies.clear()
            clock.at += timedelta(hours=1)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/compte/coordonnees", {"name": "Camille", "phone": ""}),
        ("/compte/e-mail", {"email": "neuve@exemple.fr", "password": PASSWORD}),
        ("/compte/mot-de-passe", {"password": PASSWORD, "new_password": "trois prunes jaunes"}),
        ("/compte/preferences", {"substitution": "never", "consent_email": "1"}),
        ("/compte/adresses/nouvelle", ADDRESS),
        ("/compte/effacement/confirmation", {"password": "", "sure": "1"}),
    ],
)
async def test_every_field_of_the_account_survives_anything(browser, clock, path, fields):
    await signed_in(browser)
    for field in fields:
        for hostile in HOSTILE:
            await browser.open(path)
            answer = await browser.send(path, {**fields, field: hostile})
            assert answer.status_code in (303, 422), (field, hostile)
            _safe(browser)
            clock.at += timedelta(hours=1)
    await browser.open("/compte/adresses")
    _safe(browser)


def _safe(browser: Browser) -> None:
    assert "<script>alert" not in browser.page.text
    assert "<img src=x" not in browser.page.text
    assert "\x00" not in browser.page.text
    assert "\u202e" not in browser.page.text


async def test_bytes_of_another_encoding_are_refused_beside_their_field(browser):
    await browser.open("/compte/inscription")

    answer = await browser.send(
        "/compte/inscription", {"email": EMAIL, "phone": "", "password": PASSWORD}, raw=b"name=Am%E9lie"
    )

    assert answer.status_code == 422
    assert 'id="f-name-error"' in browser.page.text
    assert 'value="Amlie"' in browser.page.text


async def test_a_refused_form_says_all_that_is_wrong_and_keeps_what_was_typed(browser):
    answer = await sign_up(browser, name="Camille Dubois", email="camille", phone="abc", password="soleil12")

    assert answer.status_code == 422
    for field in ("email", "phone", "password"):
        assert f'id="f-{field}-error"' in browser.page.text
        assert f'href="#f-{field}"' in browser.page.text
    assert 'value="Camille Dubois"' in browser.page.text
    assert "soleil12" not in browser.page.text
