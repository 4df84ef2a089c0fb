"""Paying an order out of the cagnotte: after it is placed, once, and with a proof for a large amount."""

from datetime import timedelta

from cabas.domain.loyalty import operations as loyalty
from cabas.domain.loyalty import queries
from cabas.domain.payments.queries import tenders_of
from cabas.kit.db import Database
from cabas.reactions import settle_cagnottes
from factories.account import signed_in
from factories.browsing import text_of
from factories.customers import PASSWORD
from factories.loyalty import earning_of
from factories.orders import make_order


async def test_what_is_there_is_set_aside_for_the_order(browser, shop, now):
    placed, card = await _ordered(browser, shop, now, cents=150)
    page = f"/commandes/{placed.order_id}"
    await browser.open(page)
    assert f'href="{page}/cagnotte"' in browser.text

    await browser.open(f"{page}/cagnotte")
    assert browser.forms == [f"{page}/cagnotte"]
    token = browser.token
    answer, again = [await browser.send(f"{page}/cagnotte", token=token) for _ in range(2)]

    assert (answer.headers["location"], again.status_code) == (page, 303)
    await browser.open(page)
    assert "1,50 € de votre cagnotte pour cette commande." in text_of(browser.text)
    await browser.open("/compte/cagnotte")
    assert "dont 1,50 € mis de côté" in text_of(browser.text)
    async with browser.database.read() as reader:
        [tender] = await tenders_of(reader, store_id=placed.store_id, order_id=placed.order_id)
        held = await queries.hold_of(reader, key=tender.key)
    assert (tender.held_cents, held.cents, held.customer_id) == (150, 150, card.customer_id)


async def test_a_cancelled_order_gives_it_back(browser, shop, now, clock):
    placed, card = await _ordered(browser, shop, now, cents=150)
    await browser.open(f"/commandes/{placed.order_id}/cagnotte")
    await browser.send(f"/commandes/{placed.order_id}/cagnotte")
    await browser.open(f"/commandes/{placed.order_id}/annulation")

    await browser.send(f"/commandes/{placed.order_id}/annulation", {"reason": "mind"})
    await settle_cagnottes(browser.database, clock)

    assert await _available(browser.database, card) == 150


async def test_a_large_amount_wants_a_fresh_sign_in_or_the_password(browser, shop, now, clock):
    placed, card = await _ordered(browser, shop, now, cents=2_500, quantity=20)
    page = f"/commandes/{placed.order_id}/cagnotte"
    await browser.open(page)
    assert 'name="password"' not in browser.text

    clock.at = now + timedelta(minutes=16)
    await browser.open(page)
    assert 'name="password"' in browser.text
    for fields in ({}, {"password": "autre"}):
        assert (await browser.send(page, fields)).status_code == 422
    assert await _available(browser.database, card) == 2_500
    assert (await browser.send(page, {"password": PASSWORD})).status_code == 303
    assert await _available(browser.database, card) == 0


async def test_nobody_pays_with_somebody_elses_cagnotte(browser, shop, now):
    placed, card = await _ordered(browser, shop, now, cents=150)
    await browser.open(f"/commandes/{placed.order_id}/cagnotte")
    token = browser.token
    browser.client.cookies.clear()

    opened = await browser.open(f"/commandes/{placed.order_id}/cagnotte")
    sent = await browser.send(f"/commandes/{placed.order_id}/cagnotte", token=token)

    assert opened.status_code == 404
    assert sent.status_code in (403, 404)
    assert await _available(browser.database, card) == 150


async def test_an_empty_cagnotte_is_not_offered(browser, shop, now):
    placed, _ = await _ordered(browser, shop, now, cents=0)

    await browser.open(f"/commandes/{placed.order_id}")
    assert "/cagnotte" not in browser.text.partition("<main")[2]
    await browser.open(f"/commandes/{placed.order_id}/cagnotte")
    assert str(browser.page.url).endswith(f"/commandes/{placed.order_id}")


async def _ordered(browser, shop, now, *, cents, quantity=2):
    await signed_in(browser)
    async with browser.database.transaction() as tx:
        customer_id = await tx.fetchval("select customer_id from customer")
        card = await loyalty.open_card(tx, customer_id=customer_id, now=now)
        await loyalty.earn_all(tx, earnings=[earning_of(customer_id, cents, now=now)], now=now)
        placed = await make_order(
            tx,
            now=now,
            lines=dict.fromkeys(shop.pasta, quantity),
            shopper_id=customer_id,
            customer_id=customer_id,
        )
    return placed, card


async def _available(database: Database, card) -> int:
    async with database.read() as reader:
        held = await queries.card_of(reader, customer_id=card.customer_id)
    return held.available_cents
