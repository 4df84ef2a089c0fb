"""Head office moves the waiting room's switch, with a reason that stays."""

import pytest

from cabas.domain.staff.model import Role
from factories.browsing import post_form, text_of
from factories.staff import PASSWORD, make_staff

PATH = "/console/salle-attente"


async def test_head_office_opens_the_room_and_the_journal_says_why(client, database, head_office):
    answer = await post_form(client, PATH, {"forced": "on", "reason": "Répétition de minuit"}, page=PATH)
    page = text_of((await client.get(PATH)).text)

    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    assert "Répétition de minuit" in page
    async with database.read() as reader:
        row = await reader.fetchrow("select forced, reason, actor, opens_at from room_switch")
        line = await reader.fetchrow("select action, detail from audit_line where subject = 'waiting_room'")
    assert (row["forced"], row["reason"], row["opens_at"]) == ("on", "Répétition de minuit", None)
    assert row["actor"] == f"staff:{head_office}"
    assert (line["action"], line["detail"]["after"]) == ("waiting_room.switched", "on")


async def test_a_draw_may_be_set_some_minutes_ahead_with_a_ceiling(client, database, head_office, now):
    fields = {"forced": "on", "reason": "Essai", "minutes": "10", "per_second": "25"}

    await post_form(client, PATH, fields, page=PATH)

    async with database.read() as reader:
        row = await reader.fetchrow("select opens_at, per_second_max from room_switch")
    assert ((row["opens_at"] - now).total_seconds(), row["per_second_max"]) == (600, 25)


@pytest.mark.parametrize(
    "fields",
    [
        {"forced": "on", "reason": ""},
        {"forced": "peut-être", "reason": "x"},
        {"forced": "on", "reason": "x", "per_second": "-1"},
        {"forced": "on", "reason": "x", "minutes": "100000"},
    ],
)
async def test_a_switch_without_reason_or_sense_is_not_moved(client, database, head_office, fields):
    answer = await post_form(client, PATH, fields, page=PATH)

    assert answer.status_code == 422
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from room_switch") == 0


async def test_a_stores_manager_may_neither_see_nor_move_it(client, database, now):
    await _enter(client, database, now, role=Role.MANAGER, store_id=1)

    assert (await client.get(PATH)).status_code == 403
    answer = await post_form(
        client, PATH, {"forced": "on", "reason": "x"}, page="/console/magasins/tours-nord"
    )
    assert answer.status_code == 403


async def _enter(client, database, now, *, role, store_id):
    async with database.transaction() as tx:
        staff_id = await make_staff(
            tx, now=now, role=role, store_id=store_id, name="Odile", email="odile@example.fr"
        )
    fields = {"email": "odile@example.fr", "password": PASSWORD}
    await post_form(client, "/console/connexion", fields, page="/console/connexion")
    return staff_id


@pytest.fixture
async def head_office(client, database, now):
    return await _enter(client, database, now, role=Role.HEAD_OFFICE, store_id=0)
