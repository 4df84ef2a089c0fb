"""Choosing a slot: labels that say all, a lost one made good, one place at a time."""

import html
import re
from datetime import timedelta

import pytest

from cabas.domain.slots.model import Channel
from factories.browsing import text_of
from factories.shopping_by_hand import ByHand
from factories.slots import make_slot


@pytest.fixture
def by_hand(client):
    return ByHand(client)


async def fill(database, slot, taken):
    async with database.transaction() as tx:
        await tx.execute("update slot set taken = $2 where store_id = 1 and slot_id = $1", int(slot), taken)


async def taken(database, slot):
    async with database.read() as reader:
        return await reader.fetchval("select taken from slot where store_id = 1 and slot_id = $1", int(slot))


async def test_a_slots_label_says_all(by_hand, shop, database):
    await by_hand.put(shop.pasta[0], 1)
    first, second, third, _ = await by_hand.slots()
    await fill(database, second, 2)
    await fill(database, third, 4)

    labels = re.findall(r'name="slot"[^>]* aria-label="([^"]+)"', await by_hand.page("/creneaux"))

    plain = [label.replace("\u00a0", " ") for label in labels]
    assert plain[1] == "mardi 24 novembre, 16 h 30 à 17 h, gratuit, plus que 3 places"
    assert plain[2] == "mardi 24 novembre, 17 h à 17 h 30, gratuit, dernière place"
    assert first


async def test_an_exact_count_is_shown_only_when_few_are_left(by_hand, shop, database):
    await by_hand.put(shop.pasta[0], 1)
    async with database.transaction() as tx:
        await tx.execute("update slot set capacity = 40")

    shown = text_of(await by_hand.page("/creneaux"))
    assert "plus que" not in shown
    assert "dernière place" not in shown


async def test_full_slots_and_those_that_open_at_midnight_are_text(by_hand, shop, database):
    await by_hand.put(shop.pasta[0], 1)
    await fill(database, (await by_hand.slots())[0], 5)

    today = text_of(await by_hand.page("/creneaux"))
    later = text_of(await by_hand.page("/creneaux?jour=2026-12-02")).replace("\u00a0", " ")

    assert "Complet" in today
    assert "Ouvre à minuit, dans la nuit du mardi 24 au mercredi 25 novembre" in later


async def test_slots_that_are_over_are_counted_and_the_next_ones_listed(by_hand, shop, database):
    await by_hand.put(shop.pasta[0], 1)
    over, *_ = await by_hand.slots()
    async with database.transaction() as tx:
        await tx.execute("update slot set closes_at = '2026-11-24T08:00:00Z' where slot_id = $1", int(over))

    page = await by_hand.page("/creneaux")

    assert "Le premier créneau du jour est fermé." in page
    assert "Fermé" not in page
    async with database.transaction() as tx:
        await tx.execute(
            "update slot set closes_at = '2026-11-24T08:00:00Z' where starts_at < '2026-11-24T23:00:00Z'"
        )
    assert "Fermé" in await by_hand.page("/creneaux?jour=2026-11-24")


async def test_holding_says_until_when_and_leads_to_checkout(by_hand, shop, database):
    await by_hand.put(shop.pasta[0], 1)
    slot = (await by_hand.slots())[0]

    answer = await by_hand.hold(slot)

    assert answer.headers["location"] == "/commande"
    page = await by_hand.page("/commande")
    assert "10\u00a0h\u00a010" in page
    assert 'data-expires-at="2026-11-24T09:10:00+00:00"' in page
    assert await taken(database, slot) == 1


async def test_another_choice_lets_go_of_the_first(by_hand, shop, database):
    await by_hand.put(shop.pasta[0], 1)
    first, second, *_ = await by_hand.slots()
    await by_hand.hold(first)

    await by_hand.hold(second)

    assert (await taken(database, first), await taken(database, second)) == (0, 1)


async def test_giving_back_frees_the_place(by_hand, shop, database):
    await by_hand.put(shop.pasta[0], 1)
    slot = (await by_hand.slots())[0]
    await by_hand.hold(slot)

    await by_hand.post("/panier/creneau/liberation")

    assert await taken(database, slot) == 0


async def test_a_full_slot_gives_the_three_nearest(by_hand, shop, database):
    await by_hand.put(shop.pasta[0], 1)
    first, *others = await by_hand.slots()
    await fill(database, first, 5)

    answer = await by_hand.hold(first)

    assert answer.status_code == 409
    assert "Quelqu’un a pris la dernière place" in text_of(answer.text)
    near = re.findall(r'<input type="hidden" name="slot" value="(\d+)"', answer.text)
    assert near == others[:3]
    assert (await by_hand.hold(near[0])).headers["location"] == "/commande"


async def test_a_hold_that_ran_out_is_explained_with_the_same_slot_first_while_it_is_free(
    by_hand, shop, clock
):
    await by_hand.put(shop.pasta[0], 1)
    first, *_ = await by_hand.slots()
    await by_hand.hold(first)
    change = re.search(r'data-gone-href="([^"]+)"', await by_hand.page("/commande"))[1]
    href = html.unescape(change)
    assert "a pris fin" not in text_of(await by_hand.page(href))

    clock.at += timedelta(minutes=11)

    page = await by_hand.page(href)
    assert "Votre réservation a pris fin" in text_of(page)
    assert re.findall(r'<input type="hidden" name="slot" value="(\d+)"', page)[0] == first


async def test_a_slot_that_is_not_open_yet_says_when_it_opens(by_hand, shop, database):
    await by_hand.put(shop.pasta[0], 1)
    async with database.read() as reader:
        slot = await reader.fetchval("select max(slot_id) from slot where store_id = 1")

    answer = await by_hand.hold(str(slot))

    assert answer.status_code == 425
    assert "ouvre à minuit" in text_of(answer.text).replace("\u00a0", " ")


@pytest.mark.parametrize("slot", ["99999999999", "1"])
async def test_a_slot_of_nowhere_is_refused_on_the_page(by_hand, shop, slot):
    await by_hand.put(shop.pasta[0], 1)

    answer = await by_hand.hold(slot)

    assert answer.status_code == 404
    assert "n’existe pas dans votre magasin" in text_of(answer.text)


@pytest.mark.parametrize("slot", ["", "-1", "abc", "9" * 30, "1 or 1=1"])
async def test_what_is_no_slot_asks_to_choose(by_hand, shop, slot):
    await by_hand.put(shop.pasta[0], 1)

    answer = await by_hand.post("/panier/creneau", {"slot": slot})

    assert answer.headers["location"] == "/creneaux"


async def test_without_a_store_the_store_comes_first(client, shop):
    answer = await client.get("/creneaux", follow_redirects=False)

    assert answer.headers["location"] == "/magasins?retour=/creneaux"


async def test_a_delivery_is_never_called_free_before_its_address_is_known(by_hand, shop, database, now):
    async with database.transaction() as tx:
        slot = await make_slot(tx, now=now, slot_id=26112418002, channel=Channel.DELIVERY)
    await by_hand.put(shop.pasta[0], 1)

    before = text_of(await by_hand.page("/creneaux?mode=livraison"))
    asked = await by_hand.hold(str(slot.slot_id))
    await by_hand.post("/livraison", {"postcode": "37100", "store": shop.slug})
    after = text_of(await by_hand.page("/creneaux?mode=livraison")).replace("\u00a0", " ")

    assert "selon l’adresse" in before
    assert asked.headers["location"] == "/livraison"
    assert "5,90 €" in after
    assert (await by_hand.hold(str(slot.slot_id))).headers["location"] == "/commande"


async def test_the_address_check_names_who_delivers_or_the_nearest_drive(by_hand, shop, client):
    served = text_of(await by_hand.page("/livraison?code_postal=37100")).replace("\u00a0", " ")
    away = text_of(await by_hand.page("/livraison?code_postal=35000"))
    bad = await client.get("/livraison?code_postal=3710")

    assert "Tours Nord" in served
    assert "5,90 €" in served
    assert "minimum 30,00 € de produits" in served
    assert "Aucun magasin ne livre" in away
    assert "Rennes Centre" in away
    assert bad.status_code == 422
