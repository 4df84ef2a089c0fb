"""What people do, in words: the steps that journeys share."""

import re

from playwright.sync_api import Locator, Page, expect

STORE = "tours-nord"
SHOP = f"/magasins/{STORE}"
ORDER_BUTTON = "Commander avec obligation de paiement"
TABS_MAX = 400


def choose_store(page: Page) -> None:
    page.goto("/magasins?q=37100")
    page.get_by_role("link", name="Tours-Nord").first.click()
    page.goto(f"{SHOP}/choix")
    page.get_by_role("button", name="Choisir Tours-Nord").click()
    expect(page).to_have_url(re.compile(SHOP))


def add_first(page: Page, path: str, *, count: int = 1) -> list[str]:
    """Put the first products of a list in the basket; their names."""
    page.goto(path)
    names = []
    for _ in range(count):
        card = page.locator(".c-card:has(.c-stepper__add)").first
        names.append(card.locator(".c-card__link").inner_text())
        gtin = card.locator(".c-stepper").get_attribute("data-gtin")
        stepper = page.locator(f'.c-stepper[data-gtin="{gtin}"]').first
        stepper.locator(".c-stepper__add").click()
        expect(stepper).to_have_attribute("data-quantity", re.compile("[1-9]"))
    return names


def follow(page: Page, wanted: Locator) -> None:
    """Click what leads to another page, and be there."""
    with page.expect_navigation():
        wanted.click()


def hold_slot(page: Page, *, day: int = 1, slot: int = 0) -> None:
    """Hold a slot ``day`` days from today; ends on the checkout page."""
    page.goto("/creneaux")
    follow(page, page.locator(".c-days a, .c-days__link").nth(day))
    page.locator('main input[name="slot"]:not([disabled])').nth(slot).check()
    follow(page, page.get_by_role("button", name="Réserver ce créneau"))
    page.goto("/commande")


def give_contact(page: Page, *, name: str = "Claire Dubois", email: str = "claire@example.fr") -> None:
    page.locator('[name="name"]').fill(name)
    page.locator('[name="email"]').fill(email)


def place_order(page: Page) -> str:
    """Press the button; the order's six-character code."""
    page.get_by_role("button", name=ORDER_BUTTON).click()
    expect(page).to_have_url(re.compile(r"/commandes/[0-9a-f-]{36}"))
    return code_of(page)


def code_of(page: Page) -> str:
    return re.sub(r"\s", "", page.locator(".c-qr__code").first.inner_text())


def tab_to(page: Page, selector: str) -> None:
    """Press Tab, and nothing else, until what the selector names has the focus."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => !!document.activeElement?.matches(wanted)", selector):
            return
    raise AssertionError(f"no Tab leads to {selector} on {page.url}")
