from datetime import timedelta

import msgspec

from cabas.domain.carts import operations as carts
from cabas.kit.signing import fingerprint
from cabas.web.visitor import VisitorCookie
from factories.account import EMAIL, SECRET_KEY, sign_up, signed_in, someone_else
from factories.customers import PASSWORD
from factories.no_script_browser import Browser
from factories.shop import FIRST_GTIN


async def test_signing_up_leads_into_the_account(browser):
    answer = await sign_up(browser)

    assert (answer.status_code, answer.headers["location"]) == (303, "/compte")
    page = await browser.open("/compte")
    assert page.status_code == 200
    assert "Bonjour Camille" in browser.text
    assert page.headers["cache-control"] == "no-store"


async def test_the_sessions_cookie_is_out_of_reach_of_scripts(browser):
    answer = await sign_up(browser)

    [cookie] = [line for line in answer.headers.get_list("set-cookie") if line.startswith("cabas_session=")]
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()


async def test_a_known_e_mail_gets_the_same_answer_and_opens_nothing(browser, now):
    await someone_else(browser, now)
    new = await sign_up(browser)
    shape = sorted(line.split("=")[0] for line in new.headers.get_list("set-cookie"))
    browser.client.cookies.clear()

    known = await sign_up(browser, email="autre@exemple.fr")

    assert (known.status_code, known.headers["location"], known.content) == (
        new.status_code, new.headers["location"], new.content
    )  # fmt: skip
    assert sorted(line.split("=")[0] for line in known.headers.get_list("set-cookie")) == shape
    page = await browser.open("/compte")
    assert str(page.url).endswith("/compte/connexion?return_to=/compte")
    assert "session n’est plus ouverte" in browser.text


async def test_signing_in_goes_back_to_the_page_that_was_wanted(browser, now):
    await someone_else(browser, now)

    page = await browser.open("/compte/adresses")
    assert "return_to=/compte/adresses" in str(page.url)
    answer = await browser.send(
        "/compte/connexion",
        {"email": "autre@exemple.fr", "password": PASSWORD, "return_to": "/compte/adresses"},
    )

    assert answer.headers["location"] == "/compte/adresses"


async def test_signing_in_never_leads_to_another_site(browser, now):
    await someone_else(browser, now)
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
    await someone_else(browser, now)
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
    await signed_in(browser)
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
    await signed_in(browser)

    for minutes, seen in ((4, 0), (6, 6), (9, 6), (11, 11)):
        clock.at = now + timedelta(minutes=minutes)
        await browser.open("/")
        async with browser.database.read() as reader:
            last = await reader.fetchval("select last_seen_at from session")
        assert last == now + timedelta(minutes=seen)


async def test_a_get_never_signs_out(browser):
    await signed_in(browser)

    await browser.open("/compte/deconnexion")

    assert (await browser.open("/compte")).status_code == 200
    assert "Bonjour Camille" in browser.text


async def test_a_guests_basket_comes_along(browser, now):
    await browser.open("/")
    visitor = await _guest_basket(browser, now)

    await signed_in(browser)

    async with browser.database.read() as reader:
        cart = await reader.fetchrow("select shopper_id, customer_id, lines from cart")
        owner = await reader.fetchval("select customer_id from customer")
    assert (cart["shopper_id"], cart["customer_id"]) == (owner, owner)
    assert visitor.id != owner
    assert cart["lines"][str(FIRST_GTIN)]["q"] == 2


async def test_signing_out_leaves_no_basket_on_the_device(browser, now):
    await browser.open("/")
    await _guest_basket(browser, now)
    await signed_in(browser)

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
