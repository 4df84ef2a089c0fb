"""Who may reach what: each route for nobody, somebody else, another store's staff, and its owner."""

from datetime import timedelta
from uuid import uuid4

from cabas.web.bearer import CART_TOKEN_LIFETIME
from factories.network import FIRST_GTIN, slot_at
from factories.shopping import CONTACT, Api, Basket

SHOPPER_ROUTES = [
    ("GET", "/carts/{cart}", None),
    ("PUT", f"/carts/{{cart}}/lines/{FIRST_GTIN}", {"quantity": 1}),
    ("PATCH", "/carts/{cart}", {"substitution": "never"}),
    ("PUT", "/carts/{cart}/slot-hold", {"slot": "26112509001"}),
    ("DELETE", "/carts/{cart}/slot-hold", None),
    ("PUT", "/carts/{cart}/wishes", {"slots": ["26120109001"]}),
    ("DELETE", "/carts/{cart}/wishes", None),
    ("GET", "/orders/{order}", None),
    ("PUT", f"/orders/{{order}}/lines/{FIRST_GTIN}", {"quantity": 1}),
    ("POST", "/orders/{order}/cancellation", {}),
    ("POST", "/orders/{order}/arrival", {}),
]
STORE_ROUTES = [
    ("GET", "/store/1/orders", None),
    ("POST", "/store/1/orders/{order}/receipt", {"store_seq": 1, "sha256": "0" * 64}),
    ("POST", "/store/1/picking-events", {"device": "d", "events": []}),
]
PUBLIC_ROUTES = ["/stores", "/stores/1", "/stores/1/products", "/stores/1/slots", "/draws/2026-11-28"]


async def test_a_shoppers_things_are_theirs_alone(api: Api) -> None:
    owner, ordered = await _owner(api)
    stranger = await api.basket()
    customer = await api.customer()
    picker = await api.staff()
    bearers = {
        "nobody": None,
        "a forger": "cart." + "A" * 82,
        "a shopper": stranger.token,
        "a customer": customer,
        "staff": picker,
    }
    statuses = {"nobody": 401, "a forger": 401, "a shopper": 404, "a customer": 404, "staff": 401}

    for method, path, body in SHOPPER_ROUTES:
        place = path.format(cart=owner.id, order=ordered)
        answered = {
            who: (await api.call(method, place, body, token=token)).status_code
            for who, token in bearers.items()
        }

        assert (method, path, answered) == (method, path, statuses)


async def test_a_stores_things_are_its_own_staffs_alone(api: Api) -> None:
    owner, ordered = await _owner(api)
    customer = await api.customer()
    colleague = await api.staff(store_id=2)
    bearers = {
        "nobody": None,
        "the shopper": owner.token,
        "a customer": customer,
        "another store": colleague,
    }
    statuses = {"nobody": 401, "the shopper": 401, "a customer": 401, "another store": 403}

    for method, path, body in STORE_ROUTES:
        answered = {
            who: (await api.call(method, path.format(order=ordered), body, token=token)).status_code
            for who, token in bearers.items()
        }

        assert (method, path, answered) == (method, path, statuses)


BRIDGE = "/api/v1/bridge/"


async def test_every_route_of_the_document_is_in_the_matrix(api: Api) -> None:
    document = (await api.client.get("/api/openapi.json")).json()
    guarded = {
        (method.upper(), path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if operation.get("security") and {} not in operation["security"] and not path.startswith(BRIDGE)
    }

    assert len(guarded) == len(SHOPPER_ROUTES) + len(STORE_ROUTES) + 1  # and POST /orders, below


async def test_nobody_speaks_for_a_bridge_without_its_signature(api: Api) -> None:
    document = (await api.client.get("/api/openapi.json")).json()
    paths = [path for path in document["paths"] if path.startswith(BRIDGE)]

    answers = [await api.client.post(path, json={}) for path in paths]

    assert paths
    assert {answer.status_code for answer in answers} == {401}


async def test_somebody_elses_basket_can_not_be_ordered(api: Api) -> None:
    owner, stranger = await api.basket(), await api.basket()

    stolen = await api.order(Basket(owner.id, stranger.token))

    assert (stolen.status_code, stolen.json()["code"]) == (404, "cart_not_found")


async def test_no_bearer_is_told_how_to_come_back(api: Api) -> None:
    refused = await api.call("GET", f"/carts/{uuid4()}")

    assert refused.status_code == 401
    assert refused.json()["code"] == "unauthenticated"
    assert refused.headers["www-authenticate"] == 'Bearer realm="cabas"'


async def test_what_is_on_show_needs_no_bearer(api: Api) -> None:
    for path in PUBLIC_ROUTES:
        assert (path, (await api.call("GET", path)).status_code) == (path, 200)


async def test_a_customers_basket_opens_by_both_tokens_and_its_order_belongs_to_the_account(
    api: Api,
) -> None:
    customer = await api.customer()
    basket = await api.basket(token=customer)
    ordered = (await api.order(basket)).json()["id"]

    for token in (customer, basket.token):
        assert (await api.call("GET", f"/carts/{basket.id}", token=token)).status_code == 200
        assert (await api.call("GET", f"/orders/{ordered}", token=token)).status_code == 200


async def test_a_baskets_token_does_not_open_the_accounts_other_things(api: Api) -> None:
    customer = await api.customer()
    first, second = await api.basket(token=customer), await api.basket(token=customer)
    ordered = (await api.order(first)).json()["id"]

    assert (await api.call("GET", f"/carts/{first.id}", token=second.token)).status_code == 404
    assert (await api.call("GET", f"/orders/{ordered}", token=second.token)).status_code == 404
    cancelled = await api.call("POST", f"/orders/{ordered}/cancellation", token=second.token)
    assert cancelled.status_code == 404


async def test_a_baskets_token_runs_out(api: Api) -> None:
    basket = await api.basket()
    api.clock.at += CART_TOKEN_LIFETIME + timedelta(seconds=1)

    assert (await api.call("GET", f"/carts/{basket.id}", token=basket.token)).status_code == 401


async def test_a_body_is_bounded(api: Api) -> None:
    basket = await api.basket()
    body = {"cart": basket.id, "slot": slot_at(api.clock.at), "contact": {**CONTACT, "name": "x" * 70_000}}

    refused = await api.call("POST", "/orders", body, token=basket.token, headers={"idempotency-key": "a"})

    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


async def _owner(api: Api) -> tuple[Basket, str]:
    """Somebody's basket, and the order they made of it, sent to its store."""
    basket = await api.basket()
    ordered = (await api.order(basket)).json()["id"]
    await api.dispatch()
    return basket, ordered
