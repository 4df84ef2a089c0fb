"""Preparing and handing over by plain forms, and by a device's batch."""

import hashlib
import re
from datetime import datetime, timedelta
from uuid import uuid4

import pytest

from cabas.domain.orders import dispatch
from cabas.domain.orders import operations as order_operations
from cabas.domain.orders import queries as orders
from cabas.domain.orders.model import OrderState
from cabas.domain.payments import operations as payments
from cabas.domain.preparation import queries
from cabas.domain.preparation.scales import check_digit
from cabas.kit.clock import FixedClock
from cabas.kit.ids import new_id
from factories.network import FIRST_GTIN, WEIGHED_GTIN
from factories.phone import Phone
from factories.preparation import STORE


async def test_an_order_is_prepared_and_handed_over_by_plain_forms(phone: Phone) -> None:
    board = await phone.get("/preparation")
    assert "K7F2MQ" in board.text
    begun = await phone.event("started", revision=1)
    assert begun.headers["location"] == f"{phone.order}?vue=ligne"
    line = await phone.get(f"{phone.order}?vue=ligne")
    assert "Produit 0" in line.text

    await phone.event("scan", line=1, code=f"{FIRST_GTIN:013d}")
    await phone.event("weighed", line=2, weight_grams=940)
    missing = await phone.get(f"{phone.order}?vue=ligne&n=3&manque=1")
    assert "Produit 11" in missing.text
    await phone.event("substituted", line=3, gtin=FIRST_GTIN + 11, quantity=2)
    await phone.event("crate_added", crate_no=1, zone="ambient")
    await phone.event("crate_added", crate_no=2, zone="chilled")
    assert (await phone.get(f"{phone.order}/etiquettes")).text.count("<svg") >= 2
    await phone.event("crate_staged", crate_no=1, place="Étagère 4")
    # The substitute is ambient: no chilled goods are left, but both crates are to be brought.
    await phone.event("ready")

    path = f"/preparation/remises/{phone.order_id}"
    found = await phone.post("/preparation/remises", {"code": "k7f 2mq"})
    assert found.headers["location"] == path
    early = await phone.post(path, {})
    assert early.headers["location"] == path
    assert "apportez-les" in (await phone.get(path)).text
    await phone.post(f"{path}/bacs", {"code": "K7F2MQ-A"})
    await phone.post(f"{path}/bacs", {"code": "B"})
    await phone.post(path, {"remark": "un sac en plus"})

    async with phone.database.read() as reader:
        order = await orders.order_of_store(reader, store_id=STORE, order_id=phone.order_id)
    assert order.state is OrderState.HANDED_OVER
    assert order.final_cents == 200 + 103 + 400 + 100  # 940 g at 1.10 €; the lower of the two prices
    assert "8,03" in (await phone.get(path)).text


async def test_what_a_card_did_not_pay_is_collected_at_the_counter(phone: Phone, now: datetime) -> None:
    async with phone.database.transaction() as tx:
        await payments.open_card(tx, store_id=STORE, order_id=phone.order_id, maximum_cents=5_000, now=now)
    await phone.event("started", revision=1)
    await phone.event("picked", line=1, quantity=2)
    await phone.event("missing", line=2)
    await phone.event("missing", line=3)
    await phone.event("crate_added", crate_no=1, zone="ambient")
    await phone.event("crate_staged", crate_no=1, place="Étagère 4")
    await phone.event("ready")
    path = f"/preparation/remises/{phone.order_id}"
    await phone.post(f"{path}/bacs", {"code": "A"})

    page = (await phone.get(path)).text
    assert "À encaisser au retrait" in page
    due = re.search(r'name="due" value="(\d+)"', page)
    assert due
    await phone.post(path, {"due": due[1]})
    assert "Il reste un montant à encaisser" in (await phone.get(path)).text
    await phone.post(path, {"due": due[1], "collected": "1"})

    async with phone.database.read() as reader:
        order = await orders.order_of_store(reader, store_id=STORE, order_id=phone.order_id)
    assert order.state is OrderState.HANDED_OVER
    assert order.final_cents == int(due[1])


async def test_a_double_click_is_one_deed(phone: Phone) -> None:
    await phone.event("started", revision=1)
    event_id = str(uuid4())

    for _ in range(2):
        answer = await phone.event("picked", line=1, quantity=2, event_id=event_id)
        assert answer.status_code == 303

    async with phone.database.read() as reader:
        journal = await queries.journal(reader, store_id=STORE, order_id=phone.order_id)
    assert [one["kind"] for one in journal] == ["started", "picked"]


async def test_a_wrong_scan_is_told(phone: Phone) -> None:
    await phone.event("started", revision=1)

    answer = await phone.event("scan", line=1, code="3250391123456")

    assert answer.headers["location"] == f"{phone.order}?vue=ligne&n=1"
    assert "pas le bon produit" in (await phone.get(answer.headers["location"])).text


async def test_the_label_of_a_scale_weighs_the_line(phone: Phone) -> None:
    body = "2600001" + "00960"
    article = int("260000100000" + check_digit("260000100000"))
    async with phone.database.transaction() as tx:
        await tx.execute("update order_line set gtin = $1 where gtin = $2", article, WEIGHED_GTIN)
    await phone.event("started", revision=1)

    await phone.event("scan", line=2, code=body + check_digit(body))

    async with phone.database.read() as reader:
        picked = await queries.picked_lines(reader, store_id=STORE, order_id=phone.order_id)
    assert picked[2].weight_grams == 960


async def test_a_weight_out_of_tolerance_asks_first(phone: Phone) -> None:
    await phone.event("started", revision=1)

    answer = await phone.event("weighed", line=2, weight_grams=1500)

    assert "grammes=1500" in answer.headers["location"]
    assert "Garder ce poids" in (await phone.get(answer.headers["location"])).text
    await phone.event("weighed", line=2, weight_grams=1500, confirmed=1)
    async with phone.database.read() as reader:
        picked = await queries.picked_lines(reader, store_id=STORE, order_id=phone.order_id)
    assert (picked[2].weight_grams, picked[2].total_cents) == (1500, 121)


async def test_no_substitute_is_shown_to_who_wants_none(phone: Phone) -> None:
    await phone.event("started", revision=1)

    page = await phone.get(f"{phone.order}?vue=ligne&n=1&manque=1")

    assert "ne veut pas de remplacement" in page.text
    assert 'name="gtin"' not in page.text


async def test_a_batch_of_the_device_is_told_event_by_event(phone: Phone) -> None:
    at = "2026-11-24T08:59:00Z"
    base = {"order_id": str(phone.order_id), "occurred_at": at}
    events = [
        {**base, "event_id": str(uuid4()), "device_seq": 1, "kind": "started", "revision": 1},
        {**base, "event_id": str(uuid4()), "device_seq": 2, "kind": "picked", "line": 1, "quantity": 2},
        {**base, "event_id": str(uuid4()), "device_seq": 3, "kind": "picked", "line": 1, "quantity": 9},
        {**base, "event_id": "x", "device_seq": 4, "kind": "eaten"},
    ]

    first = (await phone.json("/preparation/evenements", {"events": events})).json()["outcomes"]
    again = (await phone.json("/preparation/evenements", {"events": events})).json()["outcomes"]

    assert [one["outcome"] for one in first] == ["applied", "applied", "refused", "refused"]
    assert [one["reason"] for one in first] == ["", "", "too_many", "unreadable"]
    assert first[2]["text"]
    assert [one["outcome"] for one in again] == ["duplicate"] * 3 + ["refused"]


@pytest.mark.parametrize("body", [[], {"events": 1}, "x", {"events": [1]}, {"events": [{}]}])
async def test_a_broken_batch_is_no_accident(phone: Phone, body: object) -> None:
    answer = await phone.json("/preparation/evenements", body)

    assert answer.status_code < 500


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"kind": "picked"},
        {"kind": "picked", "line": "x" * 500, "quantity": "-1"},
        {"kind": "scan", "line": "1", "code": "é\u202e<script>" * 9},
        {"kind": "started", "revision": "9" * 30, "event_id": "no"},
        {"kind": "crate_staged", "crate_no": "99", "place": "x" * 300},
    ],
)
async def test_hostile_forms_are_no_accident(phone: Phone, fields: dict[str, str]) -> None:
    answer = await phone.post(f"{phone.order}/evenements", fields)

    assert answer.status_code in (303, 422)


async def test_a_change_of_the_order_is_on_every_view(phone: Phone) -> None:
    await phone.event("started", revision=1)
    async with phone.database.transaction() as tx:
        await tx.execute(
            "insert into order_line select store_id, order_id, 2, line_no, gtin, 1, unit_price_cents, 0,"
            " unit_price_cents, unit_price_cents, vat_basis_points, substitution, frozen"
            " from order_line where line_no = 1"
        )
        await tx.execute("update orders set revision = 2")

    page = await phone.get(f"{phone.order}?vue=bacs")
    assert "a modifié sa commande" in page.text
    assert "+ Ambiant" not in page.text
    await phone.event("revision_seen", revision=2)
    assert "a modifié sa commande" not in (await phone.get(f"{phone.order}?vue=bacs")).text


async def test_a_cancelled_order_says_what_goes_back(phone: Phone, clock: FixedClock) -> None:
    await phone.event("started", revision=1)
    await phone.event("picked", line=1, quantity=2)
    async with phone.database.transaction() as tx:
        await order_operations.cancel_by_store(
            tx, store_id=STORE, order_id=phone.order_id, by="store:Sophie", reason="x", now=clock.at
        )

    page = await phone.get(phone.order)

    assert "Commande annulée" in page.text
    assert "Produit 0" in page.text


async def test_what_the_device_received_is_acknowledged_by_its_digest(
    phone: Phone, clock: FixedClock
) -> None:
    await _dispatched(phone, clock)
    item = (await phone.get("/preparation/flux?apres=0")).json()["items"][0]
    assert not item["received"]
    receipt = {"store_seq": item["store_seq"], "order": item["order"], "sha256": "0" * 64}

    wrong = await phone.json("/preparation/recus", [receipt])
    assert wrong.json() == {"differing": [1]}
    assert await _state(phone) is OrderState.PLACED

    digest = hashlib.sha256(item["body"].encode()).hexdigest()
    right = await phone.json("/preparation/recus", [{**receipt, "sha256": digest}])
    assert right.json() == {"differing": []}
    assert await _state(phone) is OrderState.RECEIVED


async def test_without_scripts_the_page_that_was_shown_is_the_receipt(
    phone: Phone, clock: FixedClock
) -> None:
    await _dispatched(phone, clock)

    board = await phone.get("/preparation")
    assert await _state(phone) is OrderState.PLACED
    assert "recevoir=1" in board.text
    await phone.get("/preparation?recevoir=1")

    assert await _state(phone) is OrderState.RECEIVED


async def test_an_unreceived_order_turns_amber(phone: Phone, clock: FixedClock) -> None:
    await _dispatched(phone, clock)
    assert "non reçue" not in (await phone.get("/preparation")).text

    clock.at += timedelta(minutes=3)

    assert "non reçue" in (await phone.get("/preparation")).text


async def test_nobody_sees_anything_without_device_and_pin(phone: Phone, clock: FixedClock) -> None:
    clock.at += timedelta(minutes=20)
    for path in ("/preparation", phone.order, "/preparation/remises", f"{phone.order}/impression"):
        answer = await phone.get(path)
        assert answer.headers["location"] == "/preparation/connexion", path
    phone.client.cookies.delete("cabas_device")
    assert (await phone.get("/preparation")).headers["location"] == "/preparation/appareil"


async def test_a_wrong_pin_is_told_and_then_locked(phone: Phone) -> None:
    page = await phone.get("/preparation/connexion")
    staff_id = page.text.split("qui=", 1)[1].split('"', 1)[0]

    answers = [
        await phone.post("/preparation/connexion", {"staff": staff_id, "pin": "9999"}) for _ in range(6)
    ]

    assert "pas le bon code" in answers[0].text
    assert answers[-1].status_code == 429


async def test_another_stores_order_is_not_found(phone: Phone, clock: FixedClock) -> None:
    other = new_id(clock.at, 2)

    assert (await phone.get(f"/preparation/commandes/{other}")).status_code == 404
    assert (await phone.get(f"/preparation/remises/{other}")).status_code == 404


async def test_a_demo_device_is_refused_a_store_that_is_not(phone: Phone) -> None:
    refused = await phone.post("/preparation/appareil/essai", {"store": "4000"}, page="/preparation/appareil")
    taken = await phone.post("/preparation/appareil/essai", {"store": "2"}, page="/preparation/appareil")

    assert refused.status_code == 422
    assert taken.headers["location"] == "/preparation/connexion"


async def _dispatched(phone: Phone, clock: FixedClock) -> None:
    async with phone.database.transaction() as tx:
        await tx.execute("update orders set state = 'placed'")
        await tx.execute(
            """
            insert into outbox (store_id, outbox_id, order_id, revision, kind, created_at, next_at)
                 values ($1, $2, $3, 1, 'order_placed', $4, $4)""",
            STORE,
            new_id(clock.at, STORE),
            phone.order_id,
            clock.at,
        )
        await dispatch.dispatch_batch(tx, now=clock.at)


async def _state(phone: Phone) -> OrderState:
    async with phone.database.read() as reader:
        return (await orders.order_of_store(reader, store_id=STORE, order_id=phone.order_id)).state
