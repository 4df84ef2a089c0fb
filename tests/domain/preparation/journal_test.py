"""The journal: every event once, whatever the network does; who may write in it; what it refuses."""

import asyncio
from datetime import datetime, timedelta

import msgspec
import pytest

from cabas.domain.orders import operations as orders
from cabas.domain.orders import queries as order_queries
from cabas.domain.orders.model import OrderState
from cabas.domain.preparation import queries
from cabas.domain.preparation.events import UnreadableEvent, read_event
from cabas.domain.preparation.model import LineOutcome
from cabas.domain.staff.model import NotAllowed, Role
from cabas.kit.db import Database, Transaction
from factories.network import ALCOHOL_GTIN, FIRST_GTIN, WEIGHED_GTIN, make_network
from factories.preparation import Device, Wanted, make_order, picker, prepare, revise


async def test_an_order_is_prepared_from_first_line_to_ready(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)

    await prepare(tx, order, actor=picker(), now=now)

    after = await order_queries.order_of_store(tx, store_id=1, order_id=order.order_id)
    assert after.state is OrderState.READY
    assert after.final_cents == 2 * 100 + 110 + 100  # two pieces, a kilogram, the fee
    history = await order_queries.history(tx, store_id=1, order_id=order.order_id)
    assert [step.state for step in history] == [OrderState.PREPARING, OrderState.READY]


async def test_a_batch_sent_a_hundred_times_has_one_effect(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    device = Device(order.order_id, picker(), now)
    batch = [
        device.event("started", revision=1),
        device.event("picked", line=1, quantity=2),
        device.event("undone", line=1),
        device.event("short", line=1, quantity=1),
        device.event("weighed", line=2, weight_grams=5000),
        device.event("crate_added", crate_no=1, zone="ambient"),
    ]

    first = await device.send(tx, *batch)
    again = [await device.send(tx, *batch) for _ in range(100)]

    assert [one.reason or one.outcome for one in first] == ["applied"] * 4 + ["too_heavy", "applied"]
    assert {one.outcome for outcomes in again for one in outcomes} == {"duplicate"}
    assert [one.reason for one in again[-1]] == ["", "", "", "", "too_heavy", ""]
    task = await queries.task(tx, store_id=1, order_id=order.order_id)
    assert {number: line.outcome for number, line in task.picked.items()} == {1: LineOutcome.SHORT}
    assert len(task.crates) == 1
    assert len(await queries.journal(tx, store_id=1, order_id=order.order_id)) == 6


async def test_the_same_event_twice_in_one_batch_counts_once(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    device = Device(order.order_id, picker(), now)
    started = device.event("started", revision=1)

    outcomes = await device.send(tx, started, started)

    assert [one.outcome for one in outcomes] == ["applied", "duplicate"]


async def test_a_batch_out_of_order_takes_effect_in_the_devices_order(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    device = Device(order.order_id, picker(), now)
    started, done = device.event("started", revision=1), device.event("picked", line=1, quantity=2)

    outcomes = await device.send(tx, done, started)

    assert [one.outcome for one in outcomes] == ["applied", "applied"]


async def test_two_devices_replaying_at_once_write_one_journal(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        await make_network(tx, now=now)
        order = await make_order(tx, now=now)
    device = Device(order.order_id, picker(), now)
    batch = [device.event("started", revision=1), device.event("picked", line=1, quantity=2)]

    async def replay() -> list[str]:
        async with database.transaction() as tx:
            return [one.outcome for one in await device.send(tx, *batch)]

    outcomes = await asyncio.gather(*(replay() for _ in range(8)))

    assert sorted(outcomes) == [["applied", "applied"]] + [["duplicate", "duplicate"]] * 7


async def test_of_two_pickers_at_once_one_has_the_order(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        await make_network(tx, now=now)
        order = await make_order(tx, now=now)
    pickers = [Device(order.order_id, picker(name), now) for name in ("Karim", "Lou", "Ana", "Tom")]

    async def start(device: Device) -> str:
        async with database.transaction() as tx:
            return await device.starts(tx)

    outcomes = await asyncio.gather(*(start(device) for device in pickers))

    assert sorted(outcomes) == ["applied", "leased", "leased", "leased"]


async def test_a_colleague_is_told_who_has_the_order(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    await Device(order.order_id, picker("Karim"), now).starts(tx)
    other = Device(order.order_id, picker("Lou"), now)

    outcome = (await other.send(tx, other.event("started", revision=1)))[0]

    assert (outcome.reason, outcome.detail) == ("leased", {"holder": "Karim"})


async def test_a_lease_runs_out_unless_something_happens(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    karim, lou = Device(order.order_id, picker("Karim"), now), Device(order.order_id, picker("Lou"), now)
    await karim.starts(tx)
    karim.now = now + timedelta(minutes=20)
    await karim.does(tx, "picked", line=1, quantity=2)

    lou.now = now + timedelta(minutes=40)
    assert await lou.starts(tx) == "leased"
    lou.now = now + timedelta(minutes=51)
    assert await lou.starts(tx) == "applied"


async def test_what_two_pickers_took_for_one_line_is_a_surplus_of_the_later(
    tx: Transaction, now: datetime
) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    karim, lou = Device(order.order_id, picker("Karim"), now), Device(order.order_id, picker("Lou"), now)
    await karim.starts(tx)
    await karim.does(tx, "picked", line=1, quantity=2)

    assert await lou.does(tx, "started", revision=1, take_over=True) == "applied"
    assert await lou.does(tx, "picked", line=1, quantity=2) == "surplus"
    assert await karim.does(tx, "weighed", line=2, weight_grams=1000) == "leased"
    assert await lou.does(tx, "weighed", line=2, weight_grams=1000) == "applied"


async def test_a_let_go_order_is_free(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    karim = Device(order.order_id, picker("Karim"), now)
    await karim.starts(tx)

    assert await karim.does(tx, "released") == "applied"
    assert await Device(order.order_id, picker("Lou"), now).starts(tx) == "applied"


async def test_an_order_is_not_ready_while_something_is_left(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(
        tx, now=now, wanted=[Wanted(zone="chilled"), Wanted(gtin=WEIGHED_GTIN, quantity=1000)]
    )
    device = Device(order.order_id, picker(), now)
    await device.starts(tx)

    assert await device.does(tx, "ready") == "lines_left"
    await device.does(tx, "picked", line=1, quantity=2)
    assert await device.does(tx, "ready") == "lines_left"  # the weighed line has no weight
    await device.does(tx, "weighed", line=2, weight_grams=950)
    await device.does(tx, "crate_added", crate_no=1, zone="ambient")
    assert await device.does(tx, "ready") == "crate_needed"
    await device.does(tx, "crate_added", crate_no=2, zone="chilled")
    assert await device.does(tx, "ready") == "applied"


async def test_an_order_of_which_nothing_was_found_is_not_ready(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now, wanted=[Wanted()])
    device = Device(order.order_id, picker(), now)
    await device.starts(tx)
    await device.does(tx, "missing", line=1)

    assert await device.does(tx, "ready") == "nothing_picked"


@pytest.mark.parametrize(
    ("kind", "members", "reason"),
    [
        ("picked", {"line": 1, "quantity": 3}, "too_many"),
        ("picked", {"line": 1, "quantity": 2, "gtin": FIRST_GTIN + 9}, "wrong_product"),
        ("picked", {"line": 2, "quantity": 1}, "weight_needed"),
        ("picked", {"line": 9, "quantity": 1}, "no_such_line"),
        ("short", {"line": 1, "quantity": 2}, "not_short"),
        ("weighed", {"line": 1, "weight_grams": 500}, "pieces_needed"),
        ("weighed", {"line": 2, "weight_grams": 1200}, "too_heavy"),
        ("weighed", {"line": 2, "weight_grams": 500}, "too_light"),
        ("undone", {"line": 1}, "nothing_to_undo"),
        ("crate_removed", {"crate_no": 1}, "no_such_crate"),
        ("crate_staged", {"crate_no": 1, "place": "A1"}, "no_such_crate"),
    ],
)
async def test_what_does_not_fit_is_set_aside_with_its_reason(
    tx: Transaction, now: datetime, kind: str, members: dict[str, int], reason: str
) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    device = Device(order.order_id, picker(), now)
    await device.starts(tx)

    assert await device.does(tx, kind, **members) == reason
    assert (await queries.task(tx, store_id=1, order_id=order.order_id)).picked == {}


async def test_too_heavy_and_confirmed_is_charged_up_to_the_maximum(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    device = Device(order.order_id, picker(), now)
    await device.starts(tx)

    assert await device.does(tx, "weighed", line=2, weight_grams=1400, confirmed=True) == "applied"
    line = (await queries.task(tx, store_id=1, order_id=order.order_id)).picked[2]
    assert (line.weight_grams, line.total_cents) == (1400, 121)


async def test_nothing_is_picked_before_the_start_or_after_the_end(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    device = Device(order.order_id, picker(), now)

    assert await device.does(tx, "picked", line=1, quantity=2) == "not_started"
    await prepare(tx, order, actor=device.actor, now=now)
    assert await device.does(tx, "missing", line=1) == "order_ready"
    assert await device.starts(tx) == "order_ready"
    assert await device.does(tx, "started", revision=1, take_over=True) == "applied"
    assert await device.does(tx, "missing", line=1) == "applied"
    assert await device.does(tx, "ready") == "applied"
    after = await order_queries.order_of_store(tx, store_id=1, order_id=order.order_id)
    assert after.final_cents == 110 + 100


async def test_a_cancelled_order_is_left_as_it_is(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    device = Device(order.order_id, picker(), now)
    await device.starts(tx)
    await device.does(tx, "picked", line=1, quantity=2)

    await orders.cancel_by_store(
        tx, store_id=1, order_id=order.order_id, by="store:Sophie", reason="inventaire", now=now
    )

    assert await device.does(tx, "weighed", line=2, weight_grams=1000) == "order_cancelled"
    assert await device.does(tx, "ready") == "order_cancelled"


async def test_a_change_while_picking_blocks_packing_until_it_is_read(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now, wanted=[Wanted(), Wanted(gtin=FIRST_GTIN + 7, quantity=1)])
    device = Device(order.order_id, picker(), now)
    # The device begins without network on what it knew, and the shopper adds one more meanwhile.
    begun = [
        device.event("started", revision=1),
        device.event("picked", line=1, quantity=2),
        device.event("picked", line=2, quantity=1),
    ]
    await revise(tx, order, [Wanted(quantity=3), Wanted(gtin=FIRST_GTIN + 7, quantity=1)], now=now)
    await device.send(tx, *begun)

    task = await queries.task(tx, store_id=1, order_id=order.order_id)
    assert [(change.line_no, change.before, change.after) for change in task.changes] == [(1, 2, 3)]
    assert await device.does(tx, "crate_added", crate_no=1, zone="ambient") == "order_changed"
    assert await device.does(tx, "ready") == "order_changed"

    assert await device.does(tx, "revision_seen", revision=1) == "order_changed"
    assert await device.does(tx, "revision_seen", revision=2) == "applied"
    task = await queries.task(tx, store_id=1, order_id=order.order_id)
    assert sorted(task.picked) == [2]  # only what changed is to be done again
    assert await device.does(tx, "picked", line=1, quantity=3) == "applied"


@pytest.mark.parametrize(
    ("substitution", "gtin", "reason"),
    [
        ("never", FIRST_GTIN + 9, "no_substitute_wanted"),
        ("same_price", FIRST_GTIN + 9, "applied"),
        ("same_price", FIRST_GTIN + 11, "too_expensive"),
        ("picker_choice", FIRST_GTIN + 11, "applied"),
        ("picker_choice", ALCOHOL_GTIN, "not_an_alternative"),
        ("picker_choice", WEIGHED_GTIN, "not_an_alternative"),
        ("picker_choice", FIRST_GTIN + 10, "not_an_alternative"),
        ("picker_choice", FIRST_GTIN + 4, "not_sold_here"),
        ("picker_choice", 12345, "not_sold_here"),
    ],
)
async def test_a_substitute_is_one_the_shopper_accepts(
    tx: Transaction, now: datetime, substitution: str, gtin: int, reason: str
) -> None:
    await make_network(tx, now=now)
    wanted = Wanted(gtin=FIRST_GTIN + 10, substitution=substitution)
    order = await make_order(tx, now=now, wanted=[wanted])
    device = Device(order.order_id, picker(), now)
    await device.starts(tx)

    assert await device.does(tx, "substituted", line=1, gtin=gtin, quantity=2) == reason


async def test_no_substitute_brings_an_allergen(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    await tx.execute("update product_particulars set allergens = '{nuts}' where gtin = $1", FIRST_GTIN + 9)
    order = await make_order(tx, now=now, wanted=[Wanted(gtin=FIRST_GTIN + 10, substitution="picker_choice")])
    line = (await queries.task(tx, store_id=1, order_id=order.order_id)).lines[0]
    device = Device(order.order_id, picker(), now)
    await device.starts(tx)

    offered = await queries.substitutes(tx, store_id=1, line=line, now=now, limit=60)

    assert FIRST_GTIN + 9 not in {one.offer.gtin for one in offered}
    assert (
        await device.does(tx, "substituted", line=1, gtin=FIRST_GTIN + 9, quantity=2) == "not_an_alternative"
    )


async def test_the_list_of_substitutes_follows_the_shoppers_choice(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    base = Wanted(gtin=FIRST_GTIN + 10)
    choices = ("never", "same_price", "picker_choice")
    order = await make_order(
        tx, now=now, wanted=[msgspec.structs.replace(base, substitution=choice) for choice in choices]
    )
    task = await queries.task(tx, store_id=1, order_id=order.order_id)

    never, same, free = [
        await queries.substitutes(tx, store_id=1, line=line, now=now, limit=60)
        for line in sorted(task.lines, key=lambda line: line.line_no)
    ]

    assert never == []
    assert same
    assert all(one.offer.price_cents <= 200 for one in same)
    assert any(one.dearer for one in free)


async def test_only_those_who_prepare_in_the_store_write_in_its_journal(
    tx: Transaction, now: datetime
) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)

    with pytest.raises(NotAllowed):
        await Device(order.order_id, picker(store_id=2), now).starts(tx)
    with pytest.raises(NotAllowed):
        await Device(order.order_id, picker(store_id=0, role=Role.HEAD_OFFICE), now).starts(tx)


async def test_an_order_of_another_store_is_unknown(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    order = await make_order(tx, now=now)
    device = Device(order.order_id, picker(store_id=2), now, store_id=2)

    assert await device.starts(tx) == "order_not_found"
    assert await queries.journal(tx, store_id=2, order_id=order.order_id) == []


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "eaten"},
        {"quantity": 0},
        {"line": "one"},
        {"colour": "red"},
        {"occurred_at": "2026-11-24T09:00:00"},
    ],
)
def test_an_unreadable_event_says_so(broken: dict[str, object]) -> None:
    fine = {
        "kind": "picked", "event_id": "018f6a2e-0000-8000-8000-000000000001",
        "order_id": "018f6a2e-0000-8000-8000-000000000002", "device_seq": 1,
        "occurred_at": "2026-11-24T09:00:00Z", "line": 1, "quantity": 2,
    }  # fmt: skip

    assert read_event(fine)
    with pytest.raises(UnreadableEvent):
        read_event({**fine, **broken})
