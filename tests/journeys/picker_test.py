"""
A picker prepares an order on the store's phone, for a while without network, and hands it over. Its shopper
finds in the cagnotte what it earned.
"""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from uuid import uuid4

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from journeys.conftest import DESKTOP, PHONE, SCREENSHOTS, Product

WANTED = (
    ("lait demi-écrémé", 2),
    ("spaghetti", 2),
    ("pommes", 1000),
    ("jambon", 1),
    ("glace", 1),
    ("vin rouge", 1),
)


def test_a_picker_prepares_with_one_missing_one_substitute_and_one_weighed_line(
    product: Product, visit: Callable[..., Page]
) -> None:
    shopper = visit(dark=True)
    _opens_the_cagnotte(shopper, product)
    order = _ordered(product)
    page = visit()
    _comes_to_work(page, product)
    page.locator(".c-task__link", has_text=order["code"]).click()
    page.get_by_role("button", name="Commencer").click()
    page.wait_for_selector('#picking[data-whole="1"]')
    lines = {line["no"]: line for line in json.loads(page.locator("[data-order]").inner_text())["lines"]}
    _looks_right(page, "line")

    _scan(page, "3250391123456")
    expect(page.locator("#verdict")).to_contain_text("pas le bon produit")
    page.locator("#verdict").click()
    first = _current(page)
    _scan(page, lines[first]["gtin"])
    expect(page.locator("[data-progress-text]")).to_have_text(f"1/{len(lines)}")
    expect(page.locator("[data-sync-text]")).to_have_text("Synchronisé")
    page.wait_for_function(
        "path => caches.open('store-pages').then(kept => kept.match(path)).then(Boolean)",
        arg=f"/preparation/commandes/{order['id']}",
    )

    page.context.set_offline(True)
    done = _picks_the_rest(page, lines)
    assert done >= {"substituted", "missing", "weighed"}
    expect(page.locator("[data-sync-text]")).to_contain_text("à synchroniser")
    page.reload()  # the phone's battery was empty: what was done is still there
    page.wait_for_selector('#picking[data-whole="1"]')
    expect(page.locator("[data-progress-text]")).to_have_text(f"{len(lines)}/{len(lines)}")
    page.get_by_role("link", name="Bacs").click()
    for zone in ("Ambiant", "Frais", "Surgelé"):
        page.get_by_role("button", name=re.compile(zone)).first.click()
    page.context.set_offline(False)

    expect(page.locator("[data-sync-text]")).to_have_text("Synchronisé", timeout=30_000)
    expect(page.locator("[data-refused]")).to_be_hidden()
    page.get_by_role("button", name="Commande prête").click()
    expect(page.get_by_role("link", name="Remettre")).to_be_visible()
    _looks_right(page, "crates")
    _hands_over(page, order["code"])
    expect(page.get_by_text("Commande remise")).to_be_visible()
    _finds_what_was_earned(shopper, order["id"])


def _opens_the_cagnotte(page: Page, product: Product) -> None:
    """A loyalty card for the shopper; every aisle earns from now on."""
    product.sql(
        """
        insert into loyalty_offer (offer_id, label, kind, amount, category_id, starts_at, ends_at)
        select gen_random_uuid(), name, 'percent', 10, category_id, now() - interval '1 hour', now() + interval '1 day'
          from category where level = 1"""
    )
    page.goto("/compte/cagnotte")
    page.locator('[name="email"]').fill(product.card["shopper"]["email"])
    page.locator('[name="password"]').fill(product.card["shopper"]["password"])
    page.locator("main form button").first.click()
    page.get_by_role("button", name="Ouvrir ma carte").click()
    expect(page.locator("main")).to_contain_text("Rien encore.")  # a page on its way can't be pictured
    _looks_right(page, "cagnotte-new")


def _finds_what_was_earned(page: Page, order_id: str) -> None:
    earned = page.locator(f'main a[href="/commandes/{order_id}"]')
    for _ in range(120):  # the worker credits it behind the counter's back
        page.goto("/compte/cagnotte")
        if earned.count():
            break
        page.wait_for_timeout(500)
    expect(earned).to_be_visible()
    expect(page.get_by_text("Gagné sur une commande")).to_be_visible()
    page.set_viewport_size(PHONE)
    _looks_right(page, "cagnotte")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(DESKTOP)
    _looks_right(page, "cagnotte-wide")


def _comes_to_work(page: Page, product: Product) -> None:
    page.goto("/preparation")
    page.get_by_role("button", name="Utiliser cet appareil").click()
    page.get_by_role("link", name=product.card["picker"]["name"]).click()
    for digit in product.card["picker"]["pin"]:
        page.locator(f'[data-key="{digit}"]').click()
    page.locator('[data-key="submit"]').click()
    expect(page.get_by_role("heading", name="Préparation")).to_be_attached()
    page.evaluate("navigator.serviceWorker.ready")


def _picks_the_rest(page: Page, lines: dict[int, dict[str, Any]]) -> set[str]:
    """Weighs what is weighed, replaces one line, doesn't find another, taps the others."""
    done: set[str] = set()
    for _ in range(len(lines)):
        if page.locator("[data-view-of=ligne]").is_hidden():
            break
        line = lines[_current(page)]
        screen = page.locator(f'.c-pick[data-line="{line["no"]}"]')
        if line["by_weight"]:
            screen.locator("[data-grams]").fill(str(line["quantity"] - 30))
            screen.get_by_role("button", name="Pesé").click()
            done.add("weighed")
        elif line["substitutes"] and "substituted" not in done:
            screen.get_by_role("link", name="Introuvable").click()
            screen.get_by_role("button", name=re.compile("^Mettre")).first.click()
            done.add("substituted")
        elif "missing" not in done:
            screen.get_by_role("link", name="Introuvable").click()
            screen.get_by_role("button", name="Passer").click()
            done.add("missing")
        else:
            screen.get_by_role("button", name=re.compile("^Pris")).click()
        expect(screen).to_be_hidden()
    return done


def _hands_over(page: Page, code: str) -> None:
    page.goto("/preparation/remises")
    page.locator('[name="code"]').fill(code)
    page.get_by_role("button", name="Valider").click()
    waiting = page.locator('.c-tick[aria-pressed="false"]')
    for left in range(waiting.count(), 0, -1):
        waiting.first.click()
        expect(waiting).to_have_count(left - 1)
    if page.locator('[name="identity"]').count():
        page.locator('[name="identity"]').check()
    _looks_right(page, "counter")
    page.get_by_role("button", name="Remis au client").click()


def _current(page: Page) -> int:
    return int(page.locator(".c-pick:not([hidden])").get_attribute("data-line") or 0)


def _scan(page: Page, code: str) -> None:
    """What a scanner that plays keyboard does: a burst of keys that ends with Enter."""
    page.evaluate(
        """code => {
            document.activeElement?.blur();
            for (const key of [...code, "Enter"]) {
                document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
            }
        }""",
        code,
    )


def _looks_right(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"store-{name}-390.png")
    found = Axe().run(page).response["violations"]
    assert not found, [(one["id"], one["nodes"][0]["html"][:200]) for one in found]


def _ordered(product: Product) -> dict[str, Any]:
    """An order of the shopper's, by the API."""
    store, token = product.card["picker"]["store"], product.card["shopper"]["token"]
    cart = _call(product, "POST", "/carts", {"store": str(store)}, token)
    for words, quantity in WANTED:
        found = _call(product, "GET", f"/stores/{store}/products?q={quote(words)}", None, token)["items"]
        by_weight = found[0]["sold_by"] == "weight"
        amount = quantity if by_weight == (quantity >= 100) else 1000 if by_weight else 1
        _call(product, "PUT", f"/carts/{cart['id']}/lines/{found[0]['gtin']}", {"quantity": amount}, token)
    slots = _call(product, "GET", f"/stores/{store}/slots?channel=drive", None, token)["items"]
    slot = next(one for one in slots if one["state"] == "open")
    body = {
        "cart": cart["id"],
        "slot": slot["id"],
        "payment": {"method": "at_store"},
        "contact": {"name": "Claire Dubois", "email": "claire@example.fr", "phone": "0612345678"},
        "adult": True,
    }
    return _call(product, "POST", "/orders", body, token)


def _call(product: Product, method: str, path: str, body: object, token: str) -> dict[str, Any]:
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{product.url}/api/v1{path}",
        method=method,
        data=json.dumps(body).encode() if body is not None else None,
        headers={
            "content-type": "application/json",
            "authorization": f"Bearer {token}",
            "idempotency-key": str(uuid4()),
        },
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310 - our own address
        read: dict[str, Any] = json.load(answer)
    return read
