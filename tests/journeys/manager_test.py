"""A manager closes a slot, and shoppers no longer find it."""

import re

from playwright.sync_api import expect

from journeys.conftest import DESKTOP
from journeys.steps import SHOP, add_first, choose_store


def test_a_manager_closes_a_slot_and_undoes_it(visit, product):
    shopper, manager = visit(), visit(size=DESKTOP)
    sign_in(manager, product.card["manager"])
    manager.goto(f"{manager.url}/creneaux")
    cell = manager.locator(".c-week tbody tr").last.locator("td a").nth(2)
    slot = re.search(r"/creneaux/(\d+)", cell.get_attribute("href")).group(1)

    cell.click()
    manager.locator('[name="closed"]').check()
    manager.locator('[name="reason"]').fill("inventaire")
    manager.get_by_role("button", name="Enregistrer").click()
    expect(manager.locator(".c-history")).to_contain_text("inventaire")
    choose_store(shopper)
    add_first(shopper, f"{SHOP}/rayons/lait")
    assert not offered(shopper, slot)

    manager.get_by_role("button", name="Annuler ce changement").first.click()

    expect(manager.locator(".c-history")).to_contain_text("annulé")
    assert offered(shopper, slot)


def sign_in(page, person):
    page.goto("/console/connexion")
    page.locator('[name="email"]').fill(person["email"])
    page.locator('[name="password"]').fill(person["password"])
    page.locator("main form button").click()
    page.wait_for_url("**/console/magasins/*")


def offered(page, slot):
    page.goto("/creneaux")
    page.locator(".c-days a").nth(2).click()
    return page.locator(f'input[name="slot"][value="{slot}"]:not([disabled])').count() == 1
