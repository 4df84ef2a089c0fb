"""Whatever stands in the way of an order is said on the checkout page, and nothing typed is lost."""

import html

import pytest

from cabas.domain.slots.model import Channel
from factories.browsing import post_form, text_of
from factories.customers import PASSWORD, make_customer
from factories.shopping_by_hand import ByHand
from factories.slots import make_slot


@pytest.fixture
def by_hand(client):
    return ByHand(client)


async def count(database, table="orders"):
    async with database.read() as reader:
        return await reader.fetchval(f"select count(*) from {table}")


async def ready(by_hand, shop, *gtins):
    """A basket with a held slot; the checkout form."""
    for gtin in gtins or (shop.pasta[0],):
        await by_hand.put(gtin, 2)
    await by_hand.hold()
    return await by_hand.checkout_form()


async def test_without_a_slot_or_a_basket_there_is_nothing_to_pay(by_hand, shop, client):
    empty = await client.get("/commande", follow_redirects=False)
    await by_hand.put(shop.pasta[0], 1)
    without_slot = await client.get("/commande", follow_redirects=False)

    assert empty.headers["location"] == "/panier"
    assert without_slot.headers["location"] == "/creneaux"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 81),
        ("email", "camille"),
        ("email", ""),
        ("phone", "abc"),
        ("substitution", "maybe"),
        ("payment", "barter"),
        ("name", "a\u202eb"),
    ],
)
async def test_an_error_is_said_beside_its_field_and_the_rest_is_kept(by_hand, shop, database, field, value):
    form = await ready(by_hand, shop)

    answer = await by_hand.order(form, **{field: value})

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    assert f'href="#f-{field}"' in answer.text
    if field != "email":
        assert 'value="camille@exemple.fr"' in answer.text
    assert await count(database) == 0


async def test_hostile_text_is_shown_as_text(by_hand, shop):
    form = await ready(by_hand, shop)

    answer = await by_hand.order(form, name="<script>alert(1)</script>", email="")

    assert "<script>alert(1)" not in answer.text
    assert html.escape("<script>") in answer.text or "&lt;script&gt;" in answer.text


async def test_wine_asks_for_a_declaration(by_hand, shop, database):
    form = await ready(by_hand, shop, shop.wine)

    refused = await by_hand.order(form)

    assert refused.status_code == 422
    assert "Je déclare avoir 18 ans ou plus" in refused.text
    assert (await by_hand.order(form, adult="1")).status_code == 303


@pytest.mark.parametrize("slot", ["0", "-1", "abc", "99999999999", "1 or 1=1"])
async def test_a_slot_that_was_tampered_with_orders_nothing(by_hand, shop, database, slot):
    form = await ready(by_hand, shop)

    answer = await by_hand.order({**form, "slot": slot})

    assert answer.status_code in (303, 404, 409, 422)
    assert await count(database) == 0


async def test_a_slot_of_another_store_orders_nothing(by_hand, shop, database, now):
    async with database.transaction() as tx:
        elsewhere = await make_slot(tx, now=now, store_id=2, slot_id=26112510301)
    form = await ready(by_hand, shop)

    await by_hand.order({**form, "slot": str(elsewhere.slot_id)})

    assert await count(database) == 0


async def test_somebody_elses_basket_cannot_be_ordered(by_hand, shop, database, now):
    form = await ready(by_hand, shop)
    by_hand.client.cookies.clear()
    other = await ready(by_hand, shop, shop.pasta[7])

    answer = await by_hand.order({**other, "cart": form["cart"], "shown": form["shown"]})

    assert answer.status_code == 303
    assert answer.headers["location"] == "/panier"
    assert await count(database) == 0


async def test_orders_under_way_are_bounded_in_words(by_hand, shop, database):
    for number in range(5):
        await by_hand.shop(shop.pasta[number])
    form = await ready(by_hand, shop)

    answer = await by_hand.order(form)

    assert answer.status_code == 409
    assert "Vous avez déjà 5 commandes en cours" in text_of(answer.text).replace("\u00a0", " ")
    assert await count(database) == 5


async def test_a_delivery_says_its_fee_and_what_is_missing(by_hand, shop, database, now):
    async with database.transaction() as tx:
        slot = await make_slot(tx, now=now, slot_id=26112418002, channel=Channel.DELIVERY)
    await by_hand.put(shop.pasta[0], 2)
    await by_hand.post("/livraison", {"postcode": "37100", "store": shop.slug})
    await by_hand.hold(str(slot.slot_id))
    address = {"street": "2 rue du Port", "complement": "", "city": "Tours", "instructions": ""}

    form = await by_hand.checkout_form()
    below = await by_hand.order(form, postcode="37100", **address)
    away = await by_hand.order(form, postcode="35000", **address)

    assert "Encore 28,00 €" in text_of(below.text).replace("\u00a0", " ")
    assert away.status_code == 409
    assert 'id="f-postcode-error"' in away.text
    await by_hand.put(shop.pasta[0], 40)
    placed = await by_hand.order(await by_hand.checkout_form(), postcode="37100", **address)
    assert placed.status_code == 303
    page = text_of(await by_hand.page(placed.headers["location"])).replace("\u00a0", " ")
    assert "5,90 €" in page
    assert "2 rue du Port, 37100 Tours" in page


async def test_who_is_signed_in_finds_their_details_filled_in(by_hand, shop, database, now, client):
    async with database.transaction() as tx:
        await make_customer(tx, now=now)
    await post_form(client, "/compte/connexion", {"email": "camille@exemple.fr", "password": PASSWORD})
    await ready(by_hand, shop)

    page = await by_hand.page("/commande")

    assert 'value="Camille Dubois"' in page
    assert 'value="camille@exemple.fr"' in page


async def test_signing_in_at_checkout_brings_the_basket_and_the_slot_along(
    by_hand, shop, database, now, client
):
    async with database.transaction() as tx:
        await make_customer(tx, now=now)
    form = await ready(by_hand, shop)

    await post_form(
        client, "/compte/connexion", {"email": "camille@exemple.fr", "password": PASSWORD}, page="/panier"
    )

    assert (await by_hand.checkout_form())["slot"] == form["slot"]
    assert (await by_hand.order()).status_code == 303
    async with database.read() as reader:
        taken = await reader.fetchval("select sum(taken) from slot where store_id = 1")
    assert taken == 1
