"""Ordering in advance by the API: wishes with a basket, the draw's page, and what became of them."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

import httpx

from cabas.domain.advance import jobs
from cabas.domain.advance.draw import rank_of
from cabas.policies import DEFAULTS
from factories.network import ALCOHOL_GTIN, DELIVERED_POSTCODE, slot_at, slot_not_open
from factories.shopping import CONTACT, Api, Basket

OPENS_AT = datetime(2026, 11, 25, 10, tzinfo=UTC)
DRAW = "/draws/2026-11-25"


async def test_a_basket_waits_with_its_wishes(api: Api) -> None:
    basket, slot = await api.basket(), slot_not_open(api.clock.at)

    answer = await wish(api, basket, slot, any_slot=True)

    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["slots"], body["any_slot"]) == ([slot], True)
    asked = body["advance"]
    assert (asked["state"], asked["order"], asked["confirmed"]) == ("waiting", None, True)
    assert asked["maximum"] == 200 + 100, "two at a euro, and the store's fee"
    assert asked["draw"] == f"/api/v1{DRAW}"
    assert (await cart(api, basket))["wishes"] == body


async def test_the_opening_makes_it_an_order(api: Api) -> None:
    basket, slot = await api.basket(), slot_not_open(api.clock.at)
    await wish(api, basket, slot)

    await open_slots(api)

    asked = (await cart(api, basket))["wishes"]["advance"]
    assert (asked["state"], asked["slot"]) == ("placed", slot)
    order = await api.call("GET", f"/orders/{asked['order']}", token=basket.token)
    assert (order.status_code, order.json()["slot"]["id"]) == (200, slot)
    assert order.json()["total"] == asked["maximum"]


async def test_who_draws_no_place_is_offered_the_nearest(api: Api) -> None:
    slot = slot_not_open(api.clock.at)
    async with api.database.transaction() as tx:
        await tx.execute("update slot set capacity = 1 where slot_id = $1", int(slot))
        await tx.execute(
            "update slot set closes_at = closes_at + interval '2 days' where slot_id <> $1", int(slot)
        )
    baskets = [await api.basket() for _ in range(2)]
    for basket in baskets:
        await wish(api, basket, slot)

    await open_slots(api)

    outcomes = [(await cart(api, basket))["wishes"]["advance"] for basket in baskets]
    lost = next(outcome for outcome in outcomes if outcome["state"] == "unplaced")
    assert sorted(outcome["state"] for outcome in outcomes) == ["placed", "unplaced"]
    assert (lost["reason"], lost["order"]) == ("full", None)
    assert len(lost["nearest"]) == 3
    again = await api.order(baskets[outcomes.index(lost)], lost["nearest"][0])
    assert again.status_code == 201, again.text


async def test_the_same_key_answers_the_same_and_another_body_is_refused(api: Api) -> None:
    basket, slot = await api.basket(), slot_not_open(api.clock.at)

    first = await wish(api, basket, slot, key="a")
    again = await wish(api, basket, slot, key="a")
    other = await wish(api, basket, slot, key="a", any_slot=True)
    without = await wish(api, basket, slot, any_slot=True)

    assert first.json() == again.json()
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert without.json()["any_slot"] is True
    assert (await wish(api, basket, slot, key="")).status_code == 400


async def test_a_changed_basket_must_be_confirmed_again(api: Api) -> None:
    basket, slot = await api.basket(), slot_not_open(api.clock.at)
    await wish(api, basket, slot)
    await api.set_line(basket, ALCOHOL_GTIN, 1)

    assert (await cart(api, basket))["wishes"]["advance"]["confirmed"] is False
    refused = await wish(api, basket, slot)
    assert (refused.status_code, refused.json()["code"]) == (422, "age_unconfirmed")
    confirmed = await wish(api, basket, slot, adult=True)
    assert confirmed.json()["advance"]["confirmed"] is True


async def test_it_is_taken_back_until_the_opening(api: Api) -> None:
    basket, slot = await api.basket(), slot_not_open(api.clock.at)
    await wish(api, basket, slot)

    for _ in range(2):
        gone = await api.call("DELETE", f"/carts/{basket.id}/wishes", token=basket.token)
        assert gone.status_code == 204
    assert (await cart(api, basket))["wishes"] is None
    await open_slots(api)
    assert (await cart(api, basket))["state"] == "open"

    late = await api.basket()
    api.clock.at = OPENS_AT - timedelta(days=1)
    await wish(api, late, slot)
    api.clock.at = OPENS_AT + timedelta(seconds=1)
    assert (await api.call("DELETE", f"/carts/{basket.id}/wishes", token=basket.token)).status_code == 204


async def test_wishes_may_be_kept_without_an_order(api: Api) -> None:
    basket, slot = await api.basket(), slot_not_open(api.clock.at)

    kept = await wish(api, basket, slot, order=False)
    none = await wish(api, basket, order=False)

    assert kept.json() == {"slots": [slot], "any_slot": False, "advance": None}
    assert none.json() == {"slots": [], "any_slot": False, "advance": None}
    assert (await cart(api, basket))["wishes"] is None


async def test_what_can_not_be_wished_says_why(api: Api) -> None:
    basket, soon = await api.basket(), slot_not_open(api.clock.at)
    open_now = slot_at(api.clock.at)
    delivered = str(int(soon) + 1)

    for slots, status, code in (
        ([open_now], 409, "slot_already_open"),
        (["26010109001"], 422, "bad_wishes"),
        ([soon, soon], 422, "bad_wishes"),
        ([], 422, "bad_wishes"),
        ([delivered], 409, "not_delivered"),
        ([soon] * 6, 400, None),
        (["soon"], 400, None),
    ):
        refused = await wish(api, basket, *slots)
        assert (slots, refused.status_code) == (slots, status)
        assert code is None or refused.json()["code"] == code


async def test_a_delivery_pays_its_area(api: Api) -> None:
    basket = await api.basket()
    slot = str(int(slot_not_open(api.clock.at)) + 1)
    address = {"street": "2 rue du Four", "postcode": DELIVERED_POSTCODE, "city": "Rennes"}

    asked = await wish(api, basket, slot, contact={**CONTACT, "address": address})

    assert asked.status_code == 200, asked.text
    assert asked.json()["advance"]["maximum"] == 200 + 490 + 100


async def test_a_customer_needs_to_give_no_contact_and_a_guest_must(api: Api) -> None:
    slot = slot_not_open(api.clock.at)
    own = await api.basket(token=await api.customer())
    guest = await api.basket()

    known = await wish(api, own, slot, contact=None)
    unknown = await wish(api, guest, slot, contact=None)

    assert known.status_code == 200, known.text
    assert (unknown.status_code, unknown.json()["code"]) == (422, "bad_details")


async def test_anyone_may_check_the_draw(api: Api) -> None:
    basket, slot = await api.basket(), slot_not_open(api.clock.at)
    await wish(api, basket, slot)
    (before,) = (await api.call("GET", DRAW)).json()["items"]

    await open_slots(api)

    (after,) = (await api.call("GET", DRAW)).json()["items"]
    assert before["secret"] is None
    assert after["commitment"] == before["commitment"] == sha256(bytes.fromhex(after["secret"])).hexdigest()
    assert after["groups"] == [
        {"name": group.name, "share_percent": group.share_percent} for group in DEFAULTS.advance.groups
    ]
    (store,) = after["stores"]
    assert (store["store"], store["participants"], store["winners"]) == ("1", 1, 1)
    async with api.database.read() as reader:
        row = await reader.fetchrow("select shopper_id, rank from advance_order")
    assert row is not None
    shopper: UUID = row["shopper_id"]
    secret = bytes.fromhex(after["secret"])
    assert row["rank"] == rank_of(secret, opens_at=OPENS_AT, store_id=1, shopper_id=shopper)
    assert (await api.call("GET", "/draws/2026-02-30")).status_code == 404
    assert (await api.call("GET", "/draws/2026-12-24")).json()["items"] == []


async def wish(
    api: Api, basket: Basket, *slots: str, key: str | None = None, **members: object
) -> httpx.Response:
    body = {"slots": list(slots), "order": True, "contact": CONTACT, **members}
    body = {name: value for name, value in body.items() if value is not None}
    headers = {} if key is None else {"idempotency-key": key}
    return await api.call("PUT", f"/carts/{basket.id}/wishes", body, token=basket.token, headers=headers)


async def cart(api: Api, basket: Basket) -> dict[str, object] | object:
    return (await api.call("GET", f"/carts/{basket.id}", token=basket.token)).json()


async def open_slots(api: Api) -> None:
    """Midnight comes, and the worker does what it does then."""
    api.clock.at = OPENS_AT
    await jobs.draw_openings(api.database, api.clock, policy=DEFAULTS.advance)
    await jobs.write_orders(api.database, api.clock, policy=DEFAULTS.advance)
