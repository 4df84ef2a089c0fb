"""Head office previews a raise, confirms it once, follows it and takes it back."""

import re
from datetime import timedelta

import pytest

from cabas.domain.capacity import jobs, scaling
from cabas.domain.staff.model import Role
from factories.browsing import post_form, text_of
from factories.staff import PASSWORD, make_staff

PATH = "/console/capacite"
PREVIEW = f"{PATH}/apercu?region=&mode=tout&du=2026-11-25&au=2026-11-25&plus="


async def test_a_raise_is_previewed_confirmed_followed_and_taken_back(client, database, clock, head_office):
    page = text_of((await client.get(PREVIEW + "10")).text)
    assert "+8" in page, "two stores, four slots each, one place more"
    assert "Tours Nord" in page
    assert "Centre-Val de Loire" in (await client.get(PATH)).text

    answer = await confirm(client, "10")
    followed = answer.headers["location"]
    assert answer.status_code == 303
    assert "en cours" in text_of((await client.get(followed)).text)
    await jobs.settle_raises(database, clock)
    state = text_of((await client.get(followed + "/etat")).text)
    assert "2 / 2 magasins" in state
    assert "8 places ajoutées dans 8 créneaux" in state
    assert await capacities(database) == {6}

    await post_form(client, followed + "/annulation", {}, page=followed)
    await jobs.settle_raises(database, clock)

    assert "annulée" in text_of((await client.get(followed)).text)
    assert await capacities(database) == {5}


async def test_the_shop_shows_the_new_places_at_once(client, database, clock, head_office):
    shop = {"store": "tours-nord", "channel": "drive"}
    await database_taken(database, 5)
    before = (await client.get("/api/v1/stores/tours-nord/slots", params=shop)).text
    await confirm(client, "10")
    await jobs.settle_raises(database, clock)

    after = (await client.get("/api/v1/stores/tours-nord/slots", params=shop)).text

    assert before.count('"open"') == 0
    assert after.count('"open"') == 4


async def test_the_form_sent_twice_raises_once(client, database, clock, head_office):
    fields = await confirmation(client, "10")

    first = await post_form(client, f"{PATH}/hausses", fields, page=PREVIEW + "10")
    again = await post_form(client, f"{PATH}/hausses", fields, page=PREVIEW + "10")
    await jobs.settle_raises(database, clock)

    assert first.headers["location"] == again.headers["location"]
    assert await capacities(database) == {6}


async def test_much_more_waits_for_a_second_person(client, database, clock, now, head_office):
    answer = await confirm(client, "30")
    followed = answer.headers["location"]
    alone = text_of((await client.get(followed)).text)
    own = await post_form(client, followed + "/accord", {}, page=PATH)
    await jobs.settle_raises(database, clock)
    assert "Une autre personne du siège doit confirmer" in alone
    assert "accord" not in (await client.get(followed)).text
    assert (own.status_code, await capacities(database)) == (303, {5})

    await _enter(client, database, now, role=Role.HEAD_OFFICE, store_id=0, name="Bruno")
    assert "Confirmer cette hausse" in text_of((await client.get(followed)).text)
    await post_form(client, followed + "/accord", {}, page=followed)
    await jobs.settle_raises(database, clock)

    assert await capacities(database) == {7}
    assert "Confirmée par Bruno" in text_of((await client.get(followed)).text)


async def test_demand_suggests_a_raise_for_a_full_region(client, database, clock, head_office):
    await database_taken(database, 5, store_id=2)
    clock.at += timedelta(days=3)
    # Their shift is over.
    await _enter(client, database, clock.at, role=Role.HEAD_OFFICE, store_id=0, name="Odile bis")

    page = (await client.get(PATH)).text

    assert "Bretagne : +25 %" in text_of(page)
    assert "100 % réservés ces sept derniers jours" in text_of(page)
    assert re.search(r"apercu\?region=Bretagne[^\"]*plus=25", page)


UNREADABLE = {
    "du=x&au=2026-11-25&plus=10": "Indiquez un jour",
    "du=2026-11-20&au=2026-11-25&plus=10": "Ce jour est passé",
    "du=2026-11-26&au=2026-11-25&plus=10": "La fin est avant le début",
    "du=2026-11-25&au=2026-12-25&plus=10": "14 jours au plus",
    "du=2026-11-25&au=2026-11-25&plus=900": "Entre 1 et 100",
    "du=2026-11-25&au=2026-11-25&plus=10&mode=x": "Choisissez l’une des propositions.",
}


async def test_what_cannot_be_previewed_is_said_beside_its_field(client, head_office):
    for query, said in UNREADABLE.items():
        answer = await client.get(f"{PATH}/apercu?{query}")

        assert answer.status_code == 422, query
        assert said in text_of(answer.text)


async def test_a_confirmation_without_reason_is_asked_again_with_the_preview(client, database, head_office):
    fields = {**await confirmation(client, "10"), "reason": ""}

    answer = await post_form(client, f"{PATH}/hausses", fields, page=PREVIEW + "10")

    assert answer.status_code == 422
    assert fields["raise_id"] in answer.text
    assert "Tours Nord" in answer.text


async def test_around_midnight_only_a_runbook_confirms(client, database, clock, now, head_office):
    clock.at = now.replace(hour=22, minute=50)
    await _enter(client, database, clock.at, role=Role.HEAD_OFFICE, store_id=0, name="Nocturne")
    fields = await confirmation(client, "10")

    refused = await post_form(client, f"{PATH}/hausses", fields, page=PREVIEW + "10")
    done = await post_form(client, f"{PATH}/hausses", {**fields, "runbook": "1"}, page=PREVIEW + "10")

    assert (refused.status_code, done.status_code) == (422, 303)
    assert "De 23 h 45 à 0 h 30" in text_of(refused.text)


async def test_a_stores_manager_may_neither_see_nor_move_it(client, database, now):
    await _enter(client, database, now, role=Role.MANAGER, store_id=1)

    for path in (PATH, PREVIEW + "10"):
        assert (await client.get(path)).status_code == 403
    home = "/console/magasins/tours-nord"
    fields = {
        "region": "",
        "mode": "tout",
        "du": "2026-11-25",
        "au": "2026-11-25",
        "plus": "10",
        "reason": "x",
    }
    for path, sent in (
        ("hausses", {**fields, "raise_id": "0" * 32}),
        ("processus", {"unit": "shop-1:8000", "reason": "x"}),
    ):
        assert (await post_form(client, f"{PATH}/{path}", sent, page=home)).status_code == 403


async def test_a_form_of_another_site_is_refused(client, head_office):
    answer = await client.post(f"{PATH}/hausses", data={"plus": "10"}, follow_redirects=False)

    assert answer.status_code == 403


async def test_head_office_says_how_many_processes_a_machine_has_and_takes_it_back(
    client, database, clock, head_office
):
    async def tell():
        async with database.transaction() as tx:
            return await scaling.tell(
                tx, name="shop-1:8000", started_with=2, running=2, draining=0, now=clock.now()
            )

    path = f"{PATH}/processus"
    assert await tell() == 2
    assert "2 processus web" in text_of((await client.get(PATH)).text)

    more = {"unit": "shop-1:8000", "processes": "4", "reason": "Minuit"}
    answer = await post_form(client, path, more, page=PATH)
    assert (answer.status_code, await tell()) == (303, 4)
    assert "Revenir à 2 processus" in text_of((await client.get(PATH)).text)

    await post_form(client, path, {"unit": "shop-1:8000", "reason": "Fini"}, page=PATH)
    assert await tell() == 2
    refused = await post_form(client, path, {**more, "processes": "99"}, page=PATH)
    assert (refused.headers["location"], await tell()) == (f"{PATH}#processus", 2)
    assert "Entre 1 et 16" in text_of((await client.get(PATH)).text)
    async with database.read() as reader:
        rows = await reader.fetch("select detail from audit_line where subject = 'web_processes'")
    assert {row["detail"]["processes"] for row in rows} == {4, None}
    assert len(rows) == 2


async def confirmation(client, more):
    page = (await client.get(PREVIEW + more)).text
    raise_id = re.search(r'name="raise_id" value="([^"]+)"', page)
    assert raise_id is not None
    return {
        "raise_id": raise_id[1],
        "region": "",
        "mode": "tout",
        "du": "2026-11-25",
        "au": "2026-11-25",
        "plus": more,
        "reason": "Noël",
    }


async def confirm(client, more):
    return await post_form(client, f"{PATH}/hausses", await confirmation(client, more), page=PREVIEW + more)


async def capacities(database):
    async with database.read() as reader:
        rows = await reader.fetch(
            """select distinct capacity from slot
                where (starts_at at time zone 'Europe/Paris')::date = '2026-11-25'"""
        )
    return {row["capacity"] for row in rows}


async def database_taken(database, taken, store_id=None):
    async with database.transaction() as tx:
        await tx.execute("update slot set taken = $1 where $2::int is null or store_id = $2", taken, store_id)


async def _enter(client, database, now, *, role, store_id, name="Odile"):
    email = f"{name.lower().replace(' ', '.')}@example.fr"
    async with database.transaction() as tx:
        await make_staff(tx, now=now, role=role, store_id=store_id, name=name, email=email)
    client.cookies.clear()
    fields = {"email": email, "password": PASSWORD}
    await post_form(client, "/console/connexion", fields, page="/console/connexion")


@pytest.fixture
async def head_office(client, database, now):
    await _enter(client, database, now, role=Role.HEAD_OFFICE, store_id=0)
