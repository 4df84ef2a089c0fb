"""The order by its shopper: followed, changed, cancelled, given back; and by nobody else."""

import pytest

from cabas.domain.orders import dispatch
from cabas.domain.orders import operations as orders
from cabas.domain.orders.model import OrderState
from cabas.kit.ids import parse_id
from factories.browsing import post_form, text_of
from factories.customers import PASSWORD, make_customer
from factories.orders import make_order
from factories.shopping_by_hand import STORE, ByHand


@pytest.fixture
def by_hand(client):
    return ByHand(client)


def id_in(href):
    return parse_id(href.rpartition("/")[2])


async def move(database, href, *states, now):
    async with database.transaction() as tx:
        for state in states:
            await orders.move_to(
                tx, store_id=1, order_id=id_in(href), state=state, actor="store:Karim", now=now
            )


HANDED_OVER = (OrderState.PREPARING, OrderState.READY, OrderState.HANDED_OVER)


async def test_the_order_says_what_was_agreed_and_until_when_it_can_change(by_hand, shop):
    href = await by_hand.shop(shop.pasta[0], shop.weighed)

    page = text_of(await by_hand.page(href)).replace("\u00a0", " ")

    assert "mardi 24 novembre, 16 h à 16 h 30" in page
    assert "Tours Nord" in page
    assert "Modifiable jusqu’au mardi 24 novembre, 14 h." in page
    assert "Commandée par le bouton « Commander avec obligation de paiement »" in page
    assert "Renoncer au contrat ici" in page
    assert "Tours Distribution SAS" in page or "Tours Nord SAS" in page


async def test_the_state_lives_and_costs_nothing_when_it_has_not_changed(
    by_hand, shop, database, client, now
):
    href = await by_hand.shop(shop.pasta[0])
    first = await client.get(f"{href}/etat")

    same = await client.get(f"{href}/etat", headers={"if-none-match": first.headers["etag"]})
    async with database.transaction() as tx:
        await dispatch.dispatch_batch(tx, now=now)
        (sent,) = await dispatch.pull(tx, store_id=1, after=0)
        await dispatch.acknowledge(
            tx,
            store_id=1,
            order_id=id_in(href),
            store_seq=1,
            sha256=bytes.fromhex(sent.sha256),
            actor="store:app",
            now=now,
        )
    later = await client.get(f"{href}/etat", headers={"if-none-match": first.headers["etag"]})

    assert (same.status_code, same.text) == (304, "")
    assert later.status_code == 200
    assert "reçue par le magasin à 10 h" in text_of(later.text).replace("\u00a0", " ")


async def test_nobody_else_sees_or_touches_an_order(by_hand, shop, database, now, client):
    async with database.transaction() as tx:
        placed = await make_order(tx, now=now, lines={shop.pasta[0]: 1})
    await by_hand.put(shop.pasta[0], 1)
    href = f"/commandes/{placed.order_id}"

    for path in ("", "/etat", "/agenda.ics", "/modification", "/annulation", "/retractation"):
        assert (await client.get(href + path)).status_code == 404, path
    for path in ("/modification", "/annulation", "/arrivee", "/panier", "/retractation"):
        refused = await by_hand.post(href + path, {"reason": "mind", "step": "confirm", "line": "1"})
        assert refused.status_code == 404, path
    assert (await client.get("/commandes/abc")).status_code == 404


async def test_a_guest_finds_the_order_again_after_signing_in(by_hand, shop, database, now, client):
    href = await by_hand.shop(shop.pasta[0])
    async with database.transaction() as tx:
        await make_customer(tx, now=now)

    await post_form(
        client, "/compte/connexion", {"email": "camille@exemple.fr", "password": PASSWORD}, page=STORE
    )

    assert "Commande " in await by_hand.page(href)
    assert str(id_in(href)) in await by_hand.page("/compte/commandes")


async def test_a_guest_finds_their_orders_without_an_account_and_nobody_elses(
    by_hand, shop, database, now, client
):
    async with database.transaction() as tx:
        other = await make_order(tx, now=now, lines={shop.pasta[0]: 1})
    before = await client.get("/compte/commandes", follow_redirects=False)
    href = await by_hand.shop(shop.pasta[0])

    page = await by_hand.page("/compte/commandes")

    assert before.headers["location"] == "/compte/connexion?return_to=/compte/commandes"
    assert str(id_in(href)) in page
    assert str(other.order_id) not in page
    assert "sans compte" in page


async def test_saying_one_is_here_is_offered_near_the_slot_or_once_ready(by_hand, shop, database, now):
    href = await by_hand.shop(shop.pasta[0])
    days_ahead = await by_hand.page(href)
    await move(database, href, OrderState.PREPARING, OrderState.READY, now=now)

    assert "/arrivee" not in days_ahead
    assert "/arrivee" in await by_hand.page(href)


async def test_an_account_finds_its_orders_from_another_browser(by_hand, shop, database, now, client):
    async with database.transaction() as tx:
        await make_customer(tx, now=now)
    details = {"email": "camille@exemple.fr", "password": PASSWORD}
    await post_form(client, "/compte/connexion", details)
    href = await by_hand.shop(shop.pasta[0])
    client.cookies.clear()
    assert (await client.get(href)).status_code == 404

    await post_form(client, "/compte/connexion", details)

    assert (await client.get(href)).status_code == 200


async def test_the_calendar_file_holds_the_slot(by_hand, shop, client):
    href = await by_hand.shop(shop.pasta[0])

    answer = await client.get(f"{href}/agenda.ics")

    assert answer.headers["content-type"].startswith("text/calendar")
    assert "DTSTART:20261124T150000Z\r\nDTEND:20261124T153000Z\r\n" in answer.text
    assert all(len(line.encode()) <= 75 for line in answer.text.split("\r\n"))
