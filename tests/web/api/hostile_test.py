"""What no honest client sends: other encodings, broken JSON, junk in headers and paths. Never a 5xx."""

import json

import httpx

from factories.network import FIRST_GTIN, slot_at
from factories.shopping import CONTACT, Api, Basket

BODIES = {
    "nothing": b"",
    "not JSON": b"{",
    "not an object": b"[]",
    "null": b"null",
    "not UTF-8": b'{"quantity": 1, "\xff\xfe": 1}',
    "UTF-16": '{"quantity": 1}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"quantity": 1}',
    "a huge number": b'{"quantity": 1e400}',
    "an endless number": b'{"quantity": ' + b"9" * 5000 + b"}",
    "not a number": b'{"quantity": NaN}',
    "too deep": b"[" * 20_000,
    "an unknown member": b'{"quantity": 1, "price": 1}',
    "a member twice": b'{"quantity": 1, "quantity": -1}',
    "another form": b"quantity=1",
}
TEXTS = ["\u0000", "\ud800", "\udfff x", "\ufffe\uffff", "\u202egnp", "a" * 300, "'; drop table orders; --"]
HEADERS = [
    {"authorization": "Bearer"},
    {"authorization": "Bearer "},
    {"authorization": "Bearer \xff"},
    {"authorization": "Bearer cart."},
    {"authorization": "Bearer cart.AAAA"},
    {"authorization": "Bearer " + "A" * 4000},
    {"authorization": "Basic YTpi"},
    {"authorization": "bearer a b c"},
]


async def test_a_broken_body_is_refused_as_malformed(api: Api) -> None:
    basket = await api.basket()

    for name, body in BODIES.items():
        answer = await _send(api, "PUT", f"/carts/{basket.id}/lines/{FIRST_GTIN}", body, basket)

        assert (name, answer.status_code) == (name, 400)
        assert answer.headers["content-type"] == "application/problem+json"


async def test_a_bodys_declared_type_does_not_matter(api: Api) -> None:
    basket = await api.basket()

    for kind in ("text/plain", "application/xml", "multipart/form-data", "application/json; charset=latin-1"):
        path = f"/carts/{basket.id}/lines/{FIRST_GTIN}"
        answer = await _send(api, "PUT", path, b'{"quantity": 1}', basket, kind=kind)

        assert (kind, answer.status_code) == (kind, 200)


async def test_a_hostile_text_is_refused_or_kept_as_text(api: Api) -> None:
    for text in TEXTS:
        basket = await api.basket()
        body = {
            "cart": basket.id,
            "slot": slot_at(api.clock.at),
            "payment": {"method": "at_store"},
            "contact": {**CONTACT, "name": text},
        }
        answer = await _send(
            api, "POST", "/orders", json.dumps(body).encode(), basket, **{"idempotency-key": "a"}
        )

        assert (text, answer.status_code) in {(text, 201), (text, 400), (text, 422)}


async def test_a_strange_key_is_a_key_like_any_other(api: Api) -> None:
    for key, status in ((b"\xe9\xff", 201), (b"a b", 201), (b"'", 201), (b"k" * 128, 201), (b"k" * 129, 400)):
        basket = await api.basket()
        body = {
            "cart": basket.id,
            "slot": slot_at(api.clock.at),
            "payment": {"method": "at_store"},
            "contact": CONTACT,
        }
        answer = await api.client.post(
            "/api/v1/orders",
            json=body,
            headers=[(b"authorization", f"Bearer {basket.token}".encode()), (b"idempotency-key", key)],
        )

        assert (key, answer.status_code) == (key, status)


async def test_a_broken_bearer_is_no_bearer(api: Api) -> None:
    basket = await api.basket()

    for header in HEADERS:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in header.items()]
        answer = await api.client.get(f"/api/v1/carts/{basket.id}", headers=raw)

        assert (header, answer.status_code) == (header, 401)


async def test_a_broken_address_is_refused(api: Api) -> None:
    for path, statuses in (
        ("/stores/%00", {404}),
        ("/stores/%ff%fe", {404}),
        ("/stores/..%2f..%2fetc", {404}),
        ("/stores/" + "x" * 81, {400}),
        ("/stores/1/products/%00", {400}),
        ("/stores/1/products?q=%00", {200}),
        ("/stores/1/products?q=%ff", {200}),
        ("/stores/1/products?q=" + "x" * 201, {400}),
        ("/stores/1/products?category=%00", {404}),
        ("/stores?q=%00%ff", {200}),
        ("/stores?near=48.1,-1.6&near=1,1", {200, 400, 422}),
        ("/stores/1/slots?from=%00", {422}),
        ("/stores/1/slots?from=9999-12-31T23:59:59Z", {422}),
        ("/stores/1/slots?from=0001-01-01T00:00:00Z&to=0001-01-02T00:00:00Z", {200}),
        ("/stores/1/slots?from=2026-12-01T00:00:00+01:00", {200}),
        ("/carts/none", {404}),
        ("/nowhere", {404}),
    ):
        answer = await api.client.get(f"/api/v1{path}")

        assert answer.status_code in statuses, (path, answer.status_code, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"


async def test_picking_events_out_of_form_keep_nothing(api: Api) -> None:
    store = await api.staff()

    for events, status in (
        ([{}], 422),
        ([{"kind": "picked"}], 422),
        (["picked"], 400),
        ([{}] * 201, 400),
        ([{"kind": "\ud800"}], 400),
    ):
        body = json.dumps({"device": "d-1", "events": events}).encode()
        answer = await _send(api, "POST", "/store/1/picking-events", body, Basket("", store))

        assert (events[:1], answer.status_code) == (events[:1], status)


async def _send(
    api: Api,
    method: str,
    path: str,
    body: bytes,
    basket: Basket,
    *,
    kind: str = "application/json",
    **headers: str,
) -> httpx.Response:
    given = {"authorization": f"Bearer {basket.token}", "content-type": kind, **headers}
    return await api.client.request(method, f"/api/v1{path}", content=body, headers=given)
