"""A shopper orders, leaves the bank's page, thinks better of it, and authorises the most that it may come to."""

import json
import re
import time
import urllib.request
from collections.abc import Callable

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from journeys.conftest import PHONE, READY_SECONDS, SCREENSHOTS, Product
from journeys.steps import ORDER_BUTTON, SHOP, add_first, choose_store, follow, give_contact, hold_slot


def test_a_shopper_pays_by_card_after_the_order(product: Product, visit: Callable[..., Page]) -> None:
    _repeats_itself(product, times=100)
    page = visit(size=PHONE)
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait", count=2)
    hold_slot(page, day=2)
    give_contact(page)
    page.get_by_label("Par carte (empreinte)").check()
    _looks_right(page, "checkout")
    page.get_by_role("button", name=ORDER_BUTTON).click()

    _is_at_the_bank(page)
    expect(page.locator("main")).to_contain_text("Rien n’est débité maintenant")
    _looks_right(page, "bank")
    follow(page, page.get_by_role("button", name="Annuler et revenir au magasin"))
    expect(page.locator("#state")).to_contain_text("n’a pas abouti", timeout=60_000)
    _looks_right(page, "failed")

    follow(page, page.get_by_role("button", name="Réessayer par carte"))
    _is_at_the_bank(page)
    page.get_by_label("Numéro de carte").fill("4000 0000 0000 3220")
    page.get_by_label("Expire fin").fill("12/40")
    page.get_by_label("Code de sécurité").fill("123")
    follow(page, page.get_by_role("button", name=re.compile("Autoriser")))
    page.get_by_label("Code reçu").fill("123456")
    _looks_right(page, "confirmation")
    follow(page, page.get_by_role("button", name="Confirmer"))

    expect(page).to_have_url(re.compile(r"/commandes/[0-9a-f-]{36}"))
    expect(page.locator("#state")).to_contain_text("Carte autorisée", timeout=60_000)
    _looks_right(page, "held")


def _repeats_itself(product: Product, *, times: int) -> None:
    """From now on the bank, which starts after the shop, tells of each thing so often, a second late."""
    how = json.dumps({"webhook_times": times, "webhook_delay": 1}).encode()
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            admin = json.loads((product.folder / "bank" / "bank.json").read_text())["admin"]
            request = urllib.request.Request(f"{admin}/behaviour", data=how, method="PUT")  # noqa: S310
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                assert answer.status == 200
                return
        except OSError:
            assert time.monotonic() < deadline, "the bank is not there"
            time.sleep(0.2)


def _is_at_the_bank(page: Page) -> None:
    """At once, or after another try: on a busy machine the bank may have been too slow for who waits."""
    expect(page).to_have_url(re.compile(r"/pay/pay_|/commandes/[0-9a-f-]{36}(\?|$)"), timeout=60_000)
    for _ in range(5):
        if "/pay/pay_" in page.url:
            return
        follow(page, page.get_by_role("button", name="Continuer vers la banque"))
    raise AssertionError("the bank gives no page")


def _looks_right(page: Page, name: str) -> None:
    folder = SCREENSHOTS / "payment"
    folder.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in found] == []
    assert not page.evaluate("document.documentElement.scrollWidth > innerWidth")
