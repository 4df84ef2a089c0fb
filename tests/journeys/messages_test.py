"""What a shopper is told: the mail with all that was agreed, and the notification once."""

import json
import shutil
import time
from email import message_from_bytes, policy

from journeys.conftest import BROWSER_NAMES
from journeys.steps import add_first, choose_store, code_of, give_contact, hold_slot, place_order

SHOP = "/magasins/tours-nord"
MAIL_SECONDS = 60


def test_an_order_is_confirmed_by_mail_with_the_terms(visit, product):
    page = visit()
    choose_store(page)
    add_first(page, f"{SHOP}/rayons/lait", count=2)
    hold_slot(page)
    give_contact(page)
    place_order(page)
    code = code_of(page)

    mail = mail_about(product.folder / "mail", code)

    assert mail["Subject"] == f"Commande {code} confirmée"
    assert page.url.partition("?")[0] in mail.get_body(("plain",)).get_content()
    [terms] = mail.iter_attachments()
    assert terms.get_filename() == "conditions-generales-de-vente-2026-11.html"


def test_the_same_push_twice_is_one_notification(chromium, product, tmp_path):
    installed = next((path for path in map(shutil.which, BROWSER_NAMES) if path), None)
    context = chromium.browser_type.launch_persistent_context(  # push is not for private windows
        tmp_path, executable_path=installed, args=["--no-sandbox"], base_url=product.url, locale="fr-FR"
    )
    context.grant_permissions(["notifications"], origin=product.url)
    page = context.new_page()
    page.goto("/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    browser = context.new_cdp_session(page)
    known: list[dict] = []
    browser.on("ServiceWorker.workerRegistrationUpdated", lambda told: known.extend(told["registrations"]))
    browser.send("ServiceWorker.enable")
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    worker = next(one["registrationId"] for one in known if one["scopeURL"] == f"{product.url}/")
    note = {"id": "m1", "title": "Commande prête", "body": "Code K7F 2MQ", "path": "/commandes/1"}

    for _ in range(2):
        browser.send(
            "ServiceWorker.deliverPushMessage",
            {"origin": product.url, "registrationId": worker, "data": json.dumps(note)},
        )
    shown = notifications(page)
    context.close()

    assert shown == [["Commande prête", "Code K7F 2MQ", "/commandes/1"]]


LISTED = """() => navigator.serviceWorker.ready.then((one) => one.getNotifications())
    .then((all) => all.map((one) => [one.title, one.body, one.data]))"""


def notifications(page):
    """What is shown, as soon as anything is: there is none for a moment while one takes another's place."""
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        if shown := page.evaluate(LISTED):
            return shown
        page.wait_for_timeout(50)
    return []


def mail_about(folder, code):
    """The mail that names this order, as soon as the worker has written it."""
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        for file in folder.glob("*.eml"):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            if code in mail["Subject"]:
                return mail
        time.sleep(0.5)
    raise AssertionError(f"no mail about {code}")
