"""A shopper finds a store, fills a basket and orders: with JavaScript, without, and by keyboard alone."""

import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from cabas.kit.clock import PARIS
from journeys.steps import (
    ORDER_BUTTON,
    SHOP,
    add_first,
    choose_store,
    code_of,
    follow,
    give_contact,
    hold_slot,
    place_order,
    tab_to,
)

SUNDAY = 6


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_a_guest_orders_at_a_store_and_sees_code_and_slot(visit, javascript):
    page = visit(javascript=javascript)
    choose_store(page)
    names = add_first(page, f"{SHOP}/rayons/fruits-de-saison", count=2)
    names += add_first(page, f"{SHOP}/recherche?q=pates", count=2)

    page.goto("/panier")
    for name in names:
        expect(page.get_by_role("link", name=name).first).to_be_visible()
    hold_slot(page)
    give_contact(page)
    code = place_order(page)

    assert re.fullmatch("[A-Z2-9]{6}", code)
    for name in names:
        expect(page.locator("main").get_by_text(name).first).to_be_visible()
    page.goto("/panier")
    expect(page.locator("main")).to_contain_text("attend la lune")


def test_a_product_that_the_network_kept_is_in_the_basket_that_opens_next(visit):
    page = visit()
    choose_store(page)
    page.route("**/panier/lignes/*", lambda route: route.abort())
    (name,) = add_first(page, f"{SHOP}/rayons/lait")
    page.goto("/panier")
    expect(page.get_by_role("link", name=name)).to_have_count(0)

    page.unroute("**/panier/lignes/*")
    page.evaluate("dispatchEvent(new Event('online'))")

    expect(page.get_by_role("link", name=name).first).to_be_visible()
    expect(page.locator("main")).to_contain_text("1 article")


def test_a_shopper_orders_with_the_keyboard_alone(visit):
    page = visit()
    choose_store(page)

    page.goto(f"{SHOP}/rayons/lait")
    for _ in range(5):
        tab_to(page, ".c-stepper__add")
        page.keyboard.press("Enter")
        expect(page.locator(".c-stepper--filled :focus")).to_have_count(1)  # focus is never lost
    page.goto("/creneaux")
    tab_to(page, ".c-days a:nth-of-type(2), .c-days__link:nth-of-type(2), .c-days li:nth-child(2) a")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    tab_to(page, 'input[name="slot"]')
    page.keyboard.press("Space")
    tab_to(page, "main form button.c-button")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/commande"))
    tab_to(page, '[name="name"]')
    page.keyboard.type("Claire Dubois")
    tab_to(page, '[name="email"]')
    page.keyboard.type("claire@example.fr")
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement?.innerText?.trim()") == ORDER_BUTTON:
            break
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile(r"/commandes/[0-9a-f-]{36}"))
    assert re.fullmatch("[A-Z2-9]{6}", code_of(page))


def test_an_order_is_changed_then_cancelled_before_the_cut_off(visit):
    page = visit()
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait", count=2)
    hold_slot(page, slot=1)
    give_contact(page)
    place_order(page)
    order = page.url.split("?")[0]

    page.goto(f"{order}/modification")
    expect(page.locator("main")).to_contain_text(re.compile("modifi", re.I))
    page.goto(f"{order}/annulation")
    page.locator('input[name="reason"]').first.check()
    page.locator("main form").get_by_role("button", name=re.compile("Annuler", re.I)).first.click()

    page.goto(order)
    expect(page.locator("main")).to_contain_text(re.compile("annulée", re.I))


def test_the_second_click_and_the_way_back_make_one_order(visit, product):
    page = visit(javascript=False)
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait", count=1)
    hold_slot(page, slot=2)
    give_contact(page)
    fields = page.evaluate(
        "() => Object.fromEntries(new FormData(document.querySelector('form[action=\"/commande\"]')))"
    )

    answers = [page.request.post("/commande", form=fields, max_redirects=0) for _ in range(3)]

    addresses = {answer.headers["location"].split("?")[0] for answer in answers}
    assert {answer.status for answer in answers} == {303}
    assert len(addresses) == 1


def test_two_shoppers_race_for_the_last_place_and_one_gets_three_others(visit, product):
    day = fill_slot_but_one(product)
    pages = [visit() for _ in range(2)]
    for page in pages:
        choose_store(page)
        add_first(page, f"{SHOP}/rayons/lait", count=1)
        page.goto("/creneaux")
        follow(page, page.locator(f'.c-days a[href*="{day}"]'))
        page.locator('main input[name="slot"]:not([disabled])').first.check()

    for page in pages:
        follow(page, page.get_by_role("button", name="Réserver ce créneau"))

    held = [page for page in pages if page.url.endswith("/commande")]
    refused = [page for page in pages if page not in held]
    assert len(held) == len(refused) == 1
    expect(refused[0].locator("main")).to_contain_text(re.compile("complet|pris", re.I))
    expect(refused[0].locator(".c-near__slot")).to_have_count(3)


def fill_slot_but_one(product):
    """
    The manager leaves one place in the first slot of a day on which the store hands orders over: three days from
    now, or four when that is a Sunday. The day, as addresses have it.
    """
    day = datetime.now(PARIS).date() + timedelta(days=3)
    day += timedelta(days=day.weekday() == SUNDAY)
    product.sql(
        f"""
        update slot set capacity = taken + 1
         where store_id = (select store_id from store where slug = 'tours-nord')
           and slot_id = (select min(slot_id) from slot s join store t using (store_id)
                           where t.slug = 'tours-nord' and s.channel = 'drive'
                             and (s.starts_at at time zone 'Europe/Paris')::date = '{day}')"""
    )
    return day
