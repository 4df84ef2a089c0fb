"""Everything is killed in the middle of orders, then started again: what was acknowledged is there."""

import json
import threading
import urllib.error
import urllib.request
from uuid import uuid4

ORDERS_BEFORE_THE_KILL = 25
SHOPPERS = 4


def test_no_acknowledged_order_is_lost_when_everything_is_killed(product):
    acknowledged: list[tuple[str, str]] = []
    enough = threading.Event()
    shoppers = [
        threading.Thread(target=order_until_refused, args=(product, acknowledged, enough), daemon=True)
        for _ in range(SHOPPERS)
    ]
    for shopper in shoppers:
        shopper.start()
    assert enough.wait(120)

    product.kill_everything()
    for shopper in shoppers:
        shopper.join(60)
    product.start()

    for order, token in acknowledged:
        found = call(product, "GET", f"/orders/{order}", token=token)
        assert found["id"] == order
    assert product.check()["ok"]


def order_until_refused(product, acknowledged, enough):
    """Orders one after the other, each with a basket of its own, until nobody answers."""
    store = str(product.card["picker"]["store"])
    while True:
        try:
            slots = call(product, "GET", f"/stores/{store}/slots?channel=drive")["items"]
            slot = next(one for one in slots if one["state"] == "open")["id"]
            gtin = call(product, "GET", f"/stores/{store}/products?q=lait")["items"][0]["gtin"]
            cart = call(product, "POST", "/carts", {"store": store})
            call(product, "PUT", f"/carts/{cart['id']}/lines/{gtin}", {"quantity": 2}, token=cart["token"])
            order = call(
                product,
                "POST",
                "/orders",
                {
                    "cart": cart["id"],
                    "slot": slot,
                    "payment": {"method": "at_store"},
                    "contact": {"name": "Claire", "email": "claire@example.fr", "phone": "0612345678"},
                },
                token=cart["token"],
                key=str(uuid4()),
            )
        except (OSError, StopIteration, json.JSONDecodeError):
            return
        acknowledged.append((order["id"], cart["token"]))
        if len(acknowledged) >= ORDERS_BEFORE_THE_KILL:
            enough.set()


def call(product, method, path, body=None, *, token="", key=""):
    headers = {"content-type": "application/json"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    if key:
        headers["idempotency-key"] = key
    request = urllib.request.Request(  # noqa: S310 - our own address
        f"{product.url}/api/v1{path}",
        method=method,
        headers=headers,
        data=json.dumps(body).encode() if body is not None else None,
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - our own address
        return json.loads(answer.read())
