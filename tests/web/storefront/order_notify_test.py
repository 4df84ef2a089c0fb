"""Notifications are offered on the order's page, to its owner, and nowhere before."""

import pytest

from cabas.kit.ids import parse_id
from factories.messages import POINT, SECRET
from factories.shopping_by_hand import ByHand

ASKED = {
    "endpoint": "https://push.example.org/w/1",
    "expirationTime": None,
    "keys": {"p256dh": POINT, "auth": SECRET},
}


async def test_the_order_page_offers_it_and_no_page_before_does(by_hand, shop, client):
    href = await by_hand.shop(shop.pasta[0])

    assert 'data-island="notify-me"' in await by_hand.page(href)
    for path in ("/", "/panier", "/creneaux", "/commande"):
        assert "notify-me" not in (await client.get(path)).text


async def test_the_owners_browser_is_told_until_it_is_taken_back(by_hand, shop, client, database, post_json):
    href = await by_hand.shop(shop.pasta[0])

    assert (await post_json(f"{href}/avertissement", ASKED, page=href)).json() == {"told": True}
    assert await persons(database) == [await owner(database, href)]

    answer = await post_json(f"{href}/avertissement/retrait", {"endpoint": ASKED["endpoint"]}, page=href)
    assert answer.json() == {"told": False}
    assert await persons(database) == []


async def test_a_stranger_cannot_ask_for_another_persons_order(by_hand, shop, client, database, post_json):
    href = await by_hand.shop(shop.pasta[0])
    client.cookies.clear()

    answer = await post_json(f"{href}/avertissement", ASKED, page="/panier")

    assert answer.status_code == 404
    assert await persons(database) == []


async def test_without_the_pages_token_nothing_is_kept(by_hand, shop, client, database):
    href = await by_hand.shop(shop.pasta[0])

    assert (await client.post(f"{href}/avertissement", json=ASKED)).status_code == 403
    assert await persons(database) == []


@pytest.mark.parametrize(
    "asked",
    [
        {**ASKED, "endpoint": "https://169.254.169.254/latest/meta-data"},
        {**ASKED, "endpoint": "http://push.example.org/w/1"},
        {**ASKED, "endpoint": "https://localhost/x"},
        {**ASKED, "keys": {"p256dh": "x", "auth": SECRET}},
        {"endpoint": ASKED["endpoint"]},
        [],
        "é",
    ],
)
async def test_what_is_no_push_service_is_refused(by_hand, shop, database, post_json, asked):
    href = await by_hand.shop(shop.pasta[0])

    answer = await post_json(f"{href}/avertissement", asked, page=href)

    assert answer.status_code == 422
    assert await persons(database) == []


async def persons(database):
    async with database.read() as reader:
        return [row["person_id"] for row in await reader.fetch("select person_id from push_subscription")]


async def owner(database, href):
    async with database.read() as reader:
        order_id = parse_id(href.rpartition("/")[2])
        return await reader.fetchval("select customer_id from orders where order_id = $1", order_id)


@pytest.fixture
def by_hand(client):
    return ByHand(client)


@pytest.fixture
def post_json(client):
    """As the island does it: the token of a page in a header."""

    async def posted(path, body, *, page):
        source = (await client.get(page)).text
        token = source.split('name="_csrf_token" value="')[1].split('"')[0]
        return await client.post(path, json=body, headers={"x-csrf-token": token})

    return posted
