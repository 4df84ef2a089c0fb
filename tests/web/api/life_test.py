"""An order's whole life by the API: placed, received by its store, changed, announced, cancelled."""

import asyncio
import hashlib
from datetime import timedelta

from cabas.domain.staff.model import Role
from factories.network import FIRST_GTIN, slot_at
from factories.shopping import Api


async def test_an_order_goes_straight_to_its_store_and_can_be_followed(api: Api) -> None:
    basket = await api.basket()
    order = (await api.order(basket)).json()
    store = await api.staff()

    await api.dispatch()
    pulled = (await api.call("GET", "/store/1/orders?after=0", token=store)).json()
    sent = pulled["items"][0]
    digest = hashlib.sha256(sent["body"].encode()).hexdigest()
    receipt = await api.call(
        "POST",
        f"/store/1/orders/{order['id']}/receipt",
        {"store_seq": sent["store_seq"], "sha256": digest},
        token=store,
    )

    assert (sent["order"], sent["kind"], sent["sha256"]) == (order["id"], "order_placed", digest)
    assert pulled["next"] is None
    assert receipt.json() == {"received_at": "2026-11-24T09:00:00Z"}
    path = f"/orders/{order['id']}"
    followed = (await api.call("GET", path, token=basket.token)).json()
    assert followed["state"] == "received"
    assert [step["state"] for step in followed["history"]] == ["placed", "received"]
    arrived = await api.call("POST", f"{path}/arrival", {"bay": "12"}, token=basket.token)
    assert arrived.status_code == 201
    cancelled = await api.call("POST", f"{path}/cancellation", {"reason": "fini"}, token=basket.token)
    assert (cancelled.status_code, cancelled.json()["state"]) == (201, "cancelled")
    again = await api.call("POST", f"{path}/cancellation", token=basket.token)
    assert (again.status_code, again.json()["state"]) == (201, "cancelled")
    assert (await api.call("POST", f"{path}/arrival", token=basket.token)).status_code == 409
    await api.dispatch()
    later = (await api.call("GET", "/store/1/orders?after=1", token=store)).json()
    assert [one["kind"] for one in later["items"]] == ["order_cancelled"]


async def test_a_line_can_be_changed_until_the_cut_off(api: Api) -> None:
    basket = await api.basket()
    order = (await api.order(basket)).json()
    path = f"/orders/{order['id']}/lines/{FIRST_GTIN}"

    changed = await api.call("PUT", path, {"quantity": 5}, token=basket.token)
    emptied = await api.call("PUT", path, {"quantity": 0}, token=basket.token)
    api.clock.at += timedelta(hours=22)
    late = await api.call("PUT", path, {"quantity": 1}, token=basket.token)

    assert (changed.json()["revision"], changed.json()["lines"][0]["quantity"]) == (2, 5)
    assert (emptied.status_code, emptied.json()["code"]) == (422, "order_empty")
    assert (late.status_code, late.json()["code"]) == (409, "order_closed")


async def test_a_change_is_bounded_like_a_basket(api: Api) -> None:
    basket = await api.basket()
    order = (await api.order(basket)).json()

    refused = await api.call(
        "PUT", f"/orders/{order['id']}/lines/{FIRST_GTIN}", {"quantity": 100}, token=basket.token
    )

    assert (refused.status_code, refused.json()["code"]) == (422, "bad_quantity")


async def test_an_order_can_not_be_cancelled_after_the_cut_off(api: Api) -> None:
    basket = await api.basket()
    order = (await api.order(basket)).json()
    api.clock.at += timedelta(hours=22)

    refused = await api.call("POST", f"/orders/{order['id']}/cancellation", token=basket.token)

    assert (refused.status_code, refused.json()["code"]) == (409, "order_closed")


async def test_a_cancelled_place_is_free_again(api: Api) -> None:
    async with api.database.transaction() as tx:
        await tx.execute(
            "update slot set capacity = 1 where store_id = 1 and slot_id = $1", int(slot_at(api.clock.at))
        )
    first, second = await api.basket(), await api.basket()
    order = (await api.order(first)).json()
    assert (await api.order(second, key="a")).status_code == 409

    await api.call("POST", f"/orders/{order['id']}/cancellation", token=first.token)

    assert (await api.order(second, key="a")).status_code == 201


async def test_a_receipt_of_other_bytes_is_refused(api: Api) -> None:
    order = (await api.order(await api.basket())).json()
    store = await api.staff()
    await api.dispatch()
    path = f"/store/1/orders/{order['id']}/receipt"

    other = await api.call("POST", path, {"store_seq": 1, "sha256": "0" * 64}, token=store)
    never = await api.call("POST", path, {"store_seq": 2, "sha256": "0" * 64}, token=store)

    assert (other.status_code, other.json()["code"]) == (409, "digest_differs")
    assert (never.status_code, never.json()["code"]) == (404, "dispatch_not_found")


async def test_a_store_that_waits_is_woken_by_its_next_order(api: Api) -> None:
    store = await api.staff()
    waiting = asyncio.create_task(api.call("GET", "/store/1/orders?wait=20", token=store))
    await asyncio.sleep(0)

    await api.order(await api.basket())
    await api.dispatch()

    pulled = (await waiting).json()
    assert [one["store_seq"] for one in pulled["items"]] == [1]


async def test_a_store_that_waits_in_vain_is_answered_with_nothing(api: Api) -> None:
    store = await api.staff()

    pulled = (await api.call("GET", "/store/1/orders?wait=1", token=store)).json()

    assert pulled == {"items": [], "next": None}


async def test_head_office_reads_a_store_but_does_not_sign_for_it(api: Api) -> None:
    order = (await api.order(await api.basket())).json()
    await api.dispatch()
    office = await api.staff(role=Role.HEAD_OFFICE, store_id=0)

    pulled = await api.call("GET", "/store/1/orders", token=office)
    receipt = await api.call(
        "POST",
        f"/store/1/orders/{order['id']}/receipt",
        {"store_seq": 1, "sha256": pulled.json()["items"][0]["sha256"]},
        token=office,
    )

    assert pulled.status_code == 200
    assert (receipt.status_code, receipt.json()["code"]) == (403, "not_allowed")
