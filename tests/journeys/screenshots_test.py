"""The main screens at two sizes and in both themes: pictures for people (kept out of git), axe for all."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from journeys.conftest import DESKTOP, PHONE, SCREENSHOTS
from journeys.steps import SHOP, add_first, choose_store

PAGES = {
    "home": "/",
    "finder": "/magasins?q=37100",
    "store": SHOP,
    "category": f"{SHOP}/rayons/fruits-de-saison",
    "search": f"{SHOP}/recherche?q=chocolat",
    "basket": "/panier",
    "slots": "/creneaux",
    "sign-in": "/compte/connexion",
    "terms": "/cgv",
}
WIDTH_MIN = {"width": 320, "height": 640}


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_the_shops_screens_are_accessible(visit, size, dark):
    page = visit(size=size, dark=dark)
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait", count=2)
    folder = SCREENSHOTS / f"{size['width']}-{'dark' if dark else 'light'}"
    folder.mkdir(parents=True, exist_ok=True)

    found = {}
    for name, path in PAGES.items():
        page.goto(path)
        page.screenshot(path=folder / f"{name}.png")
        violations = Axe().run(page).response["violations"]
        if violations:
            found[name] = [(one["id"], one["nodes"][0]["html"][:200]) for one in violations]

    assert found == {}


def test_no_page_is_wider_than_the_smallest_phone(visit):
    page = visit(size=WIDTH_MIN)
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait")

    wide = []
    for name, path in PAGES.items():
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wide.append(name)

    assert wide == []
