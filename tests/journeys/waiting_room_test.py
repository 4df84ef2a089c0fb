"""A shopper before the draw, drawn, let in, and ordering; the page while it waits, for eyes and for ears."""

import json
import re
import subprocess
import sys
import time
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from journeys.conftest import DESKTOP, PHONE, SCREENSHOTS, Product
from journeys.steps import SHOP, add_first, choose_store, give_contact, hold_slot, place_order

DOOR = "/salle/entree?vers=/commande"
CHECKOUT = re.compile("^[^?]*/commande$")
STEPS_MS = 60_000
STATUS = "main[data-room] [data-status]"
ANSWERS_ALIKE = 40
COUNTED_WITHIN = 20


@pytest.mark.parametrize("javascript", [True, False], ids=["with-javascript", "without-javascript"])
def test_somebody_early_is_drawn_let_in_and_orders(visit, room, javascript):
    page = visit(javascript=javascript)
    ready_to_order(page)
    room("on", "--opens-in", "12")

    page.goto(DOOR)
    expect(page.locator(STATUS)).to_contain_text("Le tirage au sort a lieu à")
    page.wait_for_url(CHECKOUT, timeout=STEPS_MS)
    give_contact(page)
    code = place_order(page)

    assert re.fullmatch("[A-Z2-9]{6}", code)
    assert room("status")["joined"] == 1
    for _ in range(COUNTED_WITHIN):  # each process writes its count once a second
        if room("status")["exchanged"]:
            break
        time.sleep(0.5)
    assert room("status")["exchanged"] == 1


def test_who_waits_is_told_where_they_stand_and_may_go_on_shopping(visit, room):
    page = visit()
    ready_to_order(page)
    room("on", "--per-second", "0")

    page.goto("/commande")
    expect(page).to_have_url(re.compile("/salle/entree"))
    status, said = page.locator(STATUS), page.locator("[data-said]")
    expect(status).to_contain_text("Moins de 10 personnes devant vous", timeout=STEPS_MS)
    expect(page).to_have_title(re.compile("< 10 devant vous"))
    page.evaluate("document.querySelector('[data-said]').textContent = ''")
    read = page.get_by_role("button", name="Lire ma position")
    read.click()
    expect(said).to_contain_text("Moins de 10 personnes devant vous")
    expect(read).to_be_focused()
    page.get_by_role("link", name="Modifier mon panier").click()
    expect(page.locator("main")).to_contain_text("article")

    room("auto")
    page.goto(DOOR)
    page.wait_for_url(CHECKOUT, timeout=STEPS_MS)


def test_the_rooms_screens_are_accessible(visit, room):
    room("on", "--per-second", "0")
    found = {}

    for size in (PHONE, DESKTOP):
        for dark in (False, True):
            page = visit(size=size, dark=dark)
            folder = SCREENSHOTS / f"{size['width']}-{'dark' if dark else 'light'}"
            folder.mkdir(parents=True, exist_ok=True)
            page.goto(DOOR)
            expect(page.locator(STATUS)).to_contain_text("personnes devant vous", timeout=STEPS_MS)
            found[folder.name] = _look(page, folder / "waiting-room.png")
            page.evaluate("document.querySelector('[data-gone]').hidden = false")
            found[folder.name] += _look(page, folder / "waiting-room-gone.png")

    assert [violations for violations in found.values() if violations] == []


def ready_to_order(page: Page) -> None:
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait", count=2)
    hold_slot(page)


def _look(page: Page, path) -> list[str]:
    page.screenshot(path=path, full_page=True)
    return [f"{one['id']}: {one['nodes'][0]['html'][:200]}" for one in Axe().run(page).response["violations"]]


@pytest.fixture
def room(product: Product):
    """``room("on", …)``: the command line, as its operator uses it; let go of at the end."""

    def command(what: str, *options: str):
        reason = [] if what == "status" else ["--reason", "journey"]
        done = subprocess.run(
            [sys.executable, "-m", "cabas", "room", what, "--json", *reason, *options],
            env=product.environ(),
            capture_output=True,
            text=True,
            check=True,
        )
        if what != "status":
            _seen_by_all(product, on=what == "on")
        return json.loads(done.stdout)

    yield command
    command("auto")


def _seen_by_all(product: Product, *, on: bool) -> None:
    """The worker opens or closes it within a second, and each web process sees that within another."""
    deadline, alike = time.monotonic() + 30, 0
    while alike < ANSWERS_ALIKE and time.monotonic() < deadline:
        with urllib.request.urlopen(f"{product.url}/salle/serving.json", timeout=5) as answer:  # noqa: S310 - our own
            alike = alike + 1 if json.load(answer)["on"] is on else 0
        time.sleep(0.05)
    assert alike == ANSWERS_ALIKE, (product.folder / "demo.log").read_text()[-2000:]
