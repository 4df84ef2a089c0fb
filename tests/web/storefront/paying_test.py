"""Paying by card: after the order, on the bank's page, and whatever the bank does the order stands."""

import contextlib
import json
from datetime import timedelta
from uuid import UUID

import msgspec
import pytest
import pytest_asyncio
from litestar.testing import AsyncTestClient

from cabas import settings as settings_module
from cabas.bank.webhooks import sign
from cabas.domain.payments import jobs
from cabas.domain.payments import operations as payments
from cabas.domain.payments.model import AUTHORISED_WITHIN
from cabas.reactions import tell_of_failed_payment
from factories.browsing import text_of
from factories.payments import MemoryBank
from factories.shopping_by_hand import ByHand
from factories.site import site

SECRET = "a-secret-of-the-tests"
PAGES = "https://banque.example"


@pytest_asyncio.fixture
async def client(shop, database_url, clock, tmp_path):
    settings = settings_module.load(
        {
            "CABAS_DATABASE_URL": database_url,
            "CABAS_DATA": str(tmp_path),
            "CABAS_SECRET_KEY": "a-secret-of-the-tests-that-is-long-enough",
            "CABAS_BANK_URL": PAGES,
            "CABAS_BANK_KEY": "a-key",
            "CABAS_BANK_WEBHOOK_SECRET": SECRET,
        }
    )
    async with AsyncTestClient(site(settings, clock=clock)) as browser:
        yield browser


@pytest.fixture
def bank(client):
    client.app.state.site.bank = MemoryBank()
    return client.app.state.site.bank


@pytest.fixture
def by_hand(client):
    return ByHand(client)


@pytest.fixture
def shopper(by_hand, bank, database, clock, shop):
    return Shopper(by_hand, bank, database, clock, shop)


class Shopper:
    def __init__(self, by_hand, bank, database, clock, shop):
        self.by_hand, self.client, self.bank = by_hand, by_hand.client, bank
        self.database, self.clock, self.shop = database, clock, shop

    async def order(self, payment="card"):
        """Where the order's answer leads."""
        await self.by_hand.put(self.shop.pasta[0], 2)
        await self.by_hand.hold()
        answer = await self.by_hand.order(payment=payment)
        assert answer.status_code == 303, answer.text
        self.home = answer.headers["location"].partition("?")[0].removesuffix("/paiement")
        return answer.headers["location"]

    async def to_the_bank(self):
        answer = await self.client.get(f"{self.home}/paiement", follow_redirects=False)
        return answer.headers["location"]

    async def says(self):
        return text_of(await self.by_hand.page(self.home))

    async def follow(self):
        await jobs.follow_due(self.database, self.clock, bank=self.bank, on_failed=tell_of_failed_payment)

    @property
    def key(self):
        return next(reversed(self.bank.payments))

    async def hear(self, *, secret=SECRET, key=None):
        body = json.dumps({"reference": key or self.key}).encode()
        signature = sign(secret.encode(), body, at=int(self.clock.at.timestamp()))
        return await self.client.post(
            "/api/v1/payments/words", content=body, headers={"bank-signature": signature}
        )


async def test_without_a_bank_only_the_store_is_offered(client, by_hand, shop):
    client.app.state.site.bank = None
    await by_hand.put(shop.pasta[0], 2)
    await by_hand.hold()
    assert 'value="card"' not in await by_hand.page("/commande")
    answer = await by_hand.order(payment="card")
    assert answer.status_code == 422


async def test_at_the_store_is_the_default_and_asks_no_bank(shopper):
    page = await shopper.order("at_store")
    assert page.endswith("?merci=1")
    assert shopper.bank.payments == {}
    assert "Payer par carte (empreinte)" in await shopper.says()


async def test_the_order_is_placed_before_the_bank_hears_of_it(shopper):
    assert (await shopper.order()).endswith("/paiement")
    assert shopper.bank.payments == {}

    leads = await shopper.to_the_bank()

    assert leads == f"{PAGES}/pay/{shopper.key}"
    assert "Continuer vers la banque" in await shopper.says()
    assert await shopper.to_the_bank() == leads
    assert len(shopper.bank.payments) == 1


async def test_forms_may_lead_to_the_bank_where_one_does(shopper, client):
    await shopper.order()
    for path, origin in ((shopper.home, f" {PAGES}"), ("/", "")):
        policy = (await client.get(path)).headers["content-security-policy"]
        assert f"form-action 'self'{origin};" in policy


async def test_the_shopper_comes_back_to_the_order_which_says_how_it_stands(shopper, client):
    await shopper.order()
    await shopper.to_the_bank()
    shopper.bank.authorise(shopper.key)

    back = await client.get(f"{shopper.home}/paiement/retour", follow_redirects=False)
    assert back.headers["location"] == f"{shopper.home}?merci=1"
    await shopper.follow()

    assert "Carte autorisée" in await shopper.says()
    assert (await client.get(f"{shopper.home}/paiement", follow_redirects=False)).headers[
        "location"
    ] == shopper.home


async def test_the_banks_word_a_hundred_times_asks_the_bank_once(shopper):
    await shopper.order()
    await shopper.to_the_bank()
    shopper.bank.authorise(shopper.key)
    for _ in range(100):
        assert (await shopper.hear()).status_code == 204
    await shopper.follow()
    await shopper.follow()
    assert "Carte autorisée" in await shopper.says()


async def test_a_word_that_the_bank_did_not_sign_is_nothing(shopper, client):
    await shopper.order()
    await shopper.to_the_bank()
    assert (await shopper.hear(secret="another")).status_code == 401
    assert (await shopper.hear(key="nothing.1")).status_code == 204
    big = await client.post("/api/v1/payments/words", content=b"x" * 9_000)
    assert big.status_code == 413
    assert (await client.post("/api/v1/payments/words", content=b"{}")).status_code == 401


async def test_a_silent_bank_costs_no_order(shopper, client):
    shopper.bank.away = True
    await shopper.order()
    answer = await client.get(f"{shopper.home}/paiement", follow_redirects=True)
    assert "La banque ne répond pas" in text_of(answer.text)
    assert "Continuer vers la banque" in text_of(answer.text)


async def test_nobody_is_sent_where_no_bank_is(shopper, client):
    await shopper.order()
    client.app.state.site.settings = msgspec.structs.replace(
        client.app.state.site.settings,
        bank=settings_module.Bank(url=PAGES, pages="https://autre.example", key="a", webhook_secret=SECRET),
    )
    assert await shopper.to_the_bank() == shopper.home


async def test_twenty_minutes_later_it_is_paid_at_the_store_and_said(shopper, client, database):
    await shopper.order()
    await shopper.to_the_bank()
    shopper.clock.at += AUTHORISED_WITHIN
    await shopper.follow()

    said = await shopper.says()
    assert "n’a pas abouti" in said
    assert "vous payez au retrait" in said
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from message where template = 'payment_failed'") == 1

    answer = await shopper.by_hand.post(f"{shopper.home}/paiement")
    assert answer.headers["location"] == f"{shopper.home}/paiement"
    shopper.clock.at += timedelta(minutes=1)
    assert (await shopper.to_the_bank()).endswith(".2")


async def test_a_cancelled_order_lets_the_card_go(shopper):
    await shopper.order()
    await shopper.to_the_bank()
    shopper.bank.authorise(shopper.key)
    await shopper.hear()
    await shopper.follow()

    answer = await shopper.by_hand.post(f"{shopper.home}/annulation", {"reason": "time"})
    assert answer.status_code == 303
    await shopper.follow()

    assert "a été libérée" in await shopper.says()
    assert shopper.bank.done == {"release": 1}


async def test_a_ready_order_says_what_was_paid_how_and_what_is_left(shopper, database):
    await shopper.order()
    await shopper.to_the_bank()
    shopper.bank.authorise(shopper.key)
    await shopper.hear()
    await shopper.follow()
    held = shopper.bank.cents[shopper.key]
    store, order_id = shopper.shop.store_id, UUID(shopper.home.rpartition("/")[2])

    async def picked(cents: int) -> str:
        async with database.transaction() as tx:
            await tx.execute("update orders set state = 'ready', final_cents = $1", cents)
            await payments.want(
                tx, store_id=store, order_id=order_id, final_cents=cents, now=shopper.clock.at
            )
        await shopper.follow()
        return await shopper.says()

    said = await picked(held - 50)
    assert "payés par carte" in said
    assert "rendus" not in said
    assert "0,30 € rendus sur votre carte" in await picked(held - 80)
    said = await picked(held + 20)
    assert "Il reste 1,00 € à payer au retrait" in said
    async with database.transaction() as tx:
        await payments.collect(
            tx, store_id=store, order_id=order_id, final_cents=held + 20, cents=100, now=shopper.clock.at
        )
    said = await shopper.says()
    assert "1,00 € payés au magasin" in said
    assert "Il reste" not in said


async def test_nobody_elses_payment_is_begun(shopper, client, shop):
    await shopper.order()
    home = shopper.home
    client.cookies.clear()
    for path in ("/paiement", "/paiement/retour"):
        assert (await client.get(home + path, follow_redirects=False)).status_code == 404
    assert (await shopper.by_hand.post(f"{home}/paiement")).status_code == 404


async def test_who_waits_for_the_bank_holds_no_connection(shopper, client):
    await shopper.order()
    site, opens, free = client.app.state.site, shopper.bank.open, []

    async def counting(payment):  # runs where the site does
        async with contextlib.AsyncExitStack() as all_of_them:
            for _ in range(site.settings.connections_max):
                free.append(await all_of_them.enter_async_context(site.database.read()))
        return await opens(payment)

    shopper.bank.open = counting
    assert (await shopper.to_the_bank()).startswith(PAGES)
    assert len(free) == site.settings.connections_max
