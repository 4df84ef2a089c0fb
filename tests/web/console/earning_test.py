"""Head office says what earns, and what no longer does."""

import pytest

from cabas.domain.loyalty import queries
from cabas.domain.staff.model import Role
from factories.browsing import post_form, text_of
from factories.staff import PASSWORD, make_staff

PATH = "/console/cagnotte"
GTIN = 3017620422003
NEW = {
    "label": "Des pâtes qui rapportent",
    "thing": "Pâtes et riz",
    "kind": "percent",
    "amount": "10",
    "first": "2026-11-24",
    "last": "2026-12-06",
}


async def test_an_offer_is_begun_and_ended_and_the_journal_knows_who(client, database, now, head_office):
    answer = await post_form(client, PATH, NEW, page=PATH)
    page = text_of((await client.get(PATH)).text)
    async with database.read() as reader:
        [offer] = (await queries.offers(reader, now=now)).all
    ended = await post_form(client, f"{PATH}/{offer.offer_id}/fin", {}, page=PATH)

    assert (answer.status_code, ended.status_code) == (303, 303)
    assert "Des pâtes qui rapportent" in page
    assert offer.amount == 10
    assert offer.runs_at(now)
    async with database.read() as reader:
        [after] = (await queries.offers(reader, now=now)).all
        lines = await reader.fetch(
            "select actor, action from audit_line where action like 'loyalty.%' order by action"
        )
    assert not after.runs_at(now)
    assert [tuple(line) for line in lines] == [
        (f"staff:{head_office}", "loyalty.offer_begun"),
        (f"staff:{head_office}", "loyalty.offer_ended"),
    ]


async def test_an_offer_to_come_is_taken_back_whole(client, database, now, head_office):
    await post_form(client, PATH, {**NEW, "thing": str(GTIN), "first": "2026-12-01"}, page=PATH)
    async with database.read() as reader:
        [offer] = (await queries.offers(reader, now=now)).all

    await post_form(client, f"{PATH}/{offer.offer_id}/fin", {}, page=PATH)

    assert offer.gtin == GTIN
    async with database.read() as reader:
        assert (await queries.offers(reader, now=now)).all == ()


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("label", ""),
        ("thing", "Rayon qui n’existe pas"),
        ("thing", "3017620422004"),
        ("kind", "points"),
        ("amount", "35"),
        ("amount", "0"),
        ("first", "demain"),
        ("last", "2026-11-23"),
        ("last", "2029-01-01"),
    ],
)
async def test_what_makes_no_sense_is_said_beside_its_field(client, database, head_office, field, typed):
    answer = await post_form(client, PATH, {**NEW, field: typed}, page=PATH)

    assert answer.status_code == 422
    assert f'id="f-{field}-error"' in answer.text
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from loyalty_offer") == 0


async def test_a_stores_manager_may_not(client, database, now):
    await _enter(client, database, now, role=Role.MANAGER, store_id=1)

    assert (await client.get(PATH)).status_code == 403
    answer = await post_form(client, PATH, NEW, page="/console/magasins/tours-nord")
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
