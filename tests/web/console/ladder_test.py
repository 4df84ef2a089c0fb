"""Head office sees the load of each process, and forces a level with a reason that stays."""

from datetime import timedelta

import pytest

from cabas.domain.staff.model import Role
from factories.browsing import post_form, text_of
from factories.staff import PASSWORD, make_staff

PATH = "/console/charge"


async def test_head_office_forces_a_level_and_the_processes_follow(client, database, clock, head_office):
    fields = {"level": "l3", "reason": "Répétition", "minutes": "30"}

    answer = await post_form(client, PATH, fields, page=PATH)
    await client.app.state.site.ladder.follow(database, clock.now())
    page = text_of((await client.get(PATH)).text)

    assert (answer.status_code, answer.headers["location"]) == (303, PATH)
    assert client.app.state.site.ladder.level == 3
    assert "L3" in page
    assert "Répétition" in page
    async with database.read() as reader:
        row = await reader.fetchrow("select forced_level, reason, actor, until from ladder_setting")
        line = await reader.fetchrow("select actor, action from audit_line where subject = 'ladder'")
    assert (row["forced_level"], row["actor"]) == (3, f"staff:{head_office}")
    assert row["until"] == clock.now() + timedelta(minutes=30)
    assert (line["actor"], line["action"]) == (f"staff:{head_office}", "ladder.forced")


async def test_letting_go_is_possible_while_the_shop_is_forced_read_only(
    client, database, clock, head_office
):
    ladder = client.app.state.site.ladder
    await post_form(client, PATH, {"level": "l4", "reason": "Essai"}, page=PATH)
    await ladder.follow(database, clock.now())
    forced = ladder.level

    answer = await post_form(client, PATH, {"level": "auto", "reason": "Fini"}, page=PATH)
    await ladder.follow(database, clock.now())

    assert (forced, answer.status_code, ladder.level) == (4, 303, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {"level": "l3", "reason": ""},
        {"level": "l5", "reason": "x"},
        {"level": "l1", "reason": "x", "minutes": "0"},
        {"level": "l1", "reason": "x", "minutes": "100000"},
    ],
)
async def test_a_switch_without_reason_or_sense_is_not_moved(client, database, head_office, fields):
    answer = await post_form(client, PATH, fields, page=PATH)

    assert answer.status_code == 422
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from ladder_setting") == 0


async def test_a_stores_manager_may_neither_see_nor_move_it(client, database, now):
    await _enter(client, database, now, role=Role.MANAGER, store_id=1)

    assert (await client.get(PATH)).status_code == 403
    fields = {"level": "l4", "reason": "x"}
    answer = await post_form(client, PATH, fields, page="/console/magasins/tours-nord")
    assert answer.status_code == 403


async def test_a_form_of_another_site_is_refused(client, head_office):
    answer = await client.post(PATH, data={"level": "l4", "reason": "x"}, follow_redirects=False)

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
