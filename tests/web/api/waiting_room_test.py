"""A program on the way to checkout: it is told to wait, and how to come back."""

from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from cabas.domain.waiting_room.operations import RoomPolicy
from cabas.web import room as web_room
from factories.network import slot_at
from factories.waiting_room import RoomByHand

ANYONE = {"idempotency-key": "first"}


async def test_a_program_waits_is_let_in_and_orders(api, room):
    basket = await api.basket()
    await room.force()
    await room.seconds(1)

    told = await api.hold(basket, slot_at(api.clock.at))
    place = told.json()["place"]
    await room.seconds(5)
    held = await _hold(api, basket, {"cabas-place": place})
    admission = held.headers["cabas-admission"]
    ordered = await _order(api, basket, {"cabas-admission": admission})

    assert (told.status_code, told.json()["code"]) == (503, "waiting_room")
    assert int(told.headers["retry-after"]) > 0
    assert told.json()["position"] == 10
    assert held.status_code == 200
    assert ordered.status_code == 201
    await room.seconds(1)
    async with api.database.read() as reader:
        row = await reader.fetchrow("select exchanged, finished from room_count")
    assert tuple(row) == (1, 1)


async def test_baskets_shops_slots_and_orders_are_never_guarded(api, room):
    basket = await api.basket()
    ordered = (await api.order(basket)).json()["id"]
    other = await api.basket()
    picker = await api.staff()
    await room.force(per_second_max=0)
    await room.seconds(2)

    assert (await api.set_line(other, 3_760_000_000_011, 2)).status_code in (200, 404)
    for path in ("/stores", "/stores/1/products", "/stores/1/slots"):
        assert (path, (await api.call("GET", path)).status_code) == (path, 200)
    assert (await api.call("GET", f"/orders/{ordered}", token=basket.token)).status_code == 200
    assert (await api.call("GET", "/store/1/orders", token=picker)).status_code == 200
    cancelled = await api.call("POST", f"/orders/{ordered}/cancellation", {}, token=basket.token)
    assert cancelled.status_code in (200, 201)


async def test_ten_thousand_forged_places_let_nobody_in(api, room):
    """Forged in every way a program can think of; each is a stranger who has just come."""
    basket, victim = await api.basket(), await api.basket()
    await room.force(per_second_max=0)
    await room.seconds(1)
    stolen = (await api.hold(victim, slot_at(api.clock.at))).json()["place"]
    site = room.app.state.site
    event = site.room.event

    for number in range(10_000):
        forged = f"{number:06x}." + "A" * 60 if number % 2 else stolen[:-1] + chr(65 + number % 26)
        read = site.room.places.read(forged, event_id=event.event_id, owners=(_stranger(basket),))
        assert read is None
    answers = [await _hold(api, basket, {"cabas-place": stolen}) for _ in range(5)]

    assert {answer.status_code for answer in answers} == {503}
    await room.seconds(1)
    async with api.database.read() as reader:
        assert await reader.fetchval("select sum(exchanged) from room_count") == 0


async def test_an_admission_is_of_one_bearer_and_runs_out(api, room):
    mine, yours = await api.basket(), await api.basket()
    await room.force()
    await room.seconds(1)
    place = (await api.hold(mine, slot_at(api.clock.at))).json()["place"]
    await room.seconds(5)
    admission = (await _hold(api, mine, {"cabas-place": place})).headers["cabas-admission"]

    lent = await _hold(api, yours, {"cabas-admission": admission})
    api.clock.at += timedelta(minutes=31)
    await room.tick()
    late = await _hold(api, mine, {"cabas-admission": admission})

    assert (lent.status_code, late.status_code) == (503, 503)


async def test_where_only_accounts_may_wait_a_guest_is_told_so(api, room):
    guest = await api.basket()
    owned = await api.basket(token=await api.customer())
    room.app.state.site.room.policy = RoomPolicy(sign_in=True)
    await room.force()
    await room.seconds(1)

    told = {}
    for who, basket in (("guest", guest), ("account", owned)):
        told[who] = (await api.hold(basket, slot_at(api.clock.at))).json()["code"]

    assert told == {"guest": "account_first", "account": "waiting_room"}


async def test_with_the_controller_silent_the_limiter_alone_decides(api, room):
    basket = await api.basket()
    await room.force(per_second_max=0)
    await room.seconds(2)
    assert (await api.hold(basket, slot_at(api.clock.at))).status_code == 503

    api.clock.at += timedelta(seconds=11)

    assert (await api.hold(basket, slot_at(api.clock.at))).status_code == 200


def _stranger(basket):
    """A stranger's id: any but the victim's."""
    return UUID(basket.id)


async def _hold(api, basket, headers):
    path = f"/carts/{basket.id}/slot-hold"
    body = {"slot": slot_at(api.clock.at)}
    return await api.call("PUT", path, body, token=basket.token, headers=headers)


async def _order(api, basket, headers):
    body = {
        "cart": basket.id,
        "slot": slot_at(api.clock.at),
        "payment": {"method": "at_store"},
        "contact": {"name": "Camille Roux", "email": "camille@exemple.fr", "phone": "0612345678"},
    }
    return await api.call("POST", "/orders", body, token=basket.token, headers={**ANYONE, **headers})


@pytest.fixture(autouse=True)
def looks_when_told(monkeypatch):
    monkeypatch.setattr(web_room, "REFRESH_SECONDS", 3600.0)


@pytest_asyncio.fixture
async def room(api):
    return RoomByHand(api.database, api.clock, api.client._transport.app)
