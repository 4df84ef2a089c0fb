"""The console over the small shop: who may come in, what a manager changes, what is refused."""

import pytest

from cabas.domain.messages.operations import tell
from cabas.domain.messages.records import take_due, update_outcome
from cabas.domain.payments.operations import open_card
from cabas.domain.slots import managing
from cabas.domain.staff.model import Role
from cabas.domain.stores.managing import BadHours, read_spans, write_spans
from cabas.kit import audit
from cabas.web.console.map import HEIGHT, WIDTH, place
from cabas.web.console.offers import read_price
from factories.browsing import post_form, text_of
from factories.messages import to_tell
from factories.orders_direct import place as place_order
from factories.staff import PASSWORD, make_staff

BASE = "/console/magasins/tours-nord"
PAGES = ("commandes", "creneaux", "semaine-type", "horaires", "offres", "equipe", "journal")


async def enter(client, database, now, *, role=Role.MANAGER, store_id=1, email="marie@example.fr"):
    async with database.transaction() as tx:
        await make_staff(tx, now=now, role=role, store_id=store_id, name="Marie", email=email)
    return await post_form(
        client, "/console/connexion", {"email": email, "password": PASSWORD}, page="/console/connexion"
    )


async def first_slot(database, now):
    async with database.read() as reader:
        return await reader.fetchrow(
            "select slot_id, capacity from slot where store_id = 1 and channel = 'drive' and starts_at > $1"
            " order by starts_at limit 1",
            now,
        )


async def test_a_page_of_the_console_sends_a_stranger_to_the_sign_in(client):
    answer = await client.get(BASE, follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, "/console/connexion")


async def test_a_manager_lands_on_their_own_store(client, database, now):
    await enter(client, database, now)

    answer = await client.get("/console/arrivee")

    assert answer.url.path == BASE
    assert "Semaine type" in text_of(answer.text)


async def test_a_wrong_password_is_said_beside_the_field_and_keeps_the_address(client, database, now):
    await enter(client, database, now)
    client.cookies.delete("cabas_staff")

    answer = await post_form(
        client,
        "/console/connexion",
        {"email": "marie@example.fr", "password": "faux"},
        page="/console/connexion",
    )

    assert answer.status_code == 422
    assert "ne vont pas ensemble" in answer.text
    assert 'value="marie@example.fr"' in answer.text


async def test_a_manager_does_not_see_another_store_nor_the_network(client, database, now):
    await enter(client, database, now)

    assert (await client.get("/console/magasins/rennes-centre")).status_code == 404
    home = await client.get("/console", follow_redirects=True)
    assert (home.status_code, home.url.path) == (200, BASE)


async def test_the_journal_says_in_words_who_did_what(client, database, now):
    await enter(client, database, now)
    async with database.transaction() as tx:
        person = await tx.fetchval("select staff_id from staff where name = 'Marie'")
        await audit.record(
            tx, store_id=1, actor=f"staff:{person}", action="staff.pin_set", subject=f"staff:{person}",
            detail={}, now=now,
        )  # fmt: skip
        await audit.record(
            tx, store_id=1, actor="system", action="store.day_closed", subject="day:2026-12-25",
            detail={"reason": "Noël", "before": {"mon": []}}, now=now,
        )  # fmt: skip
        await audit.record(
            tx,
            store_id=1,
            actor="staff:gone",
            action="moon.eclipsed",
            subject="day:never",
            detail={},
            now=now,
        )

    page = text_of((await client.get(f"{BASE}/journal")).text)

    assert "Code PIN changé" in page
    assert str(person) not in page
    assert "Cabas Journée fermée vendredi 25 décembre 2026 motif : Noël" in " ".join(page.split())
    assert "moon.eclipsed" in page  # a deed without words is told all the same


async def test_a_picker_may_see_orders_but_not_change_slots(client, database, now):
    await enter(client, database, now, role=Role.PICKER)

    assert (await client.get(f"{BASE}/commandes")).status_code == 200
    assert (await client.get(f"{BASE}/creneaux")).status_code == 403


async def test_head_office_sees_the_network_as_a_table_and_a_map(client, database, now):
    await enter(client, database, now, role=Role.HEAD_OFFICE, store_id=0)

    page = await client.get("/console")

    assert page.status_code == 200
    assert "<svg" in page.text
    assert "Tours Nord" in text_of(page.text)
    assert '<option value="" selected>Toutes les régions</option>' in page.text
    assert page.text.count("<option") > 1
    nowhere = text_of((await client.get("/console?region=Atlantide")).text)
    assert "Tours Nord" not in nowhere


async def test_every_page_of_a_store_opens_in_both_languages(client, database, now):
    await enter(client, database, now)

    for path in ("", *(f"/{name}" for name in PAGES)):
        for language in ("fr", "en"):
            answer = await client.get(BASE + path, headers={"accept-language": language})
            assert answer.status_code == 200, (path, language)


async def test_a_slot_is_closed_with_its_reason_and_opened_again_by_undo(client, database, now):
    await enter(client, database, now)
    slot = await first_slot(database, now)
    address = f"{BASE}/creneaux/{slot['slot_id']}"

    await post_form(
        client,
        address,
        {"capacity": str(slot["capacity"]), "closed": "1", "reason": "inventaire"},
        page=address,
    )
    async with database.read() as reader:
        [change] = await managing.changes(reader, store_id=1)
        closed = await managing.slot_of_store(reader, store_id=1, slot_id=slot["slot_id"])
    await post_form(
        client, f"{BASE}/creneaux/changements/{change.change_id}/annulation", page=f"{BASE}/creneaux"
    )

    async with database.read() as reader:
        reopened = await managing.slot_of_store(reader, store_id=1, slot_id=slot["slot_id"])
    assert (closed.closed, change.reason, change.changed_by) == (True, "inventaire", "Marie")
    assert not reopened.closed


async def test_a_capacity_below_what_is_booked_is_refused_and_kept_in_the_field(client, database, now):
    await enter(client, database, now)
    slot = await first_slot(database, now)
    async with database.transaction() as tx:
        await place_order(tx, store_id=1, slot_id=slot["slot_id"], now=now)
    address = f"{BASE}/creneaux/{slot['slot_id']}"

    answer = await post_form(client, address, {"capacity": "0"}, page=address)

    assert answer.status_code == 422
    assert "déjà réservée" in answer.text


async def test_a_capacity_that_is_no_number_is_refused_with_words(client, database, now):
    await enter(client, database, now)
    slot = await first_slot(database, now)
    address = f"{BASE}/creneaux/{slot['slot_id']}"

    for capacity in ("", "-1", "501", "1.5", "douze", "9" * 50, "\u0661", "<script>", "\x00"):
        answer = await post_form(client, address, {"capacity": capacity}, page=address)
        assert answer.status_code == 422, capacity
        assert "<script>" not in answer.text.split("<main", 1)[1].split("</main", 1)[0]


async def test_a_price_is_changed_shown_in_the_shop_and_undone(client, database, now, shop):
    await enter(client, database, now)
    gtin = shop.pasta[0]

    await post_form(
        client, f"{BASE}/offres/{gtin}", {"price": "7,77", "status": "1", "q": ""}, page=f"{BASE}/offres"
    )
    page = await client.get(f"{BASE}/offres")
    async with database.read() as reader:
        cents = await reader.fetchval("select price_cents from offer where store_id = 1 and gtin = $1", gtin)
        change = await reader.fetchval("select change_id from offer_change where store_id = 1")
    await post_form(client, f"{BASE}/offres/changements/{change}/annulation", page=f"{BASE}/offres")

    async with database.read() as reader:
        undone = await reader.fetchval("select price_cents from offer where store_id = 1 and gtin = $1", gtin)
    assert cents == 777
    assert "7,77" in page.text
    assert undone != 777


async def test_a_closed_day_closes_its_slots_and_opening_it_opens_them(client, database, now):
    await enter(client, database, now)
    day = now.date().isoformat()

    await post_form(
        client, f"{BASE}/horaires/fermetures", {"day": day, "reason": "travaux"}, page=f"{BASE}/horaires"
    )
    closed = await count_closed(database)
    await post_form(client, f"{BASE}/horaires/fermetures/{day}/retrait", page=f"{BASE}/horaires")

    assert closed > 0
    assert await count_closed(database) == 0


async def count_closed(database):
    async with database.read() as reader:
        return await reader.fetchval("select count(*) from slot where store_id = 1 and closed")


async def test_opening_hours_that_overlap_are_refused_and_nothing_is_saved(client, database, now):
    await enter(client, database, now)

    answer = await post_form(
        client, f"{BASE}/horaires", {"day-1": "08:00-12:00, 11:00-19:00"}, page=f"{BASE}/horaires"
    )

    assert answer.status_code == 422
    assert 'value="08:00-12:00, 11:00-19:00"' in answer.text


async def test_a_store_cancels_an_order_with_a_reason_and_its_place_is_free_again(client, database, now):
    await enter(client, database, now)
    slot = await first_slot(database, now)
    async with database.transaction() as tx:
        _, order_id = await place_order(tx, store_id=1, slot_id=slot["slot_id"], now=now)
    page = f"{BASE}/commandes/{order_id}"

    await post_form(client, f"{page}/annulation", {"reason": "panne de froid"}, page=page)

    shown = text_of((await client.get(page)).text)
    async with database.read() as reader:
        taken = await reader.fetchval(
            "select taken from slot where store_id = 1 and slot_id = $1", slot["slot_id"]
        )
    assert "Annulée" in shown
    assert taken == 0


async def test_the_orders_page_says_how_it_is_paid_and_what_the_shopper_was_told(client, database, now):
    await enter(client, database, now)
    slot = await first_slot(database, now)
    async with database.transaction() as tx:
        _, order_id = await place_order(tx, store_id=1, slot_id=slot["slot_id"], now=now)
        await tell(tx, message=to_tell("a", template="order_confirmed", order_id=order_id), now=now)
        await tell(tx, message=to_tell("b", template="order_ready", order_id=order_id), now=now)
        await open_card(tx, store_id=1, order_id=order_id, maximum_cents=5_720, now=now)
        [failed] = await take_due(tx, until=now, now=now, limit=1)
        await update_outcome(
            tx, failed, sent_at=None, failed_at=now, next_at=now, problem="SMTPRecipientRefused 550"
        )
    page = f"{BASE}/commandes/{order_id}"

    shown = text_of((await client.get(page)).text)

    assert "Confirmation de commande" in shown
    assert "Commande prête" in shown
    assert "Courriel" in shown
    assert "Non remis" in shown
    assert "En attente" in shown
    assert "SMTPRecipientRefused 550" in shown
    assert "57,20" in shown.partition("Paiements")[2]


async def test_a_change_without_the_pages_token_is_refused(client, database, now):
    await enter(client, database, now)
    slot = await first_slot(database, now)

    answer = await client.post(f"{BASE}/creneaux/{slot['slot_id']}", data={"capacity": "1"})

    assert answer.status_code == 403


async def test_signing_out_ends_the_session(client, database, now):
    await enter(client, database, now)

    await post_form(client, "/console/deconnexion", page="/console/deconnexion")

    assert (await client.get(BASE, follow_redirects=False)).status_code == 303


@pytest.mark.parametrize(
    ("text", "cents"), [("2,49", 249), ("2.4", 240), ("12", 1200), ("0,01", 1), ("0", None), ("-1", None)]
)
def test_prices_are_read_as_they_are_typed(text, cents):
    assert read_price(text) == cents


@pytest.mark.parametrize("text", ["", "1e3", "٢", "1,234", "1001", "9" * 40, "NaN", "2,49 €"])
def test_what_is_no_price_is_no_price(text):
    assert read_price(text) is None


def test_opening_hours_come_back_as_they_were_written():
    assert write_spans(read_spans("08:30-12:30, 14:00 – 19:30")) == "08:30-12:30, 14:00-19:30"
    assert read_spans("") == []


@pytest.mark.parametrize("text", ["8-12", "25:00-26:00", "12:00-08:00", "08:00-24:30", "lundi"])
def test_opening_hours_that_cannot_be_read_are_refused(text):
    with pytest.raises(BadHours):
        read_spans(text)


def test_every_place_of_france_stands_on_the_map():
    for latitude, longitude in ((51.1, 2.5), (41.4, 9.2), (48.4, -5.1), (48.9, 8.2)):
        x, y = place(latitude, longitude)
        assert 0 <= x <= WIDTH
        assert 0 <= y <= HEIGHT
