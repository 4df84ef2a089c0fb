"""Baskets by the API."""

from datetime import timedelta

from cabas.domain.slots.model import Channel
from factories.network import (
    CHEAP_GTIN,
    FIRST_GTIN,
    PROMOTED_GTIN,
    WEIGHED_GTIN,
    slot_at,
    slot_not_open,
)
from factories.shopping import Api


async def test_a_basket_is_priced_as_the_store_sells(api: Api) -> None:
    basket = await api.basket(FIRST_GTIN, PROMOTED_GTIN, quantity=3)
    await api.set_line(basket, WEIGHED_GTIN, 500)

    shown = (await api.call("GET", f"/carts/{basket.id}", token=basket.token)).json()

    lines = {line["gtin"]: line for line in shown["lines"]}
    assert {gtin: line["total"] for gtin, line in lines.items()} == {
        str(FIRST_GTIN): 300,
        str(PROMOTED_GTIN): 240,
        str(WEIGHED_GTIN): 55,
    }
    assert lines[str(PROMOTED_GTIN)]["promotion"] == "3 pour 2"
    assert (shown["goods"], shown["discount"], shown["total"]) == (715, 120, 595)
    assert shown["currency"] == "EUR"
    assert shown["hold"] is None


async def test_setting_a_line_twice_is_setting_it_once(api: Api) -> None:
    basket = await api.basket()

    await api.set_line(basket, FIRST_GTIN, 4)
    again = await api.set_line(basket, FIRST_GTIN, 4)

    assert again.json() == {"gtin": str(FIRST_GTIN), "quantity": 4}
    shown = (await api.call("GET", f"/carts/{basket.id}", token=basket.token)).json()
    assert [line["quantity"] for line in shown["lines"]] == [4]


async def test_zero_takes_a_line_out(api: Api) -> None:
    basket = await api.basket()

    assert (await api.set_line(basket, FIRST_GTIN, 0)).status_code == 200

    shown = (await api.call("GET", f"/carts/{basket.id}", token=basket.token)).json()
    assert shown["lines"] == []


async def test_goods_that_left_the_shelf_stay_in_sight_and_cost_nothing(api: Api) -> None:
    basket = await api.basket(FIRST_GTIN, CHEAP_GTIN)
    async with api.database.transaction() as tx:
        await tx.execute("update offer set status = 2 where gtin = $1", CHEAP_GTIN)

    shown = (await api.call("GET", f"/carts/{basket.id}", token=basket.token)).json()

    assert {line["gtin"]: (line["available"], line["total"]) for line in shown["lines"]} == {
        str(FIRST_GTIN): (True, 200),
        str(CHEAP_GTIN): (False, 0),
    }
    assert shown["total"] == 200


async def test_a_quantity_out_of_bounds_is_refused(api: Api) -> None:
    basket = await api.basket()

    for gtin, quantity, status, code in (
        (FIRST_GTIN, 100, 422, "bad_quantity"),
        (FIRST_GTIN, -1, 400, "bad_request"),
        (FIRST_GTIN, "3", 400, "bad_request"),
        (FIRST_GTIN, True, 400, "bad_request"),
        (FIRST_GTIN, 1.5, 400, "bad_request"),
        (FIRST_GTIN, 10**30, 400, "bad_request"),
        (WEIGHED_GTIN, 20_001, 400, "bad_request"),
        (99_999_999_999_999, 1, 404, "product_not_sold"),
    ):
        path = f"/carts/{basket.id}/lines/{gtin}"
        refused = await api.call("PUT", path, {"quantity": quantity}, token=basket.token)

        assert (quantity, refused.status_code, refused.json()["code"]) == (quantity, status, code)


async def test_a_hold_is_shown_with_the_basket_and_let_go_of(api: Api) -> None:
    basket = await api.basket()

    held = await api.hold(basket, slot_at(api.clock.at))

    assert held.status_code == 200
    assert held.json()["slot"] == slot_at(api.clock.at)
    shown = (await api.call("GET", f"/carts/{basket.id}", token=basket.token)).json()
    assert shown["hold"] == held.json()
    path = f"/carts/{basket.id}/slot-hold"
    assert (await api.call("DELETE", path, token=basket.token)).status_code == 204
    assert (await api.call("DELETE", path, token=basket.token)).status_code == 204
    shown = (await api.call("GET", f"/carts/{basket.id}", token=basket.token)).json()
    assert shown["hold"] is None


async def test_a_full_slot_gives_the_three_nearest(api: Api) -> None:
    async with api.database.transaction() as tx:
        await tx.execute(
            "update slot set capacity = 0 where store_id = 1 and slot_id = $1", int(slot_at(api.clock.at, 2))
        )
    basket = await api.basket()

    refused = await api.hold(basket, slot_at(api.clock.at, 2))

    assert (refused.status_code, refused.json()["code"]) == (409, "slot_full")
    nearest = [slot["id"] for slot in refused.json()["nearest"]]
    assert nearest == [slot_at(api.clock.at, number) for number in (1, 3, 0)]


async def test_a_slot_before_its_opening_can_not_be_held(api: Api) -> None:
    basket = await api.basket()

    refused = await api.hold(basket, slot_not_open(api.clock.at))

    assert (refused.status_code, refused.json()["code"]) == (425, "slot_not_open")
    assert refused.json()["opens_at"] == "2026-11-25T10:00:00Z"


async def test_a_slot_past_its_cut_off_or_unknown_is_refused(api: Api) -> None:
    basket = await api.basket()
    slot = slot_at(api.clock.at)

    assert (await api.hold(basket, "26010100001")).json()["code"] == "slot_unknown"
    api.clock.at += timedelta(hours=22)
    refused = await api.hold(basket, slot)
    assert (refused.status_code, refused.json()["code"]) == (409, "slot_closed")


async def test_substitution_is_chosen_for_the_whole_basket(api: Api) -> None:
    basket = await api.basket()
    path = f"/carts/{basket.id}"

    assert (await api.call("PATCH", path, {"substitution": "never"}, token=basket.token)).status_code == 204

    shown = (await api.call("GET", path, token=basket.token)).json()
    assert (shown["substitution"], shown["lines"][0]["substitution"]) == ("never", "never")


async def test_a_store_is_named_by_number_or_slug(api: Api) -> None:
    by_slug = await api.call("POST", "/carts", {"store": "rennes-2"})

    assert by_slug.status_code == 201
    assert by_slug.json()["store"] == "2"
    for unknown in ("0", "9", "nowhere", "99999"):
        assert (await api.call("POST", "/carts", {"store": unknown})).status_code == 404


async def test_slots_are_listed_with_state_band_and_fee(api: Api) -> None:
    async with api.database.transaction() as tx:
        await tx.execute("update slot set capacity = 3, taken = 2 where slot_id = $1", _id(api, 0))
        await tx.execute("update slot set capacity = 0 where slot_id = $1", _id(api, 1))
        await tx.execute("update slot set closed = true where slot_id = $1", _id(api, 2))

    listed = (await api.call("GET", "/stores/1/slots")).json()

    assert listed["next"] is None
    assert [(slot["state"], slot["left"]) for slot in listed["items"]] == [
        ("open", "last"),
        ("full", "none"),
        ("closed", "many"),
        ("open", "many"),
        ("open", "many"),
        ("open", "many"),
    ]
    first = listed["items"][0]
    assert first["id"] == slot_at(api.clock.at)
    assert first["fee"] == 100
    assert first["starts_at"] == "2026-11-25T09:00:00Z"


async def test_a_later_period_shows_slots_that_are_not_open_yet(api: Api) -> None:
    path = "/stores/rennes-1/slots?channel=drive&from=2026-12-01T00:00:00Z&to=2026-12-03T00:00:00Z"

    listed = (await api.call("GET", path)).json()

    assert [slot["state"] for slot in listed["items"]] == ["not_yet"]


async def test_delivery_slots_ask_the_areas_fee(api: Api) -> None:
    listed = (await api.call("GET", "/stores/1/slots?channel=delivery&postcode=35000")).json()

    assert listed["items"][0]["id"] == slot_at(api.clock.at, 0, Channel.DELIVERY)
    assert listed["items"][0]["fee"] == 590


async def test_a_period_out_of_order_is_refused(api: Api) -> None:
    for query in (
        "from=2026-12-01T00:00:00",
        "from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z",
        "from=2026-12-02T00:00:00Z&to=2027-12-01T00:00:00Z",
        "cursor=x",
    ):
        assert (query, (await api.call("GET", f"/stores/1/slots?{query}")).status_code) == (query, 422)


def _id(api: Api, number: int) -> int:
    return int(slot_at(api.clock.at, number))
