import re
from datetime import timedelta
from uuid import uuid4

from cabas.domain.loyalty import holding, queries
from cabas.domain.loyalty import operations as loyalty
from factories.account import signed_in
from factories.browsing import text_of
from factories.loyalty import earning_of, make_offer
from factories.shop import SHOP

STORE = f"/magasins/{SHOP.slug}"


async def test_a_card_is_opened_by_one_form_and_then_shown(browser, shop):
    await signed_in(browser)
    await browser.open("/compte/cagnotte")
    assert "Vous n’avez pas encore de carte" in browser.text
    assert browser.forms == ["/compte/cagnotte/carte"]

    answer = await browser.send("/compte/cagnotte/carte")
    await browser.open("/compte/cagnotte")

    assert (answer.status_code, answer.headers["location"]) == (303, "/compte/cagnotte")
    assert re.search(r"Carte de fidélité numéro 2\s9\d{5}\s\d{6}", browser.text)
    assert browser.text.count("<path transform") == 1
    assert "0,00 €" in text_of(browser.text)
    assert "Rien encore." in browser.text
    assert browser.forms == []


async def test_the_ledger_says_what_came_and_went_and_until_when(browser, shop, now):
    card = await _card(browser, now)
    async with browser.database.transaction() as tx:
        soon = earning_of(card.customer_id, 200, now=now, good_for=timedelta(days=6, hours=14))
        later = earning_of(card.customer_id, 430, now=now)
        await loyalty.earn_all(tx, earnings=[soon, later], now=now)
        await holding.hold(
            tx, key="k", customer_id=card.customer_id, cents=150, store_id=1, order_id=uuid4(), now=now
        )
        await holding.capture(tx, key="k", cents=150, now=now)

    await browser.open("/compte/cagnotte")

    told = text_of(browser.text)
    assert "4,80 €" in told
    assert "0,50 € à utiliser avant la fin du lundi 30 novembre 2026" in told
    assert "Il en reste 0,50 €, jusqu’au lundi 30 novembre 2026" in told
    assert "− 1,50 €" in told.replace("\u00a0", " ")
    assert f'href="/commandes/{later.order_id}"' in browser.text


async def test_nobody_sees_somebody_elses(browser, shop, now):
    await _card(browser, now)
    browser.client.cookies.clear()

    await browser.open("/compte/cagnotte")

    assert "/compte/connexion" in str(browser.page.url)


async def test_products_say_what_they_earn_and_the_page_lists_the_offers(browser, shop, now):
    async with browser.database.transaction() as tx:
        await make_offer(tx, now=now, gtin=SHOP.pasta[0], kind="cents", amount=30, label="Coquillettes en or")
        await make_offer(tx, now=now, gtin=SHOP.promoted, amount=10)
        offers = await queries.offers(tx, now=now)
    browser.client.app.state.site.directory.earning = offers  # as its next refresh does

    category = (await browser.open(f"{STORE}/rayons/{SHOP.category}")).text
    product = (await browser.open(f"{STORE}/produits/{SHOP.pasta[0]}")).text
    promoted = (await browser.open(f"{STORE}/produits/{SHOP.promoted}")).text

    assert category.count("Gagnez") == 1
    assert "Gagnez 0,30 €" in text_of(product)
    assert "Gagnez" not in promoted
    await signed_in(browser)
    await browser.open("/compte/cagnotte")
    assert "Coquillettes en or" in browser.text
    assert f'href="{STORE}/produits/{SHOP.pasta[0]}"' in browser.text


async def test_a_grocers_own_programme_is_shown_with_the_time_it_was_asked(browser, shop, now):
    card = await _card(browser, now)

    class Outside:
        async def balance(self, number):
            assert number == str(card.number)
            return self.known

    outside = Outside()
    browser.client.app.state.site.loyalty = outside

    outside.known = _Known(1250, now)
    await browser.open("/compte/cagnotte")
    assert "12,50 €" in text_of(browser.text)
    assert "Au mardi 24 novembre 2026" in browser.text

    outside.known = None
    await browser.open("/compte/cagnotte")
    assert "Le solde n’est pas disponible" in browser.text
    assert (await browser.send("/compte/cagnotte/carte", token=_any_token(browser))).status_code == 409


class _Known:
    def __init__(self, cents, at):
        self.cents, self.available_cents, self.at = cents, cents, at


def _any_token(browser):
    return re.search(r'name="_csrf_token" value="([^"]+)"', browser.text)[1]


async def _card(browser, now):
    await signed_in(browser)
    async with browser.database.transaction() as tx:
        customer_id = await tx.fetchval("select customer_id from customer")
        return await loyalty.open_card(tx, customer_id=customer_id, now=now)
