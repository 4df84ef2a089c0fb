"""The way to checkout through the waiting room, by forms and cookies alone."""

import re
from datetime import timedelta
from html import unescape

import pytest
import pytest_asyncio
from litestar.testing import AsyncTestClient

from cabas.domain.waiting_room.model import Forced
from cabas.domain.waiting_room.operations import RoomPolicy
from cabas.kit.sessions import open_session
from cabas.settings import load
from cabas.web import room as web_room
from factories.account import SECRET_KEY
from factories.browsing import text_of
from factories.customers import make_customer
from factories.shopping_by_hand import ByHand
from factories.site import site
from factories.waiting_room import RoomByHand

DOOR = "/salle/entree?vers=%2Fcommande"


async def with_a_held_slot(by_hand, shop):
    await by_hand.put(shop.pasta[0], 2)
    await by_hand.hold()


async def test_nobody_meets_a_room_that_is_off(by_hand, shop):
    assert (await by_hand.shop(shop.pasta[0])).startswith("/commandes/")


async def test_only_the_way_to_checkout_is_guarded(by_hand, shop, room, client):
    await with_a_held_slot(by_hand, shop)
    await room.force()
    await room.seconds(1)

    guarded = await client.get("/commande", follow_redirects=False)
    holding = await by_hand.post("/panier/creneau", {"slot": "26112509001"})

    assert (guarded.status_code, guarded.headers["location"]) == (303, DOOR)
    assert (await client.get("/minuit", follow_redirects=False)).status_code == 200
    assert holding.headers["location"] == "/salle/entree?vers=%2Fcreneaux"
    for free in ("/", "/panier", "/creneaux", "/magasins", "/magasins/tours-nord/rayons/spaghettis"):
        assert (free, (await client.get(free, follow_redirects=False)).status_code) == (free, 200)
    assert (await by_hand.put(shop.pasta[1], 3)).status_code in (200, 303)


async def test_somebody_joins_waits_a_moment_and_orders(by_hand, shop, room, client, database):
    await with_a_held_slot(by_hand, shop)
    await room.force()
    await room.seconds(1)

    waiting = await client.get(DOOR)
    await room.seconds(5)
    inside = await client.get(DOOR, follow_redirects=False)
    ordered = await by_hand.order()
    await room.seconds(1)

    assert waiting.status_code == 200
    assert "personnes devant vous" in text_of(waiting.text)
    assert inside.headers["location"] == "/commande"
    assert "HttpOnly" in _cookie(inside, "cabas_admitted")
    assert ordered.headers["location"].startswith("/commandes/")
    async with database.read() as reader:
        row = await reader.fetchrow("select joined, exchanged, finished from room_count")
    assert (sum(row["joined"].values()), row["exchanged"], row["finished"]) == (1, 1, 1)


async def test_whose_turn_has_come_need_not_go_round_by_the_room(by_hand, shop, room, client, clock):
    await with_a_held_slot(by_hand, shop)
    await room.force(opens_at=clock.at + timedelta(seconds=5))
    await room.seconds(1)
    form = await by_hand.checkout_form()

    await room.seconds(10)
    ordered = await by_hand.order(form)

    assert ordered.headers["location"].startswith("/commandes/")
    assert _cookie(ordered, "cabas_admitted")


async def test_joining_and_waiting_write_nothing_but_cookies(by_hand, shop, room, client, database):
    await room.force(per_second_max=0)
    await room.seconds(2)
    before = await _writes(database)

    for _ in range(20):
        client.cookies.delete("cabas_place")
        assert (await client.get(DOOR)).status_code == 200
    after = await _writes(database)

    assert after == before


async def test_before_the_draw_a_place_says_no_position_and_shows_no_rank(shop, room, client, clock):
    await room.force(opens_at=clock.at + timedelta(minutes=10))
    await room.seconds(1)

    joined = await client.get(DOOR)

    assert "Le tirage au sort a lieu à 10 h 10" in text_of(joined.text)
    assert "~" not in _cookie(joined, "cabas_line")
    assert "HttpOnly" not in _cookie(joined, "cabas_line")
    assert "HttpOnly" in _cookie(joined, "cabas_place")


async def test_until_the_draw_checkout_is_open_and_its_page_joins(by_hand, shop, room, client, clock):
    await with_a_held_slot(by_hand, shop)
    await room.force(opens_at=clock.at + timedelta(minutes=10))
    await room.seconds(1)

    page = await client.get("/commande", follow_redirects=False)

    assert page.status_code == 200
    assert _cookie(page, "cabas_place")


async def test_a_place_survives_reloads_and_the_early_all_share_the_draw(shop, room, client, clock):
    await room.force(opens_at=clock.at + timedelta(seconds=30), per_second_max=0)
    await room.seconds(1)
    first = _cookie(await client.get(DOOR), "cabas_place").partition(";")[0]

    await room.seconds(10)
    again = _cookie(await client.get(DOOR), "cabas_place").partition(";")[0]

    assert again == first
    await room.seconds(40)
    after = await client.get(DOOR)
    assert _cookie(after, "cabas_line").split("_")[2] == "0"
    assert "~0." in _cookie(after, "cabas_line")


async def test_an_account_stands_at_one_place_in_the_draw_on_all_its_devices(
    shop, room, client, clock, database
):
    async with database.transaction() as tx:
        customer_id = await make_customer(tx, now=clock.at)
    await room.force(opens_at=clock.at + timedelta(minutes=5))
    await room.seconds(1)

    lines = []
    for _ in ("telephone", "laptop"):
        client.cookies.clear()
        client.cookies.set("cabas_session", await _session(database, customer_id, clock.at))
        lines.append(_cookie(await client.get(DOOR), "cabas_line").partition(";")[0])
        await room.seconds(30)

    assert lines[0] == lines[1]
    assert customer_id.hex in lines[0]


async def test_another_browsers_place_and_admission_open_nothing(by_hand, shop, room, client):
    await room.force()
    await room.seconds(1)
    await client.get(DOOR)
    await room.seconds(5)
    await client.get(DOOR, follow_redirects=False)
    place, admitted = client.cookies["cabas_place"], client.cookies["cabas_admitted"]

    client.cookies.clear()
    await room.force(per_second_max=0)
    await room.seconds(1)
    client.cookies.set("cabas_place", place)
    client.cookies.set("cabas_admitted", admitted)
    refused = await client.get("/commande", follow_redirects=False)
    at_the_door = await client.get(DOOR, follow_redirects=False)

    assert refused.headers["location"] == DOOR
    assert at_the_door.status_code == 200
    assert not _cookie(at_the_door, "cabas_place").startswith(f"cabas_place={place};")


async def test_a_form_sent_after_the_admission_ran_out_is_still_taken(by_hand, shop, room, client, clock):
    await room.force()
    await room.seconds(1)
    await client.get(DOOR)
    await room.seconds(5)
    await client.get(DOOR, follow_redirects=False)
    await with_a_held_slot(by_hand, shop)
    form = await by_hand.checkout_form()

    await room.force(per_second_max=0)
    clock.at += timedelta(minutes=14)
    await room.seconds(2)
    looked = await client.get("/commande", follow_redirects=False)
    ordered = await by_hand.order(form)

    assert looked.headers["location"] == DOOR
    assert ordered.headers["location"].startswith("/commandes/")


async def test_a_silent_controller_guards_nothing(by_hand, shop, room, client, clock):
    await with_a_held_slot(by_hand, shop)
    await room.force(per_second_max=0)
    await room.seconds(2)
    assert (await client.get("/commande", follow_redirects=False)).status_code == 303

    clock.at += timedelta(seconds=11)

    assert (await client.get("/commande", follow_redirects=False)).status_code == 200
    assert (await client.get(DOOR, follow_redirects=False)).headers["location"] == "/commande"


async def test_the_room_let_go_of_leaves_no_trace_on_the_way(by_hand, shop, room, client):
    await with_a_held_slot(by_hand, shop)
    await room.force(per_second_max=0)
    await room.seconds(2)
    await room.force(Forced.OFF)
    await room.seconds(1)

    assert (await client.get("/commande", follow_redirects=False)).status_code == 200


async def test_a_turn_that_went_by_is_taken_up_at_the_threshold(shop, room, client, clock):
    await room.force()
    await room.seconds(1)
    await client.get(DOOR)
    before = _bucket(client)
    await room.seconds(320)

    back = await client.get(DOOR, follow_redirects=False)

    assert _bucket(client) > before
    assert back.headers["location"] == "/commande"


async def test_in_production_no_other_host_or_path_can_set_the_rooms_cookies(
    shop, database, database_url, clock, tmp_path
):
    settings = load(
        {
            "CABAS_ENV": "production",
            "CABAS_DATABASE_URL": database_url,
            "CABAS_DATA": str(tmp_path),
            "CABAS_SECRET_KEY": SECRET_KEY,
            "CABAS_PUBLIC_URL": "https://cabas.test",
            "CABAS_SMTP_URL": "folder",
        }
    )
    async with AsyncTestClient(site(settings, clock=clock), base_url="https://cabas.test") as client:
        room = RoomByHand(database, clock, client.app)
        await room.force()
        await room.seconds(1)
        waiting = await client.get(DOOR)
        await room.seconds(5)
        inside = await client.get(DOOR, follow_redirects=False)

    cookies = [_cookie(waiting, "__Host-cabas_place"), _cookie(waiting, "__Host-cabas_line")]
    cookies.append(_cookie(inside, "__Host-cabas_admitted"))
    for cookie in cookies:
        assert "; Path=/" in cookie
        assert cookie.endswith("; Secure")
        assert "Domain" not in cookie


async def test_where_only_accounts_may_wait_a_guest_signs_in_first(shop, room, client):
    client.app.state.site.room.policy = RoomPolicy(sign_in=True)
    await room.force()
    await room.seconds(1)

    answer = await client.get(DOOR, follow_redirects=False)

    assert answer.headers["location"].startswith("/compte/connexion?return_to=%2Fsalle%2Fentree")
    assert not _cookie(answer, "cabas_place")


async def test_what_everybody_may_read_says_the_threshold_and_hides_the_secret_until_the_draw(
    shop, room, client, clock
):
    await room.force(opens_at=clock.at + timedelta(seconds=10))
    await room.seconds(1)
    before = (await client.get("/salle/serving.json")).json()
    draw_before = (await client.get(f"/salle/tirage/{before['event']}")).json()

    await room.seconds(20)
    answer = await client.get("/salle/serving.json")
    after = answer.json()
    draw_after = (await client.get(f"/salle/tirage/{before['event']}")).json()

    assert (answer.headers["cache-control"], answer.headers["age"]) == ("public, max-age=1", "0")
    clock.at += timedelta(seconds=12)
    assert (await client.get("/salle/serving.json")).headers["age"] == "12"
    assert (before["on"], bool(before["digest"]), before["secret"]) == (True, True, "")
    assert draw_before["secret"] is None
    assert after["digest"] == before["digest"]
    assert after["secret"] == draw_after["secret"] != ""
    assert (await client.get("/salle/tirage/999")).status_code == 404


async def test_the_room_page_is_light_and_needs_nobody(shop, client):
    french, english = await client.get("/salle"), await client.get("/salle?lang=en")

    for answer in (french, english):
        parts = [answer.content]
        for address in _assets(answer.text):
            parts.append((await client.get(address)).content)
        assert len(parts) == 3
        assert sum(map(len, parts)) <= 10 * 1024
        assert 'http-equiv="refresh"' in answer.text
        assert "set-cookie" not in answer.headers
    assert '<html lang="fr">' in french.text
    assert '<html lang="en">' in english.text


async def _session(database, customer_id, now):
    async with database.transaction() as tx:
        opened = await open_session(
            tx,
            subject_kind="customer",
            subject_id=customer_id,
            kind="session",
            label="test",
            now=now,
            lifetime=timedelta(hours=1),
        )
    return opened.secret


def _assets(markup):
    return re.findall(r'(?:href|src)="(/static/built/room[^"]+)"', unescape(markup))


def _cookie(answer, name):
    return next((one for one in answer.headers.get_list("set-cookie") if one.startswith(f"{name}=")), "")


def _bucket(client):
    return int(client.cookies["cabas_line"].split("_")[1])


async def _writes(database):
    async with database.read() as reader:
        rows = await reader.fetch(
            """select relname, n_tup_ins, n_tup_upd from pg_stat_user_tables
                where relname not in ('room_count', 'room_event') order by relname"""
        )
    return [tuple(row) for row in rows]


@pytest.fixture(autouse=True)
def looks_when_told(monkeypatch):
    """The process reads the room's state when the test says so, not each second beside it."""
    monkeypatch.setattr(web_room, "REFRESH_SECONDS", 3600.0)


@pytest.fixture
def by_hand(client):
    return ByHand(client)


@pytest_asyncio.fixture
async def room(client, database, clock):
    return RoomByHand(database, clock, client.app)
