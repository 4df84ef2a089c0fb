"""Granting priority in draws at the counter."""

from uuid import UUID

from cabas.domain.staff.model import Role
from cabas.kit import audit
from factories.browsing import post_form, text_of
from factories.customers import make_customer
from factories.staff import PASSWORD, make_staff

PAGE = "/console/magasins/tours-nord/priorites"
GIVEN = {"email": "Camille@Exemple.fr", "group": "health", "months": "6"}


async def enter(client, database, now, *, role=Role.MANAGER, store_id=1) -> UUID:
    """Somebody of the staff signs in; returns a customer with an account."""
    async with database.transaction() as tx:
        await make_staff(tx, now=now, role=role, store_id=store_id, name="Marie", email="marie@example.fr")
        customer_id = await make_customer(tx, now=now, email="camille@exemple.fr")
    await post_form(
        client,
        "/console/connexion",
        {"email": "marie@example.fr", "password": PASSWORD},
        page="/console/connexion",
    )
    return customer_id


async def test_a_manager_grants_a_priority_and_takes_it_back(client, database, now):
    customer_id = await enter(client, database, now)

    await post_form(client, PAGE, GIVEN, page=PAGE)

    granted = await client.get(PAGE)
    assert "camille@exemple.fr" in granted.text
    assert "Personnel de santé, jusqu’au" in text_of(granted.text)
    async with database.read() as reader:
        row = await reader.fetchrow(
            "select customer_id, group_name, until - granted_at as long, store_id from customer_priority"
        )
        (line, *_) = await audit.lines_about(reader, store_id=1, subject=f"customer:{customer_id}")
    assert (row["customer_id"], row["group_name"], row["store_id"]) == (customer_id, "health", 1)
    assert row["long"].days == 180
    assert line.action == "priority.granted"

    await post_form(client, f"{PAGE}/{customer_id}/retrait", {}, page=PAGE)

    revoked = await client.get(PAGE)
    assert "camille@exemple.fr" not in revoked.text
    async with database.read() as reader:
        assert await reader.fetchval("select count(*) from customer_priority") == 0


async def test_an_unknown_account_is_said_beside_the_field(client, database, now):
    await enter(client, database, now)

    refused = await post_form(client, PAGE, {**GIVEN, "email": "personne@exemple.fr"}, page=PAGE)

    assert refused.status_code == 422
    assert "Aucun compte n’a cette adresse." in text_of(refused.text)


async def test_another_stores_manager_grants_nothing_here(client, database, now):
    await enter(client, database, now, store_id=2)

    assert (await client.get(PAGE)).status_code == 404


async def test_a_picker_grants_nothing(client, database, now):
    await enter(client, database, now, role=Role.PICKER)

    assert (await client.get(PAGE)).status_code == 403


async def test_head_office_grants_in_any_store(client, database, now):
    await enter(client, database, now, role=Role.HEAD_OFFICE, store_id=0)

    await post_form(client, PAGE, GIVEN, page=PAGE)

    assert "camille@exemple.fr" in (await client.get(PAGE)).text
