"""Head office sees how each outside service answers, and what is served instead."""

from datetime import timedelta
from uuid import uuid4

import pytest

from cabas.bridge.shapes import EarnRequest
from cabas.connectors import bridge_outbox
from cabas.domain.staff.model import Role
from cabas.kit.board import Board
from cabas.kit.guard import GuardPolicy, Unavailable
from factories.browsing import post_form, text_of
from factories.staff import PASSWORD, make_staff

PATH = "/console/services"
POLICY = GuardPolicy(deadline_seconds=1, concurrency=4, jitter_share=0)


async def test_without_outside_services_the_page_says_so(client, head_office):
    page = text_of((await client.get(PATH)).text)

    assert "Aucun service extérieur n’est branché" in page


async def test_a_service_that_answers_is_told_so(client, database, clock, head_office):
    await _tell(database, clock, "web:1", failures=0)

    page = text_of((await client.get(PATH)).text)

    assert "Fidélité" in page
    assert "Répond" in page
    assert "À la place" not in page


async def test_one_that_is_away_shows_since_when_and_what_is_served_instead(
    client, database, clock, head_office
):
    await _tell(database, clock, "web:1", failures=0)
    await _tell(database, clock, "web:2", failures=5)
    async with database.transaction() as tx:
        await bridge_outbox.post(
            tx,
            store_id=1,
            service="loyalty",
            operation="loyalty/earn",
            request=_earning(clock),
            now=clock.now(),
        )

    page = text_of((await client.get(PATH)).text)

    assert "Ne répond pas" in page
    assert "1 processus sur 2" in page
    assert "le dernier solde connu, avec son heure" in page
    assert "1 envoi attend, depuis" in page
    assert "line is cut" in page


async def test_one_that_comes_back_shows_how_much_passes(client, database, clock, head_office):
    board = await _tell(database, clock, "web:1", failures=5)
    clock.at += timedelta(seconds=5)
    await board.guard("loyalty", POLICY).call(_fine)
    clock.at += timedelta(seconds=21)
    await board.tell(database, clock)

    page = text_of((await client.get(PATH)).text)

    assert "30 % des demandes passent" in page.replace("\u202f", " ").replace("\u00a0", " ")


async def test_what_a_service_calls_its_problem_is_escaped(client, database, clock, head_office):
    await _tell(database, clock, "web:1", failures=5, problem="<script>x</script>")

    assert "<script>x" not in (await client.get(PATH)).text


async def test_a_stores_manager_may_not_see_it(client, database, now):
    await _enter(client, database, now, role=Role.MANAGER, store_id=1)

    assert (await client.get(PATH)).status_code == 403


async def _tell(database, clock, process, *, failures, problem="line is cut"):
    async def fail():
        raise OSError(problem)

    board = Board(process, clock)
    guard = board.guard("loyalty", POLICY)
    for _ in range(failures):
        with pytest.raises(Unavailable):
            await guard.call(fail)
    await board.tell(database, clock)
    return board


async def _fine():
    return None


def _earning(clock):
    return EarnRequest(key=f"earn:{uuid4()}", card="2990000000001", cents=42, at=clock.now())


async def _enter(client, database, now, *, role, store_id):
    async with database.transaction() as tx:
        await make_staff(tx, now=now, role=role, store_id=store_id, name="Odile", email="odile@example.fr")
    fields = {"email": "odile@example.fr", "password": PASSWORD}
    await post_form(client, "/console/connexion", fields, page="/console/connexion")


@pytest.fixture
async def head_office(client, database, now):
    await _enter(client, database, now, role=Role.HEAD_OFFICE, store_id=0)
