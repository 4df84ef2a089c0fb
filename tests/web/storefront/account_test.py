import json
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import msgspec
import pytest
import pytest_asyncio
from litestar.testing import AsyncTestClient

from cabas import settings as settings_module
from cabas.app import create_app
from cabas.domain.carts import operations as carts
from cabas.domain.customers import operations as customers
from cabas.domain.customers.model import check_address
from cabas.kit.signing import fingerprint
from cabas.web.visitor import VisitorCookie
from factories.browsing import text_of
from factories.customers import PASSWORD, Authenticator, make_customer
from factories.no_script_browser import Browser
from factories.orders import make_order
from factories.shop import FIRST_GTIN

EMAIL = "camille@exemple.fr"
SECRET_KEY = "a-secret-of-the-tests-that-is-long-enough"
HOSTILE = [
    "",
    "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>",
    "a\x00b",
    "\u202etxet desrever",
    "🥕👩‍🌾",
    "سلمى بنت محمد",
    "x" * 10_000,
    "'; drop table customer; --",
    "{{ 7 * 7 }}",
]
PAGES = (
    "/compte", "/compte/commandes", "/compte/coordonnees", "/compte/e-mail", "/compte/mot-de-passe",
    "/compte/preferences", "/compte/adresses", "/compte/adresses/nouvelle", "/compte/cles", "/compte/appareils",
    "/compte/donnees", "/compte/donnees/export", "/compte/effacement", "/compte/effacement/confirmation",
)  # fmt: skip
ADDRESS = {
    "label": "Maison", "street": "12 rue Colbert", "complement": "", "postcode": "37000", "city": "Tours",
    "instructions": "",
}  # fmt: skip


async def _sign_up(browser: Browser, **changed: str):
    await browser.open("/compte/inscription")
    fields = {"name": "Camille Dubois", "email": EMAIL, "phone": "", "password": PASSWORD} | changed
    return await browser.send("/compte/inscription", fields)


async def _signed_in(browser: Browser) -> Browser:
    answer = await _sign_up(browser)
    assert answer.status_code == 303
    await browser.open("/compte")
    return browser


async def _someone_else(browser: Browser, now):
    async with browser.database.transaction() as tx:
        return await make_customer(tx, now=now, email="autre@exemple.fr")


async def test_signing_up_leads_into_the_account(browser):
    answer = await _sign_up(browser)

    assert (answer.status_code, answer.headers["location"]) == (303, "/compte")
    page = await browser.open("/compte")
    assert page.status_code == 200
    assert "Bonjour Camille" in browser.text
    assert page.headers["cache-control"] == "no-store"


async def test_the_sessions_cookie_is_out_of_reach_of_scripts(browser):
    answer = await _sign_up(browser)

    [cookie] = [line for line in answer.headers.get_list("set-cookie") if line.startswith("cabas_session=")]
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()


async def test_a_known_e_mail_gets_the_same_answer_and_opens_nothing(browser, now):
    await _someone_else(browser, now)
    new = await _sign_up(browser)
    shape = sorted(line.split("=")[0] for line in new.headers.get_list("set-cookie"))
    browser.client.cookies.clear()

    known = await _sign_up(browser, email="autre@exemple.fr")

    assert (known.status_code, known.headers["location"], known.content) == (
        new.status_code, new.headers["location"], new.content
    )  # fmt: skip
    assert sorted(line.split("=")[0] for line in known.headers.get_list("set-cookie")) == shape
    page = await browser.open("/compte")
    assert str(page.url).endswith("/compte/connexion?return_to=/compte")
    assert "session n’est plus ouverte" in browser.text


async def test_signing_in_goes_back_to_the_page_that_was_wanted(browser, now):
    await _someone_else(browser, now)

    page = await browser.open("/compte/adresses")
    assert "return_to=/compte/adresses" in str(page.url)
    answer = await browser.send(
        "/compte/connexion",
        {"email": "autre@exemple.fr", "password": PASSWORD, "return_to": "/compte/adresses"},
    )

    assert answer.headers["location"] == "/compte/adresses"


async def test_signing_in_never_leads_to_another_site(browser, now):
    await _someone_else(browser, now)
    for elsewhere in (
        "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/\t/evil",
    ):  # fmt: skip
        browser.client.cookies.clear()
        await browser.open("/compte/connexion", return_to=elsewhere)
        assert 'name="return_to" value="/compte"' in browser.text

        answer = await browser.send(
            "/compte/connexion",
            {"email": "autre@exemple.fr", "password": PASSWORD, "return_to": elsewhere},
        )

        assert answer.status_code in (303, 422)
        assert answer.headers.get("location", "/compte") == "/compte"


async def test_a_wrong_password_says_so_beside_the_field_and_keeps_the_e_mail(browser, now):
    await _someone_else(browser, now)
    await browser.open("/compte/connexion")

    for email in ("autre@exemple.fr", "inconnu@exemple.fr"):
        answer = await browser.send("/compte/connexion", {"email": email, "password": "autre phrase"})
        assert answer.status_code == 422
        assert "n’est pas le bon" in browser.text
        assert f'value="{email}"' in browser.text
        assert "autre phrase" not in browser.text


async def test_the_eleventh_try_says_how_long_to_wait(browser):
    await browser.open("/compte/connexion")
    for _ in range(10):
        await browser.send("/compte/connexion", {"email": EMAIL, "password": "autre phrase"})

    answer = await browser.send("/compte/connexion", {"email": EMAIL, "password": "autre phrase"})

    assert answer.status_code == 429
    assert "15 minutes" in browser.text


async def test_signing_out_ends_the_session_on_the_server(browser, now):
    await _signed_in(browser)
    secret = browser.client.cookies["cabas_session"]

    await browser.send("/compte/deconnexion")

    async with browser.database.read() as reader:
        ended = await reader.fetchval(
            "select revoked_at from session where token_hash = $1", fingerprint(secret)
        )
    assert ended == now
    page = await browser.open("/compte")
    assert "/compte/connexion" in str(page.url)


async def test_browsing_is_a_sign_of_life_every_five_minutes_at_most(browser, clock, now):
    await _signed_in(browser)

    for minutes, seen in ((4, 0), (6, 6), (9, 6), (11, 11)):
        clock.at = now + timedelta(minutes=minutes)
        await browser.open("/")
        async with browser.database.read() as reader:
            last = await reader.fetchval("select last_seen_at from session")
        assert last == now + timedelta(minutes=seen)


async def test_a_get_never_signs_out(browser):
    await _signed_in(browser)

    await browser.open("/compte/deconnexion")

    assert (await browser.open("/compte")).status_code == 200
    assert "Bonjour Camille" in browser.text


async def test_no_form_is_taken_without_its_token(browser):
    await _signed_in(browser)
    form_paths = (*PAGES, "/compte/deconnexion", "/compte/connexion", "/compte/appareils/fermeture")

    for path in form_paths:
        for token in ("", "forged"):
            answer = await browser.send(path, {"name": "x"}, token=token)
            assert answer.status_code in (403, 405), path


async def test_the_pages_of_the_account_are_for_who_is_signed_in(browser):
    for path in PAGES:
        page = await browser.open(path)
        assert str(page.url).endswith(f"/compte/connexion?return_to={path}")


async def test_the_pages_of_the_account_open_in_both_languages(browser):
    await _signed_in(browser)

    for language in ("fr", "en"):
        browser.client.headers["accept-language"] = language
        for path in (
            *PAGES,
            "/compte/commandes?avant=x",
            "/compte/commandes?avant=2026-11-24T09:00:00%2B00:00",
        ):
            assert (await browser.open(path)).status_code == 200, path
            assert "account." not in browser.text
            assert "<macro" not in browser.text


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/compte/inscription", {"name": "C", "email": EMAIL, "phone": "", "password": PASSWORD}),
        ("/compte/connexion", {"email": EMAIL, "password": PASSWORD, "return_to": "/compte"}),
    ],
)
async def test_every_field_of_coming_in_survives_anything(browser, clock, path, fields):
    for field in fields:
        for hostile in HOSTILE:
            await browser.open(path)
            answer = await browser.send(path, {**fields, field: hostile})
            assert answer.status_code in (303, 422), (field, hostile)
            _safe(browser)
            browser.client.cookies.clear()
            clock.at += timedelta(hours=1)


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/compte/coordonnees", {"name": "Camille", "phone": ""}),
        ("/compte/e-mail", {"email": "neuve@exemple.fr", "password": PASSWORD}),
        ("/compte/mot-de-passe", {"password": PASSWORD, "new_password": "trois prunes jaunes"}),
        ("/compte/preferences", {"substitution": "never", "consent_email": "1"}),
        ("/compte/adresses/nouvelle", ADDRESS),
        ("/compte/effacement/confirmation", {"password": "", "sure": "1"}),
    ],
)
async def test_every_field_of_the_account_survives_anything(browser, clock, path, fields):
    await _signed_in(browser)
    for field in fields:
        for hostile in HOSTILE:
            await browser.open(path)
            answer = await browser.send(path, {**fields, field: hostile})
            assert answer.status_code in (303, 422), (field, hostile)
            _safe(browser)
            clock.at += timedelta(hours=1)
    await browser.open("/compte/adresses")
    _safe(browser)


def _safe(browser: Browser) -> None:
    assert "<script>alert" not in browser.page.text
    assert "<img src=x" not in browser.page.text
    assert "\x00" not in browser.page.text
    assert "\u202e" not in browser.page.text


async def test_bytes_of_another_encoding_are_refused_beside_their_field(browser):
    await browser.open("/compte/inscription")

    answer = await browser.send(
        "/compte/inscription", {"email": EMAIL, "phone": "", "password": PASSWORD}, raw=b"name=Am%E9lie"
    )

    assert answer.status_code == 422
    assert 'id="f-name-error"' in browser.page.text
    assert 'value="Amlie"' in browser.page.text


async def test_a_refused_form_says_all_that_is_wrong_and_keeps_what_was_typed(browser):
    answer = await _sign_up(browser, name="Camille Dubois", email="camille", phone="abc", password="soleil12")

    assert answer.status_code == 422
    for field in ("email", "phone", "password"):
        assert f'id="f-{field}-error"' in browser.page.text
        assert f'href="#f-{field}"' in browser.page.text
    assert 'value="Camille Dubois"' in browser.page.text
    assert "soleil12" not in browser.page.text


async def test_details_are_changed_and_shown(browser):
    await _signed_in(browser)
    await browser.open("/compte/coordonnees")

    await browser.send("/compte/coordonnees", {"name": "Camille Martin", "phone": "06 11 22 33 44"})

    await browser.open("/compte/coordonnees")
    assert 'value="Camille Martin"' in browser.page.text
    assert "0611223344" in browser.page.text
    assert "à jour" in browser.text


async def test_a_new_password_keeps_this_device_and_ends_the_others(browser):
    await _signed_in(browser)
    there = dict(browser.client.cookies)
    await browser.open("/compte/connexion")
    browser.client.cookies.clear()
    await browser.open("/compte/connexion")
    await browser.send("/compte/connexion", {"email": EMAIL, "password": PASSWORD})
    await browser.open("/compte/mot-de-passe")

    answer = await browser.send(
        "/compte/mot-de-passe", {"password": PASSWORD, "new_password": "trois prunes jaunes"}
    )

    assert answer.headers["location"] == "/compte/coordonnees"
    assert "Bonjour Camille" in (await browser.open("/compte")).text
    browser.client.cookies.clear()
    browser.client.cookies.update(there)
    assert "/compte/connexion" in str((await browser.open("/compte")).url)


async def test_an_e_mail_that_is_taken_is_refused(browser, now):
    await _someone_else(browser, now)
    await _signed_in(browser)
    await browser.open("/compte/e-mail")

    answer = await browser.send("/compte/e-mail", {"email": "autre@exemple.fr", "password": PASSWORD})

    assert answer.status_code == 422
    assert 'id="f-email-error"' in browser.page.text


async def test_nothing_is_agreed_to_beforehand_and_consents_are_kept(browser):
    await _signed_in(browser)
    await browser.open("/compte/preferences")
    assert 'name="consent_email" value="1" checked' not in browser.page.text

    await browser.send("/compte/preferences", {"substitution": "never", "consent_email": "1"})

    await browser.open("/compte/preferences")
    assert 'name="consent_email" value="1" checked' in browser.page.text
    assert 'name="consent_sms" value="1" checked' not in browser.page.text
    assert 'value="never" checked' in browser.page.text


async def test_an_address_is_added_changed_and_removed(browser):
    await _signed_in(browser)
    await browser.open("/compte/adresses/nouvelle")
    assert browser.forms == ["/compte/adresses/nouvelle"]
    await browser.send("/compte/adresses/nouvelle", ADDRESS)
    await browser.open("/compte/adresses")
    [href] = re.findall(r'href="/compte/adresses/([0-9a-f-]{36})"', browser.text)
    assert "12 rue Colbert" in browser.text

    await browser.open(f"/compte/adresses/{href}")
    assert browser.forms == [f"/compte/adresses/{href}"]
    await browser.send(f"/compte/adresses/{href}", {**ADDRESS, "city": "Joué-lès-Tours"})
    assert "Joué-lès-Tours" in (await browser.open("/compte/adresses")).text
    await browser.send(f"/compte/adresses/{href}/suppression")

    assert "12 rue Colbert" not in (await browser.open("/compte/adresses")).text


async def test_a_refused_address_keeps_what_was_typed(browser):
    await _signed_in(browser)
    await browser.open("/compte/adresses/nouvelle")

    answer = await browser.send("/compte/adresses/nouvelle", {**ADDRESS, "postcode": "3700"})

    assert answer.status_code == 422
    assert "cinq chiffres" in browser.text
    assert 'value="12 rue Colbert"' in browser.page.text


async def test_what_is_somebody_elses_is_not_found(browser, now):
    other = await _someone_else(browser, now)
    async with browser.database.transaction() as tx:
        address = await customers.add_address(
            tx, customer_id=other, address=check_address(**ADDRESS), now=now
        )
        token = await customers.issue_token(tx, customer_id=other, label="app", now=now)
    await _signed_in(browser)

    assert (await browser.open(f"/compte/adresses/{address}")).status_code == 404
    await browser.open("/compte")
    assert (await browser.send(f"/compte/adresses/{address}", ADDRESS)).status_code == 404
    await browser.open("/compte")
    assert (await browser.send(f"/compte/adresses/{address}/suppression")).status_code == 404
    await browser.open("/compte")
    assert (await browser.send("/compte/cles/abcd/suppression")).status_code == 404
    await browser.open("/compte")
    await browser.send(f"/compte/appareils/{token.token_hash.hex()}/fermeture")
    async with browser.database.read() as reader:
        revoked = await reader.fetchval(
            "select revoked_at from session where token_hash = $1", token.token_hash
        )
    assert revoked is None


async def test_another_device_can_be_shut_out(browser, now):
    await _signed_in(browser)
    async with browser.database.transaction() as tx:
        owner = await tx.fetchval("select customer_id from customer")
        token = await customers.issue_token(tx, customer_id=owner, label="Mon agenda", now=now)
    await browser.open("/compte/appareils")
    assert "Mon agenda" in browser.text
    assert "Cet appareil" in browser.text

    await browser.send(f"/compte/appareils/{token.token_hash.hex()}/fermeture")

    await browser.open("/compte/appareils")
    assert "Mon agenda" not in browser.text


async def test_the_export_is_a_file_and_a_page(browser):
    await _signed_in(browser)
    await browser.open("/compte/adresses/nouvelle")
    await browser.send("/compte/adresses/nouvelle", ADDRESS)

    file = await browser.open("/compte/donnees/export")
    held = json.loads(file.text)
    page = await browser.open("/compte/donnees")

    assert file.headers["content-disposition"] == 'attachment; filename="cabas-2026-11-24.json"'
    assert held["person"]["email"] == EMAIL
    assert held["addresses"][0]["street"] == "12 rue Colbert"
    assert (held["orders"], held["baskets"]) == ([], [])
    assert "12 rue Colbert" in page.text


async def test_erasing_takes_two_steps_a_tick_and_the_password(browser):
    await _signed_in(browser)
    await browser.open("/compte/effacement")
    assert "/compte/effacement/confirmation" in browser.text
    await browser.open("/compte/effacement/confirmation")

    for fields in ({"password": PASSWORD}, {"sure": "1", "password": "autre"}, {"sure": "1"}):
        assert (await browser.send("/compte/effacement/confirmation", fields)).status_code == 422
    answer = await browser.send("/compte/effacement/confirmation", {"sure": "1", "password": PASSWORD})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "/compte/connexion" in str((await browser.open("/compte")).url)
    async with browser.database.read() as reader:
        assert await reader.fetchval("select email from customer") == ""


async def test_orders_are_listed_newest_first_and_told_in_the_export(browser, shop, now):
    await _signed_in(browser)
    codes = await _order(browser, shop, now, 3)

    await browser.open("/compte/commandes")
    assert [browser.text.index(code) for code in reversed(codes)] == sorted(map(browser.text.index, codes))
    assert "Tours Nord" in browser.text
    await browser.open("/compte")
    assert codes[-1] in browser.text
    held = json.loads((await browser.open("/compte/donnees/export")).text)
    assert [order["code"] for order in held["orders"]] == codes[::-1]
    page = text_of((await browser.open("/compte/donnees")).text)
    assert "mardi 24 novembre 2026 à 10 h 02" in page
    assert "Total 2,00 €" in page


async def test_orders_of_somebody_else_are_not_listed(browser, shop, now):
    await _signed_in(browser)
    codes = await _order(browser, shop, now, 1)
    browser.client.cookies.clear()
    await _sign_up(browser, email="autre@exemple.fr", name="Dominique")

    for path in ("/compte", "/compte/commandes", "/compte/donnees/export"):
        await browser.open(path)
        assert codes[0] not in browser.text


async def test_an_account_with_an_order_under_way_is_not_erased(browser, shop, now):
    await _signed_in(browser)
    await _order(browser, shop, now, 1)
    await browser.open("/compte/effacement")
    assert "Une commande est en cours" in browser.text
    await browser.open("/compte/effacement/confirmation")

    answer = await browser.send("/compte/effacement/confirmation", {"sure": "1", "password": PASSWORD})

    assert answer.status_code == 422
    assert (await browser.open("/compte")).status_code == 200
    assert "Bonjour Camille" in browser.text


async def _order(browser: Browser, shop, now, count: int) -> list[str]:
    """Orders of the customer, a minute apart; their codes, oldest first."""
    async with browser.database.transaction() as tx:
        owner = await tx.fetchval("select customer_id from customer")
        for minute in range(count):
            await make_order(
                tx, now=now + timedelta(minutes=minute), lines={shop.pasta[0]: 2}, shopper_id=owner,
                customer_id=owner,
            )  # fmt: skip
        rows = await tx.fetch("select code from orders order by placed_at")
    return [row["code"] for row in rows]


def _phone() -> Authenticator:
    return Authenticator("cabas.test", "http://cabas.test")


async def _with_passkey(browser: Browser) -> Authenticator:
    phone = _phone()
    await _signed_in(browser)
    await browser.open("/compte/cles")
    options = await browser.call("/compte/cles/options")
    added = await browser.call("/compte/cles", phone.create(options.text))
    assert (added.status_code, added.json()) == (200, {"next": "/compte/cles"})
    return phone


async def test_a_passkey_is_added_used_and_removed(browser):
    phone = await _with_passkey(browser)
    await browser.open("/compte")
    await browser.send("/compte/deconnexion")
    await browser.open("/compte/connexion", return_to="/compte/adresses")
    options = await browser.call("/compte/connexion/cle/options")

    entered = await browser.call("/compte/connexion/cle?return_to=/compte/adresses", phone.get(options.text))

    assert entered.json() == {"next": "/compte/adresses"}
    await browser.open("/compte/cles")
    assert "Aucune clé" not in browser.text
    await browser.send(f"/compte/cles/{phone.credential_id.hex()}/suppression")
    await browser.open("/compte/cles")
    assert "Aucune clé" in browser.text


async def test_an_answer_is_good_only_in_the_browser_that_asked(browser):
    phone = await _with_passkey(browser)
    options = await browser.call("/compte/connexion/cle/options")
    browser.client.cookies.delete("cabas_passkey")

    assert (await browser.call("/compte/connexion/cle", phone.get(options.text))).status_code == 422


async def test_garbage_instead_of_a_passkey_is_refused(browser):
    await _with_passkey(browser)
    for path in ("/compte/connexion/cle", "/compte/cles", "/compte/effacement/cle"):
        for answer in ("", "{}", "[1]", '"x"', "\x00", "x" * 30_000, '{"rawId":"é"}'):
            await browser.call("/compte/connexion/cle/options")
            assert (await browser.call(path, answer)).status_code == 422


async def test_a_passkey_stands_for_the_password_when_erasing(browser):
    phone = await _with_passkey(browser)
    await browser.open("/compte/effacement/confirmation")
    options = await browser.call("/compte/connexion/cle/options")
    proved = await browser.call("/compte/effacement/cle", phone.get(options.text))
    assert proved.json() == {"next": "/compte/effacement/confirmation"}

    await browser.open("/compte/effacement/confirmation")
    assert 'name="password"' not in browser.page.text
    answer = await browser.send("/compte/effacement/confirmation", {"sure": "1"})

    assert answer.headers["location"] == "/"


async def test_a_proof_is_not_good_in_another_session(browser):
    phone = await _with_passkey(browser)
    await browser.open("/compte/effacement/confirmation")
    options = await browser.call("/compte/connexion/cle/options")
    await browser.call("/compte/effacement/cle", phone.get(options.text))
    await browser.open("/compte")
    await browser.send("/compte/deconnexion")
    await browser.open("/compte/connexion")
    await browser.send("/compte/connexion", {"email": EMAIL, "password": PASSWORD})

    await browser.open("/compte/effacement/confirmation")

    assert 'name="password"' in browser.page.text
    assert (await browser.send("/compte/effacement/confirmation", {"sure": "1"})).status_code == 422


async def test_a_program_is_told_that_nobody_is_signed_in(browser):
    await browser.open("/compte/connexion")

    assert (await browser.call("/compte/cles/options")).status_code == 403


async def test_a_guests_basket_comes_along(browser, now):
    await browser.open("/")
    visitor = await _guest_basket(browser, now)

    await _signed_in(browser)

    async with browser.database.read() as reader:
        cart = await reader.fetchrow("select shopper_id, customer_id, lines from cart")
        owner = await reader.fetchval("select customer_id from customer")
    assert (cart["shopper_id"], cart["customer_id"]) == (owner, owner)
    assert visitor.id != owner
    assert cart["lines"][str(FIRST_GTIN)]["q"] == 2


async def test_signing_out_leaves_no_basket_on_the_device(browser, now):
    await browser.open("/")
    await _guest_basket(browser, now)
    await _signed_in(browser)

    await browser.send("/compte/deconnexion")

    left = _visitor_cookie(browser)
    assert (left.cart_id, left.basket_count, left.store_id) == (None, 0, 1)


async def _guest_basket(browser: Browser, now):
    visitor = _visitor_cookie(browser)
    async with browser.database.transaction() as tx:
        cart_id = await carts.open_cart(tx, store_id=1, shopper_id=visitor.id, customer_id=None, now=now)
        await carts.set_line(
            tx, cart_id=cart_id, shopper_id=visitor.id, gtin=FIRST_GTIN, quantity=2, now=now, lines_max=100,
            pieces_max=99, grams_max=20_000,
        )  # fmt: skip
    held = msgspec.structs.replace(visitor, store_id=1, cart_id=cart_id, basket_count=2)
    browser.client.cookies.set("cabas_visitor", _cookies().write(held), domain="cabas.test", path="/")
    return held


def _visitor_cookie(browser: Browser):
    values = [cookie.value for cookie in browser.client.cookies.jar if cookie.name == "cabas_visitor"]
    return _cookies().read(values[-1])


def _cookies():
    return VisitorCookie((SECRET_KEY.encode(),))


@pytest_asyncio.fixture
async def browser(shop, database, database_url, clock, tmp_path) -> AsyncIterator[Browser]:
    """On a site with a name, which passkeys need."""
    settings = settings_module.load(
        {
            "CABAS_DATABASE_URL": database_url,
            "CABAS_DATA": str(tmp_path),
            "CABAS_SECRET_KEY": SECRET_KEY,
            "CABAS_PUBLIC_URL": "http://cabas.test",
        }
    )
    async with AsyncTestClient(create_app(settings, clock=clock), base_url="http://cabas.test") as client:
        yield Browser(client, database)
