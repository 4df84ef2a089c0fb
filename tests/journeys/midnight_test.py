"""
Midnight comes while people wait for it: with JavaScript, without, asked in advance; and the database dies under
an order, which goes again by itself.

A product of its own, whose clock is set so that midnight is less than a minute after its start.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from cabas.kit.postgres import EmbeddedPostgres
from cabas.seed.nights import working_midnight
from journeys.conftest import DESKTOP, PHONE, READY_SECONDS, SCREENSHOTS, Product
from journeys.steps import ORDER_BUTTON, SHOP, add_first, choose_store, give_contact, hold_slot

EARLY = timedelta(minutes=40)
"""How far midnight is while the network is seeded and people prepare: far enough for a slow machine."""

LAST_SECONDS, STARTS = 30, 2
"""What is left when the product has started again: seconds, and how often the first start's time is counted in."""

AFTER_MIDNIGHT = 300_000
"""Milliseconds within which what midnight brings must have come, the spread of the opening included."""

PRESSES_MAX = 12
ORDER = re.compile(r"/commandes/[0-9a-f-]{36}")


class NightProduct(Product):
    """
    A demo whose midnight is ``EARLY`` away when it first starts.

    It is one midnight for the whole life of the product, also when the world's own passes meanwhile.
    """

    def __init__(self, folder: Path, port: int) -> None:
        super().__init__(folder, port)
        self.left = EARLY
        self.midnight = working_midnight(datetime.now(UTC))
        self.start_took = 0.0

    def environ(self) -> dict[str, str]:
        offset = int((self.midnight - self.left - datetime.now(UTC)).total_seconds())
        return {**super().environ(), "CABAS_CLOCK_OFFSET_SECONDS": str(offset)}

    def start(self) -> None:
        began = time.monotonic()
        super().start()
        self.start_took = time.monotonic() - began

    def restart_near_midnight(self) -> None:
        """Start again with midnight so near that one can wait for it, and as far as this machine needs to start."""
        self.stop()
        self.left = timedelta(seconds=LAST_SECONDS + STARTS * self.start_took)
        self.start()

    def count(self, statement: str) -> int:
        """What one number in the database is."""
        server = EmbeddedPostgres(self.folder / "postgres")
        told = subprocess.run(  # a process of its own: the browser's loop runs in this one
            [str(server.binaries / "psql"), "-At", "-c", statement, server.url],
            check=True,
            capture_output=True,
            text=True,
        )
        return int(told.stdout)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=2):  # noqa: S310 - our own
                    return
            except OSError:
                time.sleep(0.2)
        raise RuntimeError("the product does not answer")

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """PostgreSQL is killed as by a machine that stops, and starts again at the end."""
        postmaster = self.folder / "postgres" / "pgdata" / "postmaster.pid"
        os.kill(int(postmaster.read_text().splitlines()[0]), signal.SIGKILL)
        try:
            yield
        finally:
            EmbeddedPostgres(self.folder / "postgres").start()
            self._wait_until_ready()


def test_midnight_turns_the_page_over_and_every_way_of_ordering_works(product, visit):
    waiting, plain, advance, withdrawn = (
        visit(),
        visit(javascript=False),
        visit(size=DESKTOP),
        visit(dark=True),
    )
    for page in (waiting, plain, advance, withdrawn):
        prepare(page)
        wish(page)
    look(waiting, "midnight-before")
    press(advance)
    expect(advance.locator("main")).to_contain_text("Votre commande attend minuit")
    press(withdrawn)
    withdrawn.get_by_role("button", name="Retirer ma demande").click()
    expect(withdrawn.locator("main")).to_contain_text("Votre demande est retirée")
    assert Axe().run(advance).response["violations"] == []

    product.restart_near_midnight()
    for page in (waiting, plain):
        wish(page)
    advance.reload()
    expect(waiting.locator(".c-night__open")).to_be_visible(timeout=AFTER_MIDNIGHT)
    expect(waiting.locator('[data-when="before"]').first).to_be_hidden()
    look(waiting, "midnight-open")
    waiting.route("**/minuit/commande", as_of_a_crowd)
    waiting.locator('[name="email"]').press("Enter")
    expect(waiting.locator("[data-kept-placed]")).to_contain_text(re.compile("[A-Z2-9]{6}"))
    look(waiting, "midnight-placed")
    waiting.get_by_role("link", name="La voir maintenant").click()
    expect(waiting).to_have_url(ORDER)
    press(plain)
    expect(plain).to_have_url(ORDER)
    expect(advance.locator("main")).to_contain_text(
        "C’est commandé, votre créneau est attribué", timeout=AFTER_MIDNIGHT
    )
    advance.get_by_role("link", name="Voir ma commande").click()
    expect(advance).to_have_url(ORDER)


def test_an_order_that_meets_no_database_waits_and_goes_by_itself_once(product, visit):
    page = visit()
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait", count=1)
    hold_slot(page, slot=1)
    give_contact(page, email="attente@example.fr")

    with product.without_database():
        press(page)
        expect(page.locator("[data-kept-order]")).to_contain_text("Commande en attente")
        expect(page.locator("[data-kept-order]")).to_contain_text("1 produit,")
        page.reload()  # what is kept outlives the page
        expect(page.locator("[data-kept-order]")).to_contain_text("Commande en attente")

    expect(page).to_have_url(ORDER, timeout=60_000)
    assert page.evaluate("localStorage.getItem('cabas.order')") is None
    assert product.count("select count(*) from orders where contact->>'email' = 'attente@example.fr'") == 1


def test_without_scripts_the_form_comes_back_whole_and_is_one_order(product, visit):
    page = visit(javascript=False)
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait", count=1)
    hold_slot(page, slot=2)
    give_contact(page, email="sans-script@example.fr")

    with product.without_database():
        for _ in range(2):
            press(page)
            expect(page.locator("h1")).to_have_text("Votre commande est en attente")
    for _ in range(PRESSES_MAX):  # each web process finds its own way back to the database
        press(page)
        if ORDER.search(page.url):
            break
        time.sleep(0.5)

    expect(page).to_have_url(ORDER)
    assert (
        product.count("select count(*) from orders where contact->>'email' = 'sans-script@example.fr'") == 1
    )


def test_a_basket_change_that_the_server_refuses_is_kept_shown_and_sent_later(product, visit):
    page = visit()
    choose_store(page)
    page.goto(f"{SHOP}/rayons/lait")
    stepper = page.locator(".c-stepper:not(.c-stepper--filled)").first
    gtin = stepper.get_attribute("data-gtin")

    with product.without_database():
        stepper.locator(".c-stepper__add").click()
        expect(page.locator(".c-connection")).to_contain_text("vos changements sont gardés ici")
        expect(page.locator(f'.c-stepper[data-gtin="{gtin}"]').first).to_have_attribute("data-quantity", "1")

    expect(page.locator(".c-connection")).to_be_hidden(timeout=60_000)
    page.goto("/panier")
    expect(page.locator(f'[data-line="{gtin}"]')).to_be_visible()


def prepare(page: Page) -> None:
    """A store and a basket."""
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait", count=1)
    expect(page.locator(".c-basket-pill [data-basket-count]")).to_have_text("1")  # the server has it


def wish(page: Page) -> None:
    """Two wishes and who comes: everything is ready."""
    page.goto("/minuit")
    page.locator("#f-wish_1").select_option(index=3)
    page.locator("#f-wish_2").select_option(index=5)
    give_contact(page)


def as_of_a_crowd(route: Route) -> None:
    """The server's own answer, as it is while many wait behind this one: the page is to be asked for later."""
    answer = route.fetch()
    route.fulfill(response=answer, json={**answer.json(), "after_ms": 60_000})


def press(page: Page) -> None:
    page.get_by_role("button", name=ORDER_BUTTON).click()


def look(page: Page, name: str) -> None:
    """Pictures for people, and no fault for machines to find."""
    for size, dark in ((PHONE, False), (PHONE, True), (DESKTOP, False)):
        folder = SCREENSHOTS / f"{size['width']}-{'dark' if dark else 'light'}"
        folder.mkdir(parents=True, exist_ok=True)
        page.set_viewport_size(size)
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.screenshot(path=folder / f"{name}.png", full_page=True)
        assert Axe().run(page).response["violations"] == []


@pytest.fixture(scope="module")
def product() -> Iterator[NightProduct]:
    folder = Path(tempfile.mkdtemp(prefix="cabas-midnight-"))
    folder.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = NightProduct(folder, port)
    running.start()
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)
