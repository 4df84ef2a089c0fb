"""Every browsing page renders for everyone, and no address that a stranger makes up breaks one."""

import re
from itertools import pairwise
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from factories.browsing import post_form
from factories.shop import SHOP, Shop

Browser = AsyncTestClient[Any]
STORE = f"/magasins/{SHOP.slug}"
PAGES = (
    "/",
    "/magasins",
    "/magasins?q=37100",
    "/magasins?q=Rennes",
    "/magasins?q=nulle-part",
    "/magasins?lat=47.4&lon=0.7",
    STORE,
    f"/magasins/{SHOP.other_slug}",
    f"{STORE}/choix",
    f"{STORE}/rayons",
    f"{STORE}/rayons/{SHOP.category}",
    f"{STORE}/rayons/epicerie?tri=prix-kg&label=bio&nutri=B&filtres=1",
    f"{STORE}/rayons/pates-riz?promo=1",
    f"{STORE}/recherche",
    f"{STORE}/recherche?q=spaghettis",
    f"{STORE}/recherche?q=zzzzzz",
    f"{STORE}/produits/{SHOP.pasta[0]}",
    f"{STORE}/produits/{SHOP.weighed}",
    f"{STORE}/produits/{SHOP.promoted}",
    f"{STORE}/produits/{SHOP.out_of_stock}",
    f"{STORE}/produits/{SHOP.wine}",
    "/mentions-legales",
    "/cgv",
    "/confidentialite",
    "/accessibilite",
    "/tirages/2026-11-25",
    "/suggestions?q=spag",
    "/robots.txt",
    "/sitemap.xml",
)
NATIONAL_PAGES = ("/rayons", f"/rayons/{SHOP.category}", "/recherche?q=riz", f"/produits/{SHOP.pasta[0]}")
UNKNOWN = (
    "/tirages/2026-02-30",
    "/tirages/demain",
    "/magasins/nulle-part",
    "/magasins/nulle-part/rayons",
    "/magasins/national",
    f"{STORE}/rayons/rien",
    f"{STORE}/produits/0",
    f"{STORE}/produits/99999999999999999999",
    f"{STORE}/produits/abc",
    f"{STORE}/produits/{SHOP.incomplete}",
    f"{STORE}/produits/{SHOP.only_elsewhere}",
)
HOSTILE = (
    "x" * 10_000,
    "%00",
    "%E9%E8%FF",
    "%F0%9F%8D%9D",
    "(.*)+%5B",
    "'%20or%201=1--",
    "%3Cscript%3Ealert(1)%3C/script%3E",
    "%E2%80%AE%E2%80%8Babc",
    "-1",
    "NaN",
    "9" * 400,
)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_every_page_renders_for_a_stranger(client: Browser, language: str) -> None:
    for path in (*NATIONAL_PAGES, *PAGES):
        answer = await client.get(path, headers={"accept-language": language})

        assert answer.status_code == 200, path
        if "text/html" in answer.headers["content-type"] and not path.startswith("/suggestions"):
            check_markup(answer.text, language, path)
        client.cookies.clear()


async def test_every_page_renders_with_a_store_and_a_basket(client: Browser, shop: Shop) -> None:
    await post_form(client, f"{STORE}/choix")
    filled = await post_form(client, f"/panier/lignes/{shop.pasta[0]}", {"quantity": "2"})
    assert filled.status_code in (200, 303), filled.text

    for path in PAGES:
        answer = await client.get(path)

        assert answer.status_code == 200, path


async def test_national_pages_lead_to_the_shopper_s_own_store(client: Browser, shop: Shop) -> None:
    await post_form(client, f"{STORE}/choix")

    for path in NATIONAL_PAGES:
        answer = await client.get(path, follow_redirects=False)

        assert answer.status_code == 303
        assert answer.headers["location"] == STORE + path


async def test_what_does_not_exist_is_said_with_a_way_on(client: Browser) -> None:
    for path in UNKNOWN:
        answer = await client.get(path)

        assert answer.status_code == 404, path
        assert 'role="search"' in answer.text, path


async def test_no_address_breaks_a_page(client: Browser) -> None:
    for word in HOSTILE:
        for path in (
            f"{STORE}/recherche?q={word}",
            f"/suggestions?q={word}",
            f"/magasins?q={word}&retour={word}",
            f"/magasins?lat={word}&lon={word}",
            f"{STORE}/rayons/{SHOP.category}?tri={word}&page={word}&label={word}&nutri={word}",
            f"{STORE}/produits/{word[:300]}",
            f"/magasins/{word[:300]}",
            f"{STORE}/rayons/{word[:300]}",
            f"{STORE}?avant={word}&retour={word}",
        ):
            answer = await client.get(path)

            assert answer.status_code < 500, (path, answer.text[:300])


def check_markup(page: str, language: str, path: str) -> None:
    assert page.lstrip().lower().startswith("<!doctype html>"), path
    assert f'<html lang="{language}"' in page, path
    assert len(re.findall(r"<h1[ >]", page)) == 1, path
    assert len(re.findall(r"<main[ >]", page)) == 1, path
    assert not re.search(r'\sstyle="|\son[a-z]+="', page), path
    shown = re.sub(r"<template.*?</template>", "", page, flags=re.S)
    ids = re.findall(r'\sid="([^"]+)"', shown)
    assert len(ids) == len(set(ids)), (path, sorted(one for one in ids if ids.count(one) > 1))
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", page)]
    assert all(after <= before + 1 for before, after in pairwise(levels)), (path, levels)
    assert all("alt=" in picture for picture in re.findall(r"<img[^>]*>", page)), path
    for name in re.findall(r'href="#([^"]+)"', shown):
        assert name in ids, (path, name)
