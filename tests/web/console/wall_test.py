"""The wall says how the night goes, to head office only, however many screens ask."""

from datetime import timedelta
from uuid import uuid4

import pytest

from cabas.domain.capacity import live
from cabas.domain.staff.model import Role
from factories.browsing import post_form, text_of
from factories.staff import PASSWORD, make_staff

PATH = "/console/mur"
TILES = f"{PATH}/etat"


async def test_the_wall_shows_orders_places_room_load_and_receipts_each_with_its_age(
    client, database, head_office
):
    page = await client.get(PATH)
    text = text_of(page.text)

    assert page.status_code == 200
    assert page.text.count("data-tile") == 5
    for said in ("Commandes", "Charge", "Salle d’attente", "Reçus des magasins", "Bretagne", "il y a 0 s"):
        assert said in text
    assert 'data-theme="dark"' in page.text
    assert 'http-equiv="refresh"' in page.text


async def test_orders_of_the_last_minute_are_counted(tx, now):
    await place(tx, now - timedelta(seconds=5), 20)
    await place(tx, now - timedelta(seconds=50), 3)
    await place(tx, now - timedelta(minutes=2), 7)

    pace = await live.pace(tx, now=now)

    assert (pace.minute, pace.per_second) == (23, 2.0)
    assert await live.orders_since(tx, since=now - timedelta(hours=1)) == 30


async def test_many_screens_are_one_question_a_second(client, database, clock, now, head_office):
    before = text_of((await client.get(TILES)).text)
    async with database.transaction() as tx:
        await place(tx, now - timedelta(seconds=3), 1)
        await tx.execute("update slot set taken = 5 where store_id = 2")

    same = text_of((await client.get(TILES)).text)
    clock.at += timedelta(seconds=2)
    second = text_of((await client.get(TILES)).text)
    clock.at += timedelta(seconds=9)
    later = text_of((await client.get(TILES)).text)

    assert same == before
    assert "Une depuis une minute" in second
    assert "0 % vendues" in second
    assert "50 % vendues" in later


async def test_a_late_receipt_is_unmissable(client, database, clock, now, head_office):
    async with database.transaction() as tx:
        await tx.execute(
            """insert into dispatch (store_id, store_seq, order_id, revision, kind, body, sha256, dispatched_at)
                    values (1, 1, $1, 1, 'order_placed', '{}', '', $2)""",
            uuid4(),
            now - timedelta(minutes=3),
        )

    page = (await client.get(TILES)).text

    assert "c-tile--receipts is-ko" in page
    assert "un magasin n’a pas reçu depuis plus de 2 minutes" in text_of(page)


async def test_a_stores_manager_may_not_see_it_and_a_stranger_signs_in_first(client, database, now):
    stranger = await client.get(PATH, follow_redirects=False)
    await enter(client, database, now, role=Role.MANAGER, store_id=1)

    assert stranger.status_code == 303
    assert [(await client.get(path)).status_code for path in (PATH, TILES)] == [403, 403]


@pytest.mark.parametrize("path", ["/wall", "/mur"])
async def test_short_addresses_lead_there(client, path):
    answer = await client.get(path, follow_redirects=False)

    assert (answer.status_code, answer.headers["location"]) == (303, PATH)


async def place(tx, at, count):
    """So many orders at once: what the wall counts, and no more."""
    await tx.execute(
        """
        insert into orders (store_id, order_id, code, shopper_id, customer_id, cart_id, channel, slot_id,
                            slot_starts_at, slot_ends_at, cutoff_at, state, placed_at, contact, payment_method,
                            substitution, goods_cents, discount_cents, deposit_cents, fee_cents, total_cents,
                            maximum_cents, agreed)
        select 1, gen_random_uuid(), left(gen_random_uuid()::text, 13), gen_random_uuid(), gen_random_uuid(),
               gen_random_uuid(), 'drive', 1, $1, $1, $1, 'placed', $1, '{}', 'at_store', 'never', 0, 0, 0, 0, 0,
               0, '{}'
          from generate_series(1, $2)""",
        at,
        count,
    )


async def enter(client, database, now, *, role, store_id):
    async with database.transaction() as tx:
        await make_staff(tx, now=now, role=role, store_id=store_id, name="Odile", email="odile@example.fr")
    fields = {"email": "odile@example.fr", "password": PASSWORD}
    await post_form(client, "/console/connexion", fields, page="/console/connexion")


@pytest.fixture
async def head_office(client, database, now):
    await enter(client, database, now, role=Role.HEAD_OFFICE, store_id=0)
