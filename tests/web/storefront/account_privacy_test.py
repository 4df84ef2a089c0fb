import json
from datetime import timedelta

from cabas.domain.messages.operations import tell
from factories.account import ADDRESS, EMAIL, sign_up, signed_in
from factories.browsing import text_of
from factories.customers import PASSWORD
from factories.messages import subscribe, to_tell
from factories.no_script_browser import Browser
from factories.orders import make_order


async def test_the_export_is_a_file_and_a_page(browser):
    await signed_in(browser)
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
    await signed_in(browser)
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
    await signed_in(browser)
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
    await signed_in(browser)
    codes = await _order(browser, shop, now, 1)
    browser.client.cookies.clear()
    await sign_up(browser, email="autre@exemple.fr", name="Dominique")

    for path in ("/compte", "/compte/commandes", "/compte/donnees/export"):
        await browser.open(path)
        assert codes[0] not in browser.text


async def test_an_account_with_an_order_under_way_is_not_erased(browser, shop, now):
    await signed_in(browser)
    await _order(browser, shop, now, 1)
    await browser.open("/compte/effacement")
    assert "Une commande est en cours" in browser.text
    await browser.open("/compte/effacement/confirmation")

    answer = await browser.send("/compte/effacement/confirmation", {"sure": "1", "password": PASSWORD})

    assert answer.status_code == 422
    assert (await browser.open("/compte")).status_code == 200
    assert "Bonjour Camille" in browser.text


async def test_what_one_was_told_is_in_the_export_and_goes_with_the_account(browser, now):
    await signed_in(browser)
    async with browser.database.transaction() as tx:
        person = await tx.fetchval("select customer_id from customer")
        await subscribe(tx, person_id=person, now=now)
        await tell(tx, message=to_tell("one", template="order_ready", customer_id=person), now=now)

    held = json.loads((await browser.open("/compte/donnees/export")).text)
    assert [one["message"] for one in held["messages"]] == ["order_ready", "order_ready"]
    assert [one["channel"] for one in held["messages"]] == ["mail", "push"]
    assert [one["endpoint"] for one in held["notified_browsers"]] == ["https://push.example.org/1"]
    assert "Messages reçus" in text_of((await browser.open("/compte/donnees")).text)

    await browser.open("/compte/effacement/confirmation")
    await browser.send("/compte/effacement/confirmation", {"sure": "1", "password": PASSWORD})
    async with browser.database.read() as reader:
        assert await reader.fetchval("select count(*) from message where email <> '' or name <> ''") == 0
        assert await reader.fetchval("select count(*) from push_subscription") == 0


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
