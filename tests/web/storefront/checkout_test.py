"""One page, one button, one order: by forms alone, and whatever stands in the way."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from cabas.domain.checkout.model import ORDER_BUTTON, ORDER_BUTTONS
from cabas.domain.slots.model import Channel
from factories.browsing import text_of
from factories.shopping_by_hand import DETAILS, ByHand, hidden_fields
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


async def test_the_button_says_the_words_of_the_law_right_under_the_recap(by_hand, shop, client):
    await ready(by_hand, shop)

    page = await by_hand.page("/commande")

    recap, button = page.rindex("Vous paierez au plus"), page.index(f">{ORDER_BUTTON}</button>")
    assert 0 < button - recap < 1500
    assert "Spaghettis n° 0" in page
    assert "dont TVA 5,5" in page
    assert 'href="/cgv"' in page
    client.headers["accept-language"] = "en"
    assert f">{ORDER_BUTTONS['en']}</button>" in await by_hand.page("/commande")


async def test_no_more_than_eight_fields_each_with_its_token(by_hand, shop, database, now):
    async with database.transaction() as tx:
        slot = await make_slot(tx, now=now, slot_id=26112418002, channel=Channel.DELIVERY)
    await by_hand.put(shop.pasta[0], 30)
    await by_hand.post("/livraison", {"postcode": "37100", "store": shop.slug})
    await by_hand.hold(str(slot.slot_id))

    form = (await by_hand.page("/commande")).partition('action="/commande"')[2].partition("</form>")[0]

    fields = re.findall(r'<input class="c-input[^>]*>', form)
    assert len(fields) == 8
    for token in ("name", "tel", "email", "address-line1", "postal-code", "address-level2"):
        assert f'autocomplete="{token}"' in form


async def test_an_order_is_confirmed_with_its_code_and_empties_the_basket(by_hand, shop, database):
    await ready(by_hand, shop)

    answer = await by_hand.order()

    assert answer.status_code == 303
    page = await by_hand.page(answer.headers["location"])
    assert "Merci, c’est commandé" in page
    assert "<svg" in page
    assert await count(database) == 1
    assert "Votre panier attend la lune" in text_of(await by_hand.page("/panier"))


async def test_sending_the_form_again_is_the_same_order(by_hand, shop, database):
    form = await ready(by_hand, shop)

    first = await by_hand.order(form)
    again = await by_hand.order(form)  # double click, back button, lost answer

    assert first.headers["location"] == again.headers["location"]
    assert await count(database) == 1


async def test_the_same_key_for_something_else_is_explained(by_hand, shop, database, client):
    form = await ready(by_hand, shop)
    await by_hand.order(form)
    other = await ready(by_hand, shop, shop.pasta[3])

    answer = await by_hand.order({**other, "idempotency_key": form["idempotency_key"]})

    assert answer.status_code == 422
    assert "vérifiez le récapitulatif" in text_of(answer.text)
    again = hidden_fields(answer.text)
    assert again["idempotency_key"] != form["idempotency_key"]
    assert (await by_hand.order(again)).status_code == 303
    assert await count(database) == 2


async def test_a_basket_ordered_from_another_page_leads_to_its_order(by_hand, shop, database):
    form = await ready(by_hand, shop)
    done = await by_hand.order(form)

    answer = await by_hand.order({**form, "idempotency_key": str(uuid4())})

    assert answer.headers["location"] == done.headers["location"].partition("?")[0]
    assert await count(database) == 1


async def test_a_price_that_changed_is_shown_old_and_new_and_asked_again(by_hand, shop, database):
    form = await ready(by_hand, shop)
    async with database.transaction() as tx:
        await tx.execute("update offer set price_cents = 130 where store_id = 1 and gtin = $1", shop.pasta[0])

    answer = await by_hand.order(form, name="Zoé")

    page = text_of(answer.text).replace("\u00a0", " ")
    assert answer.status_code == 409
    assert "Spaghettis n° 0 2,00 € 2,60 €" in page
    assert 'value="Zoé"' in answer.text
    assert await count(database) == 0
    assert (await by_hand.order(hidden_fields(answer.text))).status_code == 303


async def test_what_was_added_elsewhere_is_seen_before_paying(by_hand, shop, database):
    form = await ready(by_hand, shop)
    await by_hand.put(shop.pasta[4], 1)

    answer = await by_hand.order(form)

    assert answer.status_code == 409
    assert "Spaghettis n° 4 pas encore affiché 1,40 €" in text_of(answer.text).replace("\u00a0", " ")
    assert await count(database) == 0


async def test_what_the_page_showed_cannot_be_forged(by_hand, shop, database):
    form = await ready(by_hand, shop)

    for forged in ("", "x", form["shown"][:-4] + "AAAA", "é"):
        answer = await by_hand.order({**form, "shown": forged})
        assert answer.status_code == 409

    assert await count(database) == 0


async def test_a_full_slot_at_the_last_moment_keeps_everything_and_gives_the_three_nearest(
    by_hand, shop, database, clock
):
    form = await ready(by_hand, shop)
    async with database.transaction() as tx:  # the hold ran out, others took every place
        await tx.execute("delete from slot_hold")
        await tx.execute("update slot set taken = capacity where slot_id = $1", int(form["slot"]))

    answer = await by_hand.order(form, name="Zoé Martin", substitution="never")

    assert answer.status_code == 409
    assert "La dernière place de votre créneau vient d’être prise" in answer.text
    near = re.findall(r'name="new_slot" value="(\d+)"', answer.text)
    assert len(near) == 3
    assert await count(database) == 0
    sent = {**hidden_fields(answer.text), **DETAILS, "name": "Zoé Martin", "substitution": "never"}
    chosen = await by_hand.client.post("/commande/creneau", data={**sent, "new_slot": near[0]})
    assert chosen.status_code in (200, 201)
    assert 'value="Zoé Martin"' in chosen.text
    assert re.search(r'name="substitution" value="never" checked', chosen.text)
    assert (await by_hand.order(hidden_fields(chosen.text))).status_code == 303


async def test_a_hold_that_ran_out_still_orders_while_there_is_a_place(by_hand, shop, database, clock):
    form = await ready(by_hand, shop)
    clock.at += timedelta(minutes=11)

    assert (await by_hand.order(form)).status_code == 303
