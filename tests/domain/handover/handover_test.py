"""At the counter: who is given what, once, and only when all of it is there."""

import asyncio
from datetime import datetime, timedelta

import pytest

from cabas.domain.handover import operations, queries
from cabas.domain.handover.model import (
    AlreadyHandedOver,
    BadRemarks,
    CratesMissing,
    IdentityUnchecked,
    NotReady,
    OrderCancelled,
    UnknownCrate,
    named,
)
from cabas.domain.orders import operations as orders
from cabas.domain.orders.model import Order, OrderNotFound, OrderState
from cabas.domain.payments import operations as payments
from cabas.domain.payments.model import PaymentDue
from cabas.domain.payments.queries import tenders_of
from cabas.domain.staff.model import StaffActor
from cabas.kit import audit
from cabas.kit.db import Database, Transaction
from cabas.kit.errors import Conflict
from factories.network import ALCOHOL_GTIN, make_network
from factories.preparation import Device, Wanted, make_order, picker, prepare


async def test_an_order_is_found_by_its_code_or_its_qr(tx: Transaction, now: datetime) -> None:
    order, _ = await _ready(tx, now)

    for text in ("K7F2MQ", " k7f 2mq ", f"https://drive.exemple.fr/commandes/{order.order_id}", "K7F2MQ-A"):
        found = await queries.find(tx, store_id=1, text=text)
        assert found.order_id == order.order_id, text


async def test_another_stores_order_is_not_found(tx: Transaction, now: datetime) -> None:
    order, _ = await _ready(tx, now)

    for text in ("K7F2MQ", str(order.order_id), "", "ÉÉÉÉÉÉ", "x" * 500):
        with pytest.raises(OrderNotFound):
            await queries.find(tx, store_id=2, text=text)
    with pytest.raises(OrderNotFound):
        await operations.hand_over(
            tx, store_id=2, order_id=order.order_id, actor=picker(store_id=2), identity_checked=False, now=now
        )


async def test_the_clock_runs_from_the_arrival(tx: Transaction, now: datetime) -> None:
    order, actor = await _ready(tx, now)
    await orders.announce_arrival(tx, order_id=order.order_id, shopper_id=order.shopper_id, bay="3", now=now)

    await operations.start(
        tx, store_id=1, order_id=order.order_id, actor=actor, now=now + timedelta(minutes=2)
    )

    counter = await queries.counter(tx, store_id=1, order_id=order.order_id)
    assert counter.handover is not None
    assert counter.handover.started_at == now
    [arrival] = await queries.arrivals(tx, store_id=1)
    assert (arrival.bay, arrival.crates, arrival.places) == ("3", 1, ("Étagère 4",))


async def test_it_is_given_when_every_crate_is_here(tx: Transaction, now: datetime) -> None:
    order, actor = await _ready(tx, now)
    give = {"store_id": 1, "order_id": order.order_id, "actor": actor, "now": now}

    with pytest.raises(CratesMissing):
        await operations.hand_over(tx, **give, identity_checked=False)
    await operations.bring_crate(tx, **give, label="k7f2mq-a")
    given = await operations.hand_over(tx, **give, identity_checked=True, remarks=["un œuf cassé", " "])

    assert (given.state, given.final_cents) == (OrderState.HANDED_OVER, 410)
    counter = await queries.counter(tx, store_id=1, order_id=order.order_id)
    assert counter.handover is not None
    assert counter.handover.remarks == ("un œuf cassé",)
    assert counter.handover.identity_checked is False  # nothing for adults: nothing is kept
    lines = await audit.lines_about(tx, store_id=1, subject=f"order:{order.order_id}")
    assert {"order.handed_over", "order.prepared"} == {line.action for line in lines}
    with pytest.raises(AlreadyHandedOver):
        await operations.hand_over(tx, **give, identity_checked=False)


async def test_what_a_card_did_not_pay_holds_the_handover(tx: Transaction, now: datetime) -> None:
    order, actor = await _ready(tx, now)
    await payments.open_card(tx, store_id=1, order_id=order.order_id, maximum_cents=500, now=now)
    give = {"store_id": 1, "order_id": order.order_id, "actor": actor, "now": now}
    await operations.bring_crate(tx, **give, label="A")

    for too_little_or_much in (0, 409, 411):
        with pytest.raises(PaymentDue):
            await operations.hand_over(tx, **give, identity_checked=False, collected_cents=too_little_or_much)
    given = await operations.hand_over(tx, **give, identity_checked=False, collected_cents=410)

    assert given.state is OrderState.HANDED_OVER
    counter = await queries.counter(tx, store_id=1, order_id=order.order_id)
    assert counter.balance is not None
    assert (counter.balance.taken_cents, counter.balance.due_cents) == (410, 0)
    _card, here = await tenders_of(tx, store_id=1, order_id=order.order_id)
    assert (here.kind.value, here.taken_cents) == ("at_store", 410)


async def test_a_crate_of_somebody_else_is_refused(tx: Transaction, now: datetime) -> None:
    order, actor = await _ready(tx, now)

    with pytest.raises(UnknownCrate):
        await operations.bring_crate(
            tx, store_id=1, order_id=order.order_id, label="ZZZZZZ-A", actor=actor, now=now
        )


async def test_a_crate_ticked_by_mistake_is_taken_back(tx: Transaction, now: datetime) -> None:
    order, actor = await _ready(tx, now)
    given = {"store_id": 1, "order_id": order.order_id, "label": "A", "actor": actor}
    await operations.bring_crate(tx, **given, now=now)
    await operations.take_back_crate(tx, **given)

    with pytest.raises(CratesMissing):
        await operations.hand_over(
            tx, store_id=1, order_id=order.order_id, actor=actor, identity_checked=False, now=now
        )


async def test_goods_for_adults_ask_for_a_look_at_identity(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now, wanted=[Wanted(gtin=ALCOHOL_GTIN, quantity=1)])
    actor = picker()
    device = Device(order.order_id, actor, now)
    for kind, members in (
        ("started", {"revision": 1}),
        ("picked", {"line": 1, "quantity": 1}),
        ("crate_added", {"crate_no": 1, "zone": "ambient"}),
        ("ready", {}),
    ):
        assert await device.does(tx, kind, **members) == "applied"
    give = {"store_id": 1, "order_id": order.order_id, "actor": actor, "now": now}
    await operations.bring_crate(tx, **give, label="A")

    assert (await queries.counter(tx, store_id=1, order_id=order.order_id)).minimum_age == 18
    with pytest.raises(IdentityUnchecked):
        await operations.hand_over(tx, **give, identity_checked=False)
    await operations.hand_over(tx, **give, identity_checked=True)
    counter = await queries.counter(tx, store_id=1, order_id=order.order_id)
    assert counter.handover is not None
    assert counter.handover.identity_checked


async def test_what_is_not_ready_or_cancelled_is_refused(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    give = {"store_id": 1, "order_id": order.order_id, "actor": picker(), "now": now}

    with pytest.raises(NotReady):
        await operations.start(tx, **give)
    await orders.cancel_by_store(tx, store_id=1, order_id=order.order_id, by="x", reason="y", now=now)
    with pytest.raises(OrderCancelled):
        await operations.hand_over(tx, **give, identity_checked=False)


async def test_too_many_remarks_are_refused(tx: Transaction, now: datetime) -> None:
    order, actor = await _ready(tx, now)

    with pytest.raises(BadRemarks):
        await operations.hand_over(
            tx,
            store_id=1,
            order_id=order.order_id,
            actor=actor,
            identity_checked=False,
            remarks=["x" * 201],
            now=now,
        )


async def test_of_two_who_give_it_at_once_one_does(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        order, actor = await _ready(tx, now)
        await operations.bring_crate(tx, store_id=1, order_id=order.order_id, label="A", actor=actor, now=now)

    async def give() -> str:
        try:
            async with database.transaction() as tx:
                await operations.hand_over(
                    tx, store_id=1, order_id=order.order_id, actor=actor, identity_checked=False, now=now
                )
        except Conflict as refused:
            return refused.code
        return "given"

    outcomes = await asyncio.gather(*(give() for _ in range(5)))

    assert sorted(outcomes) == ["already_handed_over"] * 4 + ["given"]


def test_a_code_is_read_as_it_is_said() -> None:
    assert named("k7f-2mq") == "K7F2MQ"
    assert named("") == ""


async def _ready(tx: Transaction, now: datetime) -> tuple[Order, StaffActor]:
    await make_network(tx, now=now)
    order, actor = await make_order(tx, now=now), picker()
    await prepare(tx, order, actor=actor, now=now)
    return order, actor
