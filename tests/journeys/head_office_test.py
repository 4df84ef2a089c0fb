"""Head office gives every store more places, sees it done, and takes it back; and looks at the wall."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from journeys.conftest import DESKTOP

PATIENCE_MS = 60_000


def test_head_office_raises_capacity_and_takes_it_back(visit, product):
    page = visit(dark=True)
    sign_in(page, product.card["head_office"])
    page.goto("/console/capacite")
    found = {"capacity": problems(page)}

    page.get_by_role("button", name="Prévisualiser").click()
    expect(page.locator("main")).to_contain_text("Tours-Nord")
    found["preview"] = problems(page)
    page.locator('[name="reason"]').fill("Noël")
    if page.locator('[name="runbook"]').count():  # around midnight
        page.locator('[name="runbook"]').check()
    page.get_by_role("button", name="Appliquer maintenant").click()
    expect(page.locator("#state")).to_contain_text("appliquée", timeout=PATIENCE_MS)
    found["applied"] = problems(page)

    page.get_by_role("button", name="Annuler").click()
    expect(page.locator("#state")).to_contain_text("annulée", timeout=PATIENCE_MS)

    assert {name: one for name, one in found.items() if one} == {}


def test_the_wall_goes_by_itself_with_and_without_scripts(visit, product):
    page = visit(size=DESKTOP)
    sign_in(page, product.card["head_office"])
    page.goto("/wall")
    expect(page.locator("[data-tile]")).to_have_count(5)
    # The island replaces the tiles: a mark on one of them does not stay.
    page.locator("[data-tile]").first.evaluate("tile => tile.id = 'seen'")
    expect(page.locator("#seen")).to_have_count(0, timeout=PATIENCE_MS)
    assert problems(page) == []

    plain = visit(javascript=False)
    sign_in(plain, product.card["head_office"])
    plain.goto("/wall")
    expect(plain.locator("[data-tile]")).to_have_count(5)


def sign_in(page, person):
    page.goto("/console/connexion")
    page.locator('[name="email"]').fill(person["email"])
    page.locator('[name="password"]').fill(person["password"])
    page.locator("main form button").click()
    expect(page.locator("main h1")).to_contain_text("Le réseau")


def problems(page):
    violations = Axe().run(page).response["violations"]
    return [(one["id"], one["nodes"][0]["html"][:200]) for one in violations]
