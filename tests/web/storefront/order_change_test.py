"""Changing an order, cancelling it, giving goods back: by forms alone."""

import re
from datetime import timedelta

import pytest

from cabas.domain.orders import operations as orders
from cabas.domain.orders.model import OrderState
from cabas.kit.ids import parse_id
from factories.browsing import text_of
from factories.shopping_by_hand import ByHand


@pytest.fixture
def by_hand(client):
    return ByHand(client)


def id_in(href):
    return parse_id(href.rpartition("/")[2])


async def move(database, href, *states, now):
    async with database.transaction() as tx:
        for state in states:
            await orders.move_to(
                tx, store_id=1, order_id=id_in(href), state=state, actor="store:Karim", now=now
            )


HANDED_OVER = (OrderState.PREPARING, OrderState.READY, OrderState.HANDED_OVER)


async def change(by_hand, href, quantities, **fields):
    sent = {f"q-{gtin}": str(quantity) for gtin, quantity in quantities.items()}
    return await by_hand.post(f"{href}/modification", {**sent, **fields})


def shown_total(answer):
    return re.search(r'name="shown_total" value="(\d+)"', answer.text)[1]


async def test_a_change_is_looked_at_before_it_is_confirmed(by_hand, shop, database):
    href = await by_hand.shop(shop.pasta[0], shop.pasta[1])  # 2 × 1,00 and 2 × 1,10

    looked = await change(by_hand, href, {shop.pasta[0]: 5, shop.pasta[1]: 0}, step="look")

    assert looked.status_code in (200, 201)
    page = text_of(looked.text).replace("\u00a0", " ")
    assert "Total de la commande 4,20 €" in page
    assert "Nouveau total 5,00 €" in page
    assert "Confirmer avec obligation de paiement" in page
    async with database.read() as reader:
        assert await reader.fetchval("select revision from orders") == 1
    done = await change(
        by_hand,
        href,
        {shop.pasta[0]: 5, shop.pasta[1]: 0},
        step="confirm",
        shown_total=shown_total(looked),
    )
    assert done.status_code == 303
    async with database.read() as reader:
        order = await reader.fetchrow("select revision, total_cents from orders")
    assert tuple(order) == (2, 500)


async def test_a_product_found_by_words_or_barcode_can_be_added(by_hand, shop, database):
    href = await by_hand.shop(shop.pasta[0])

    found = await change(by_hand, href, {}, q="Riz", step="search")
    add = re.search(r'name="add" value="(\d+x\d+)"', found.text)[1]
    looked = await change(by_hand, href, {}, add=add)
    done = await change(
        by_hand, href, {add.partition("x")[0]: 1}, step="confirm", shown_total=shown_total(looked)
    )

    assert done.status_code == 303
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from order_line where revision = 2") == 2


async def test_a_price_that_moves_before_the_confirmation_is_shown_again(by_hand, shop, database):
    href = await by_hand.shop(shop.pasta[0])
    looked = await change(by_hand, href, {shop.pasta[3]: 1}, step="look")
    async with database.transaction() as tx:
        await tx.execute("update offer set price_cents = 999 where gtin = $1", shop.pasta[3])

    answer = await change(by_hand, href, {shop.pasta[3]: 1}, step="confirm", shown_total=shown_total(looked))

    assert answer.status_code == 409
    assert "Nouveau total 11,99 €" in text_of(answer.text).replace("\u00a0", " ")


@pytest.mark.parametrize("quantity", ["-1", "1.5", "abc", "1e9", "1000000000"])
async def test_a_quantity_that_makes_no_sense_is_said_beside_its_line(by_hand, shop, database, quantity):
    href = await by_hand.shop(shop.pasta[0])

    answer = await change(by_hand, href, {shop.pasta[0]: quantity}, step="confirm")

    assert answer.status_code == 422
    assert f'id="q-{shop.pasta[0]}-error"' in answer.text
    async with database.read() as reader:
        assert await reader.fetchval("select revision from orders") == 1


async def test_more_than_can_be_prepared_and_nothing_at_all_are_explained(by_hand, shop):
    href = await by_hand.shop(shop.pasta[0])

    too_many = await change(by_hand, href, {shop.pasta[0]: 500}, step="confirm")
    nothing = await change(by_hand, href, {shop.pasta[0]: 0}, step="confirm")

    assert "99 au plus" in text_of(too_many.text)
    assert "annulez la commande" in text_of(nothing.text)


async def test_wine_added_later_asks_for_the_declaration(by_hand, shop):
    href = await by_hand.shop(shop.pasta[0])
    looked = await change(by_hand, href, {shop.wine: 1}, step="look")
    confirm = {"step": "confirm", "shown_total": shown_total(looked)}

    refused = await change(by_hand, href, {shop.wine: 1}, **confirm)

    assert refused.status_code == 422
    assert (await change(by_hand, href, {shop.wine: 1}, adult="1", **confirm)).status_code == 303


async def test_after_the_cut_off_a_change_or_a_cancellation_is_explained(by_hand, shop, clock, client):
    href = await by_hand.shop(shop.pasta[0])
    clock.at += timedelta(hours=4)

    for path in ("/modification", "/annulation"):
        answer = await client.get(href + path, follow_redirects=True)
        assert "ne se modifie plus depuis le mardi 24 novembre, 14 h" in text_of(answer.text).replace(
            "\u00a0", " "
        )
    refused = await change(by_hand, href, {shop.pasta[0]: 5}, step="confirm")
    assert refused.headers["location"] == href


async def test_a_cancellation_takes_two_steps_and_gives_the_place_back(by_hand, shop, database):
    href = await by_hand.shop(shop.pasta[0])

    without_reason = await by_hand.post(f"{href}/annulation")
    done = await by_hand.post(f"{href}/annulation", {"reason": "time"})
    again = await by_hand.post(f"{href}/annulation", {"reason": "time"})

    assert without_reason.status_code == 422
    assert done.headers["location"] == again.headers["location"] == href
    async with database.read() as reader:
        assert await reader.fetchval("select sum(taken) from slot") == 0
        assert await reader.fetchval("select reason from cancellation") == "time"
    assert "Vous avez annulé cette commande" in text_of(await by_hand.page(href))


async def test_arriving_is_one_tap_with_a_bay(by_hand, shop, database):
    href = await by_hand.shop(shop.pasta[0])

    await by_hand.post(f"{href}/arrivee", {"bay": "4"})

    page = text_of(await by_hand.page(href)).replace("\u00a0", " ")
    assert "vous êtes là depuis 10 h, place 4" in page
    too_long = await by_hand.post(f"{href}/arrivee", {"bay": "x" * 21})
    assert too_long.headers["location"] == href
    async with database.read() as reader:
        assert await reader.fetchval("select bay from arrival") == "4"


async def test_what_changed_while_picking_is_told_with_the_final_amount(by_hand, shop, database, now):
    href = await by_hand.shop(shop.pasta[0], shop.pasta[1])
    await by_hand.put(shop.weighed, 500)
    async with database.transaction() as tx:
        await tx.executemany(
            """insert into picked_line (store_id, order_id, line_no, outcome, gtin, quantity, weight_grams,
                                        unit_price_cents, total_cents, frozen, picked_by, picked_at)
                    values (1, $1, $2, $3, $4, $5, 0, 100, $6, $7, 'Karim', $8)""",
            [
                (id_in(href), 1, "missing", shop.pasta[0], 0, 0, {}, now),
                (id_in(href), 2, "substituted", shop.pasta[2], 2, 210, {"name": "Linguine"}, now),
            ],
        )
        await orders.settle(tx, store_id=1, order_id=id_in(href), final_cents=210)
    await move(database, href, OrderState.PREPARING, OrderState.READY, now=now)

    page = text_of(await by_hand.page(href)).replace("\u00a0", " ")

    assert "introuvable, non facturé" in page
    assert "remplacé par Linguine" in page
    assert "Montant final 2,10 €" in page


async def test_ordering_again_fills_the_basket_and_says_what_changed(by_hand, shop, database):
    href = await by_hand.shop(shop.pasta[0], shop.pasta[1])
    async with database.transaction() as tx:
        await tx.execute("update offer set status = 2 where gtin = $1", shop.pasta[0])
        await tx.execute("update offer set price_cents = 300 where gtin = $1", shop.pasta[1])

    await by_hand.post(f"{href}/panier")

    page = text_of(await by_hand.page("/panier"))
    assert "2 produits sont dans votre panier." in page
    assert "1 n’est pas disponible aujourd’hui." in page
    assert "1 a changé de prix." in page


async def test_a_withdrawal_is_two_steps_and_a_receipt_with_its_instant(by_hand, shop, database, now, clock):
    href = await by_hand.shop(shop.pasta[0], shop.weighed)
    early = await by_hand.client.get(f"{href}/retractation", follow_redirects=False)
    await move(database, href, *HANDED_OVER, now=now)
    clock.at += timedelta(days=3)

    assert early.headers["location"] == href
    assert "Renoncer au contrat ici" in await by_hand.page(href)
    second = await by_hand.page(f"{href}/retractation")
    assert "Confirmer la rétractation" in second
    assert "Spaghettis n° 0" in second
    assert re.findall(r'name="line" value="(\d+)"', second) == ["1"]  # apples perish
    nothing = await by_hand.post(f"{href}/retractation", {"line": "2"})
    assert nothing.status_code == 422
    done = await by_hand.post(f"{href}/retractation", {"line": "1"})
    receipt = text_of(await by_hand.page(done.headers["location"])).replace("\u00a0", " ")
    assert "vendredi 27 novembre 2026 à 10:00:00" in receipt
    assert "Spaghettis n° 0" in receipt
    assert "2,00 €" in receipt
    again = await by_hand.post(f"{href}/retractation", {"line": "1"})
    assert again.status_code == 422


async def test_a_withdrawal_ends_after_fourteen_days(by_hand, shop, database, now, clock):
    href = await by_hand.shop(shop.pasta[0])
    await move(database, href, *HANDED_OVER, now=now)
    clock.at += timedelta(days=15)

    answer = await by_hand.post(f"{href}/retractation", {"line": "1"})

    assert answer.headers["location"] == href
    assert "a pris fin le mardi 8 décembre" in text_of(await by_hand.page(href)).replace("\u00a0", " ")
