"""One trace id from the click to the store's receipt, as a collector is told by OTLP."""

import hashlib

import pytest

from cabas.connectors.telemetry_otlp.sending import OtlpTracer
from cabas.kit import tracing
from cabas.kit.tracing import parse
from factories.collector import collector
from factories.network import slot_at, slot_not_open
from factories.shopping import CONTACT, Api

CLICK = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def collected():
    with collector() as kept:
        tracing.use(OtlpTracer(kept.url, service="cabas-web", environment="development"))
        try:
            yield kept
        finally:
            tracing.use(None)


async def test_one_trace_leads_from_the_click_to_the_receipt(api: Api, collected) -> None:
    store = await api.staff()
    order = await order_traced(api, CLICK)
    await api.dispatch()
    await receive(api, store, order)
    tracing.use(None)  # sends what is left

    click, placing = collected.named("POST /api/v1/orders"), collected.named("place order")
    dispatched = collected.named("dispatch order_placed")
    received = collected.named("receive order_placed")
    assert {one["trace"] for one in (click, placing, dispatched, received)} == {parse(CLICK).trace_id}
    assert click["parent"] == parse(CLICK).span_id
    assert placing["parent"] == click["id"]
    assert dispatched["parent"] == received["parent"] == placing["id"]
    assert received["attributes"] == {"cabas.store": 1, "cabas.order": order["id"]}
    assert click["attributes"]["http.response.status_code"] == 201
    assert click["service"] == "cabas-web"


async def test_an_order_that_is_not_sampled_carries_nothing(api: Api, collected) -> None:
    await order_traced(api, CLICK[:-1] + "0")
    await api.dispatch()
    tracing.use(None)

    async with api.database.read() as reader:
        kept = await reader.fetchval("select agreed ? 'trace' from orders")
    assert not kept
    assert collected.spans == []


async def test_a_refusal_is_recorded_by_its_kind(api: Api, collected) -> None:
    basket = await api.basket()
    await api.call(
        "POST",
        "/orders",
        {
            "cart": basket.id,
            "slot": slot_not_open(api.clock.at),
            "payment": {"method": "at_store"},
            "contact": CONTACT,
        },
        token=basket.token,
        headers={"idempotency-key": "one", "traceparent": CLICK},
    )
    tracing.use(None)

    assert collected.named("place order")["error"] == "SlotNotOpen"
    assert collected.named("POST /api/v1/orders")["error"] == ""


async def order_traced(api: Api, header: str) -> dict[str, str]:
    basket = await api.basket()
    body = {
        "cart": basket.id,
        "slot": slot_at(api.clock.at),
        "payment": {"method": "at_store"},
        "contact": CONTACT,
    }
    answer = await api.call(
        "POST", "/orders", body, token=basket.token, headers={"idempotency-key": "one", "traceparent": header}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


async def receive(api: Api, store: str, order: dict[str, str]) -> None:
    pulled = (await api.call("GET", "/store/1/orders?after=0", token=store)).json()
    sent = pulled["items"][0]
    digest = hashlib.sha256(sent["body"].encode()).hexdigest()
    answer = await api.call(
        "POST",
        f"/store/1/orders/{order['id']}/receipt",
        {"store_seq": sent["store_seq"], "sha256": digest},
        token=store,
    )
    assert answer.status_code == 201, answer.text
