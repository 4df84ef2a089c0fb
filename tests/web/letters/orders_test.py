"""What the letters about an order say: all that the law wants, safely, in both languages."""

import re
from html import unescape
from uuid import uuid4

import pytest
import pytest_asyncio

from cabas.domain.messages import records
from cabas.domain.orders import dispatch, operations, telling, withdrawing
from cabas.domain.orders.model import OrderState
from cabas.kit.clock import FixedClock
from cabas.policies import ORDER_BOUNDS
from cabas.reactions import TOLD_OF_ORDERS
from cabas.web.letters.scribe import LETTERS, make_scribe
from factories.orders import CONTACT, hand_over, make_order
from factories.shop import make_shop

SITE = "https://courses.example"


async def test_a_confirmation_holds_all_that_was_agreed(tx, now, shop, letters):
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2, shop.weighed: 500})

    [letter] = await letters()

    code = placed.receipt.code
    assert letter.subject == f"Commande {code} confirmée"
    for side in (plain(letter.text), plain(letter.html)):
        for said in (
            f"{code[:3]} {code[3:]}",
            "mardi 24 novembre, 16 h à 16 h 30",
            "Tours Nord",
            "Spaghettis n° 0",
            "Pommes gala",
            "dont TVA 5,5 %",
            "Au plus, une fois les produits pesés",
            "jusqu’au mardi 24 novembre, 14 h",
            "« Renoncer au contrat ici »",
            f"{SITE}/commandes/{placed.order_id}",
            "médiateur de la consommation",
            "« Commander avec obligation de paiement »",
        ):
            assert said in side, said
    assert "Pommes gala" in letter.text.split("Sans droit de rétractation")[1]


async def test_the_terms_that_were_agreed_go_with_it(tx, now, shop, letters):
    await make_order(tx, now=now, lines={shop.pasta[0]: 2})

    [letter] = await letters()

    [terms] = letter.attachments
    assert terms.name == "conditions-generales-de-vente-2026-11.html"
    assert "Droit de rétractation" in terms.text
    assert "Modèle de déclaration" in terms.text
    assert "14 jours" in terms.text


async def test_terms_that_are_not_kept_are_not_replaced_by_others(tx, now, shop, letters):
    await make_order(tx, now=now, lines={shop.pasta[0]: 2})
    await tx.execute("""update orders set agreed = jsonb_set(agreed, '{legal_version}', '"../../2019-01"')""")

    [letter] = await letters()

    assert letter.attachments == []


async def test_an_english_reader_gets_english(tx, now, shop, letters):
    await make_order(tx, now=now, lines={shop.pasta[0]: 2}, language="en")

    [letter] = await letters()

    assert letter.subject.endswith("confirmed")
    assert 'lang="en"' in letter.html
    assert letter.attachments[0].name.startswith("terms-of-sale-")
    assert "Withdraw from the contract here" in letter.text


async def test_a_confirmation_tells_the_revision_it_is_about(tx, now, shop, letters):
    shopper = uuid4()
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2}, shopper_id=shopper)
    await operations.change_lines(
        tx,
        order_id=placed.order_id,
        shopper_id=shopper,
        quantities={shop.pasta[0]: 5, shop.pasta[1]: 1},
        bounds=ORDER_BOUNDS,
        now=now,
    )

    first, second = sorted(await letters(), key=lambda letter: letter.subject, reverse=True)

    assert "modifiée" in first.subject
    assert "Spaghettis n° 1" in first.text
    assert "5 × " in plain(first.text)
    assert "Spaghettis n° 1" not in second.text
    assert "2 × " in plain(second.text)


async def test_no_picture_is_fetched_and_nobody_is_followed(tx, now, shop, letters):
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2})

    [letter] = await letters()

    assert not re.search(r"<(img|link|script|iframe|video)|url\(|@import|<style", letter.html)
    leads = {unescape(found) for found in re.findall(r'href="([^"]+)"', letter.html)}
    assert leads == {SITE, f"{SITE}/commandes/{placed.order_id}"}


async def test_a_hostile_name_stays_words(tx, now, shop, letters):
    contact = CONTACT.__class__(name="<script>alert(1)</script>\r\nBcc: x@y.fr", email="a@exemple.fr")
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2}, contact=contact)
    await tx.execute(
        """update order_line set frozen = jsonb_set(frozen, '{note}', '"<img src=x onerror=alert(1)>"')"""
    )
    await hand_over(tx, placed, at=now)
    await withdrawing.withdraw(
        tx,
        order_id=placed.order_id,
        shopper_id=await tx.fetchval("select shopper_id from orders"),
        line_numbers=[1],
        not_received=(),
        days=14,
        now=now,
    )

    for letter in await letters():
        assert "<script>" not in letter.html
        assert "<img" not in letter.html


async def test_a_withdrawal_is_acknowledged_with_its_instant(tx, now, shop, letters):
    shopper = uuid4()
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2, shop.pasta[1]: 1}, shopper_id=shopper)
    await hand_over(tx, placed, at=now)
    await withdrawing.withdraw(
        tx, order_id=placed.order_id, shopper_id=shopper, line_numbers=[1], not_received=(), days=14, now=now
    )

    found = {letter.subject.split(",")[0]: letter for letter in await letters()}
    letter = found["Accusé de réception de votre rétractation"]

    assert "mardi 24 novembre 2026 à 10:00:00" in letter.text
    assert "Spaghettis n° 0" in letter.text
    assert "Spaghettis n° 1" not in letter.text


async def test_ready_says_the_code_and_a_cancellation_that_nothing_is_owed(tx, now, shop, letters):
    shopper = uuid4()
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2}, shopper_id=shopper)
    other = await make_order(tx, now=now, lines={shop.pasta[1]: 2}, shopper_id=shopper)
    for state in (OrderState.PREPARING, OrderState.READY):
        await operations.move_to(
            tx, store_id=1, order_id=placed.order_id, state=state, actor="store:Karim", now=now
        )
    await operations.cancel(tx, order_id=other.order_id, shopper_id=shopper, reason="", now=now)

    found = {letter.subject: letter for letter in await letters()}

    code = placed.receipt.code
    assert f"le code {code[:3]} {code[3:]}" in plain(found[f"Commande {code} prête"].text)
    assert "Rien n’est à payer" in found[f"Commande {other.receipt.code} annulée"].text


async def test_a_notification_leads_to_the_order(tx, now, shop, scribe):
    placed = await make_order(tx, now=now, lines={shop.pasta[0]: 2})
    [delivery] = await recorded(tx, now)

    note = await scribe.note(tx, delivery.message)

    assert note.path == f"/commandes/{placed.order_id}"
    assert plain(note.body) == "mardi 24 novembre, 16 h à 16 h 30"


async def test_a_message_about_an_order_that_is_gone_cannot_be_written(tx, now, shop, scribe):
    await make_order(tx, now=now, lines={shop.pasta[0]: 2})
    [delivery] = await recorded(tx, now)
    await tx.execute("delete from orders")

    with pytest.raises(LookupError):
        await scribe.letter(tx, delivery.message)


def test_every_fact_that_is_told_has_its_letter():
    assert set(TOLD_OF_ORDERS.values()) <= set(LETTERS)


def plain(source):
    """What is read, with simple spaces."""
    return unescape(re.sub(r"<[^>]+>", "", source)).replace("\u00a0", " ").replace("\u202f", " ")


async def recorded(tx, now):
    for _ in range(2):  # what happened to an order first is sent first, alone
        await dispatch.dispatch_batch(tx, now=now)
    await telling.tell_dispatched(tx, templates=TOLD_OF_ORDERS, now=now)
    return await records.take_due(tx, until=now, now=now, limit=100)


@pytest_asyncio.fixture
async def shop(tx, now):
    return await make_shop(tx, now=now)


@pytest.fixture
def scribe(now):
    return make_scribe(site=SITE, clock=FixedClock(now))


@pytest.fixture
def letters(tx, now, scribe):
    async def written():
        return [await scribe.letter(tx, delivery.message) for delivery in await recorded(tx, now)]

    return written
