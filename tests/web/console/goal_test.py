"""Head office sees how the year stands, by whose definition, and how new that is; without marts it is told."""

from pathlib import Path

import duckdb
import pytest

from cabas.domain.staff.model import Role
from factories.browsing import post_form, text_of
from factories.staff import PASSWORD, make_staff

PATH = "/console/objectif"
_TABLES = """
    create table mart_goal as select * from (values
        ('network', '', 'Réseau', 2026, date '2026-11-23', 100000000000, 91000000000, 90000000000, 101500000000,
         100200000000, 102800000000, 'season'),
        ('region', 'Bretagne', 'Bretagne', 2026, date '2026-11-23', 9000000000, 7000000000, 0, 8000000000,
         7900000000, 8100000000, 'level'),
        ('store', '7', '=Rennes', 2026, date '2026-11-23', 1, 1, 1, 1, 1, 1, 'level')
    ) goals(scope, scope_key, scope_name, year, as_of, goal_cents, to_date_cents, last_year_to_date_cents,
            expected_cents, low_cents, high_cents, method);
    create table mart_freshness as select 'order_end' as dataset, date '2026-11-23' as last_day, 5 as row_count,
           timestamptz '2026-11-24 03:00:00+00' as built_at;
    create table mart_day as select * from (values (date '2026-11-23', 7, {made_up}), (date '{first}', 7, 0))
           days(day, store_id, simulated_sales_cents)"""


async def test_without_marts_the_page_says_how_to_get_them(client, marts: Path, head_office):
    answer = await client.get(PATH)

    assert answer.status_code == 200
    assert "make warehouse" in text_of(answer.text)


async def test_the_year_its_expectation_and_regions_are_told(client, marts: Path, head_office):
    _build(marts)

    html = (await client.get(PATH)).text
    page = text_of(html).replace("\u202f", " ").replace("\u00a0", " ")

    assert "910,0 M€ sur 1 000,0 M€ : 91,0 %" in page
    assert "1 002,0 M€ à 1 028,0 M€" in page
    assert "+1,1 %" in page
    assert "Bretagne" in page
    assert "=Rennes" not in page
    assert "lundi 23 novembre 2026" in page
    assert "calculé le mardi 24 novembre 2026 à 4 h" in page
    assert 'value="91.0"' in html
    assert "inventées" not in page


async def test_what_was_made_up_is_said(client, marts: Path, head_office):
    _build(marts, made_up=4_200_000)

    page = text_of((await client.get(PATH)).text).replace("\u202f", " ").replace("\u00a0", " ")

    assert "Dont 42 000 € de ventes inventées" in page


async def test_a_year_before_that_is_known_in_part_is_no_measure(client, marts: Path, head_office):
    _build(marts, first="2025-11-01")

    assert "+1,1" not in text_of((await client.get(PATH)).text)


async def test_all_of_it_can_be_downloaded(client, marts: Path, head_office):
    assert (await client.get(f"{PATH}.csv")).status_code == 404
    _build(marts)

    answer = await client.get(f"{PATH}.csv")

    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer.headers["content-disposition"] == 'attachment; filename="objectif.csv"'
    assert lines[0].startswith("scope;scope_key;scope_name;year;as_of;goal_cents")
    assert lines[2].startswith("region;Bretagne;Bretagne;2026;2026-11-23;9000000000;7000000000;0")
    assert lines[3].split(";")[2] == "'=Rennes"


async def test_a_store_does_not_see_the_network(client, database, now, marts: Path):
    await _enter(client, database, now, role=Role.MANAGER, store_id=1)

    assert (await client.get(PATH)).status_code == 403
    assert (await client.get(f"{PATH}.csv")).status_code == 403


def _build(path: Path, *, made_up: int = 0, first: str = "2025-01-01") -> None:
    path.parent.mkdir(parents=True)
    with duckdb.connect(path) as connection:
        connection.execute(_TABLES.format(made_up=made_up, first=first))


async def _enter(client, database, now, *, role: Role, store_id: int):
    async with database.transaction() as tx:
        staff_id = await make_staff(tx, now=now, role=role, store_id=store_id, email="odile@example.fr")
    fields = {"email": "odile@example.fr", "password": PASSWORD}
    await post_form(client, "/console/connexion", fields, page="/console/connexion")
    return staff_id


@pytest.fixture
def marts(client) -> Path:
    return client.app.state.site.settings.data_folder / "warehouse" / "marts.duckdb"


@pytest.fixture
async def head_office(client, database, now):
    return await _enter(client, database, now, role=Role.HEAD_OFFICE, store_id=0)
