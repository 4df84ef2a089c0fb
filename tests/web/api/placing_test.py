"""Placing an order by the API: once for a key, in a slot that is open, by its owner."""

import asyncio
from datetime import timedelta
from uuid import uuid4

from cabas.domain.slots.model import Channel
from factories.network import (
    ALCOHOL_GTIN,
    DELIVERED_POSTCODE,
    FIRST_GTIN,
    PROMOTED_GTIN,
    WEIGHED_GTIN,
    slot_at,
    slot_not_open,
)
from factories.shopping import CONTACT, Api

ADDRESS = {"street": "2 rue du Four", "postcode": DELIVERED_POSTCODE, "city": "Rennes"}


async def test_an_order_says_what_was_agreed(api: Api) -> None:
    basket = await api.basket(FIRST_GTIN, PROMOTED_GTIN, quantity=3)
    await api.set_line(basket, WEIGHED_GTIN, 1500)

    placed = await api.order(basket)

    assert placed.status_code == 201
    body = placed.json()
    assert body["store"] == "1"
    assert body["state"] == "placed"
    assert len(body["code"]) == 6
    assert body["slot"]["id"] == slot_at(api.clock.at)
    assert body["currency"] == "EUR"
    # 3 × 100, 3 × 120 of which one is free, 1.5 kg at 110, and the store's fee of 100
    assert (body["goods"], body["discount"], body["fee"]) == (300 + 360 + 165, 120, 100)
    assert body["total"] == 825 - 120 + 100
    assert body["maximum"] == body["total"] + 17  # 10 % more of 1.5 kg: 181.5, half up


async def test_a_delivery_pays_its_area_and_its_slot(api: Api) -> None:
    basket = await api.basket()

    placed = await api.order(
        basket,
        slot_at(api.clock.at, 0, Channel.DELIVERY),
        contact={**CONTACT, "address": ADDRESS},
    )

    assert placed.status_code == 201, placed.text
    assert placed.json()["fee"] == 490 + 100


async def test_an_address_out_of_reach_is_refused(api: Api) -> None:
    basket = await api.basket()
    far = {**ADDRESS, "postcode": "75001"}

    refused = await api.order(
        basket, slot_at(api.clock.at, 0, Channel.DELIVERY), contact={**CONTACT, "address": far}
    )

    assert (refused.status_code, refused.json()["code"]) == (409, "not_delivered")


async def test_the_same_key_and_body_answer_the_same_order(api: Api) -> None:
    basket = await api.basket()

    first = await api.order(basket, key="a")
    again = await api.order(basket, key="a")

    assert again.status_code == 201
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_replay_says_what_was_agreed_at_first_after_a_change(api: Api) -> None:
    basket = await api.basket()
    first = await api.order(basket, key="a")
    order = first.json()["id"]
    changed = await api.call(
        "PUT", f"/orders/{order}/lines/{FIRST_GTIN}", {"quantity": 7}, token=basket.token
    )
    assert changed.json()["total"] != first.json()["total"]

    again = await api.order(basket, key="a")

    assert again.content == first.content


async def test_the_same_key_with_another_body_is_refused(api: Api) -> None:
    basket = await api.basket()
    await api.order(basket, key="a")

    refused = await api.order(basket, slot_at(api.clock.at, 1), key="a")

    assert (refused.status_code, refused.json()["code"]) == (422, "key_reused")


async def test_an_order_without_a_key_is_refused(api: Api) -> None:
    basket = await api.basket()
    body = {
        "cart": basket.id,
        "slot": slot_at(api.clock.at),
        "payment": {"method": "at_store"},
        "contact": CONTACT,
    }

    refused = await api.call("POST", "/orders", body, token=basket.token)

    assert (refused.status_code, refused.json()["code"]) == (400, "key_missing")
    assert refused.json()["title"] == "Key missing"
    assert refused.headers["content-type"] == "application/problem+json"


async def test_fifty_replays_at_once_make_one_order(api: Api) -> None:
    basket = await api.basket()
    key = str(uuid4())

    answers = await asyncio.gather(*(api.order(basket, key=key) for _ in range(50)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    async with api.database.read() as reader:
        assert await reader.fetchval("select count(*) from orders") == 1


async def test_an_order_whose_first_request_is_still_open_is_in_flight(api: Api) -> None:
    basket = await api.basket()
    async with api.database.transaction() as other:
        shopper = await other.fetchval("select shopper_id from cart where cart_id = $1", basket.id)
        await other.execute(
            """
            insert into checkout_key (store_id, shopper_id, key, fingerprint, order_id, created_at)
                 values (1, $1, 'a', '', $2, now())""",
            shopper,
            uuid4(),
        )

        refused = await api.order(basket, key="a")

    assert (refused.status_code, refused.json()["code"]) == (409, "in_flight")


async def test_another_key_can_not_order_the_basket_again(api: Api) -> None:
    basket = await api.basket()
    await api.order(basket, key="a")

    refused = await api.order(basket, key="b")

    assert (refused.status_code, refused.json()["code"]) == (409, "cart_ordered")


async def test_two_shoppers_race_for_the_last_place(api: Api) -> None:
    async with api.database.transaction() as tx:
        await tx.execute("update slot set capacity = 1 where store_id = 1 and slot_id = $1", _number(api))
    baskets = [await api.basket() for _ in range(2)]

    answers = await asyncio.gather(*(api.order(basket) for basket in baskets))

    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    assert won.status_code == 201
    assert (lost.status_code, lost.json()["code"]) == (409, "slot_full")
    nearest = [slot["id"] for slot in lost.json()["nearest"]]
    assert nearest == [slot_at(api.clock.at, number) for number in (1, 2, 3)]
    assert all(slot["fee"] == 100 for slot in lost.json()["nearest"])


async def test_a_slot_that_is_not_open_says_when_it_opens(api: Api) -> None:
    basket = await api.basket()
    slot = slot_not_open(api.clock.at)

    refused = await api.order(basket, slot, key="a")

    assert (refused.status_code, refused.json()["code"]) == (425, "slot_not_open")
    api.clock.at += timedelta(hours=26)
    assert (await api.order(basket, slot, key="a")).status_code == 201


async def test_a_held_place_is_the_orders(api: Api) -> None:
    async with api.database.transaction() as tx:
        await tx.execute("update slot set capacity = 1 where store_id = 1 and slot_id = $1", _number(api))
    basket = await api.basket()
    assert (await api.hold(basket, slot_at(api.clock.at))).status_code == 200

    assert (await api.order(await api.basket())).status_code == 409
    assert (await api.order(basket)).status_code == 201


async def test_alcohol_needs_majority(api: Api) -> None:
    basket = await api.basket(ALCOHOL_GTIN)

    refused = await api.order(basket, key="a")

    assert (refused.status_code, refused.json()["code"]) == (422, "age_unconfirmed")
    assert (await api.order(basket, key="a", adult=True)).status_code == 201


async def test_an_empty_basket_can_not_be_ordered(api: Api) -> None:
    basket = await api.basket()
    await api.set_line(basket, FIRST_GTIN, 0)

    refused = await api.order(basket)

    assert (refused.status_code, refused.json()["code"]) == (409, "cart_empty")


async def test_a_contact_out_of_form_names_its_fields(api: Api) -> None:
    basket = await api.basket()

    refused = await api.order(basket, contact={"name": "", "email": "x", "phone": ""})

    assert refused.status_code == 422
    assert refused.json()["fields"] == {"name": "required", "email": "email_invalid"}


async def test_control_characters_never_reach_the_order(api: Api) -> None:
    basket = await api.basket()

    placed = await api.order(basket, contact={**CONTACT, "name": "Ca\u0007mille\u202e"})

    assert placed.status_code == 201
    async with api.database.read() as reader:
        assert (await reader.fetchval("select contact from orders"))["name"] == "Camille"


def _number(api: Api) -> int:
    return int(slot_at(api.clock.at))
