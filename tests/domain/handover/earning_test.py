"""What was handed over goes to the cagnotte, once; what was missing earns nothing."""

import asyncio
from datetime import datetime
from uuid import UUID, uuid4

import pytest

from cabas.domain.handover import operations as handover
from cabas.domain.handover.earning import earn_handed_over, take_back_withdrawn
from cabas.domain.loyalty import queries as loyalty
from cabas.domain.loyalty.operations import earn_all
from cabas.domain.orders.model import Order
from cabas.invariants import INVARIANTS
from cabas.kit.db import Database, Transaction
from factories.loyalty import adds_up, earning_of, make_card, make_offer
from factories.network import FIRST_GTIN, WEIGHED_GTIN, make_network
from factories.preparation import Device, Wanted, make_order, picker, prepare

WHOLE_AISLE = 10_000
ORDERED, SUBSTITUTE = FIRST_GTIN + 10, FIRST_GTIN + 9
LEDGER = [one for one in INVARIANTS if "cagnotte" in one.name]


async def test_a_handover_is_credited_once(tx: Transaction, now: datetime) -> None:
    await _network(tx, now)
    card = await make_card(tx, now=now)
    order = await _given(tx, now, customer_id=card.customer_id)

    counts = [await earn_handed_over(tx, months=12, now=now) for _ in range(2)]

    assert counts == [1, 0]
    [entry] = await loyalty.ledger(tx, customer_id=card.customer_id)
    assert (entry.cents, entry.order_id, entry.store_id) == (31, order.order_id, 1)  # 20 of 200, 11 of 110
    assert entry.expires_at == datetime.fromisoformat("2027-11-30T23:00Z")
    for invariant in LEDGER:
        assert await tx.fetch(invariant.breach) == [], invariant.name


async def test_nothing_is_credited_before_it_is_handed_over(tx: Transaction, now: datetime) -> None:
    await _network(tx, now)
    order = await make_order(tx, now=now)
    await prepare(tx, order, actor=picker(), now=now)
    await handover.start(tx, store_id=1, order_id=order.order_id, actor=picker(), now=now)

    assert await earn_handed_over(tx, months=12, now=now) == 0


async def test_a_grocers_own_programme_is_told_instead(tx: Transaction, now: datetime) -> None:
    await _network(tx, now)
    card = await make_card(tx, now=now)
    order = await _given(tx, now, customer_id=card.customer_id)
    told: list[dict[str, object]] = []

    class Programme:
        async def earn(self, tx: Transaction, **earning: object) -> None:
            told.append(earning)

    await earn_handed_over(tx, months=12, now=now, programme=Programme())

    assert [(one["key"], one["card"], one["cents"]) for one in told] == [
        (f"earn:{order.order_id}", str(card.number), 31)
    ]
    assert await loyalty.ledger(tx, customer_id=card.customer_id) == []


async def test_who_has_no_card_earns_nothing_and_is_not_looked_at_again(
    tx: Transaction, now: datetime
) -> None:
    await _network(tx, now)
    await _given(tx, now)

    assert [await earn_handed_over(tx, months=12, now=now) for _ in range(2)] == [1, 0]
    assert await tx.fetchval("select count(*) from loyalty_entry") == 0


@pytest.mark.parametrize(
    ("done", "cents"),
    [
        (("missing", {}), 11),
        (("short", {"quantity": 1}), 31),
        (("substituted", {"gtin": SUBSTITUTE, "quantity": 2}), 51),
    ],
    ids=["missing", "short", "substituted"],
)
async def test_what_is_in_the_crates_earns(
    tx: Transaction, now: datetime, done: tuple[str, dict[str, int]], cents: int
) -> None:
    await _network(tx, now)
    await make_offer(tx, now=now, kind="cents", amount=20, gtin=SUBSTITUTE)
    card = await make_card(tx, now=now)
    order = await make_order(
        tx,
        now=now,
        wanted=[Wanted(gtin=ORDERED, substitution="picker_choice"), Wanted(gtin=WEIGHED_GTIN, quantity=1000)],
    )
    await _own(tx, order, card.customer_id)
    device = Device(order.order_id, picker(), now)
    kind, members = done
    steps = [
        await device.starts(tx),
        await device.does(tx, kind, line=1, **members),
        await device.does(tx, "weighed", line=2, weight_grams=1000),
        await device.does(tx, "crate_added", crate_no=1, zone="ambient"),
        await device.does(tx, "crate_staged", crate_no=1, place="Étagère 4"),
        await device.does(tx, "ready"),
    ]
    assert steps == ["applied"] * 6
    await _give(tx, order, now)

    await earn_handed_over(tx, months=12, now=now)

    held = await loyalty.card_of(tx, customer_id=card.customer_id)
    assert held is not None
    assert held.balance_cents == cents


async def test_withdrawn_goods_give_back_what_they_earned_once(tx: Transaction, now: datetime) -> None:
    await _network(tx, now)
    card = await make_card(tx, now=now)
    order = await _given(tx, now, customer_id=card.customer_id)
    withdrawal_id = await _withdrawn(tx, order, line=2, now=now)
    early = await take_back_withdrawn(tx, now=now)
    await earn_handed_over(tx, months=12, now=now)

    counts = [await take_back_withdrawn(tx, now=now) for _ in range(2)]

    assert (early, counts) == (0, [1, 0])
    entries = await loyalty.ledger(tx, customer_id=card.customer_id)
    assert sorted(entry.cents for entry in entries) == [-11, 31]
    assert await tx.fetchval("select cause from loyalty_entry where cents < 0") == f"reverse:{withdrawal_id}"
    for invariant in LEDGER:
        assert await tx.fetch(invariant.breach) == [], invariant.name


async def test_goods_that_earned_nothing_take_nothing_back(tx: Transaction, now: datetime) -> None:
    await _network(tx, now)
    order = await _given(tx, now)
    await earn_handed_over(tx, months=12, now=now)
    card = await make_card(tx, now=now)  # opened afterwards
    await _own(tx, order, card.customer_id)
    await earn_all(tx, earnings=[earning_of(card.customer_id, 500, now=now)], now=now)
    await _withdrawn(tx, order, line=1, now=now)

    await take_back_withdrawn(tx, now=now)

    await adds_up(tx, card, 500)


async def test_of_many_workers_at_once_one_credits(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        await _network(tx, now)
        card = await make_card(tx, now=now)
        for code in ("K7F2MA", "K7F2MB", "K7F2MC"):
            await _given(tx, now, customer_id=card.customer_id, code=code)

    async def credit() -> int:
        async with database.transaction() as tx:
            return await earn_handed_over(tx, months=12, now=now, limit=1)

    counts = await asyncio.gather(*(credit() for _ in range(5)))

    assert sum(counts) == 3
    async with database.read() as reader:
        held = await loyalty.card_of(reader, customer_id=card.customer_id)
    assert held is not None
    assert held.balance_cents == 93


async def _network(tx: Transaction, now: datetime) -> None:
    await make_network(tx, now=now)
    await make_offer(tx, now=now, category_id=WHOLE_AISLE)


async def _given(
    tx: Transaction, now: datetime, *, customer_id: UUID | None = None, code: str = "K7F2MQ"
) -> Order:
    order = await make_order(tx, now=now, code=code)
    if customer_id:
        await _own(tx, order, customer_id)
    await prepare(tx, order, actor=picker(), now=now)
    await _give(tx, order, now)
    return order


async def _withdrawn(tx: Transaction, order: Order, *, line: int, now: datetime) -> UUID:
    withdrawal_id = uuid4()
    await tx.execute(
        """
        insert into withdrawal (store_id, order_id, withdrawal_id, declared_at, line_numbers)
             values ($1, $2, $3, $4, $5)""",
        order.store_id,
        order.order_id,
        withdrawal_id,
        now,
        [line],
    )
    return withdrawal_id


async def _own(tx: Transaction, order: Order, customer_id: UUID) -> None:
    await tx.execute("update orders set customer_id = $2 where order_id = $1", order.order_id, customer_id)


async def _give(tx: Transaction, order: Order, now: datetime) -> None:
    for crate in await tx.fetch("select label from crate where order_id = $1", order.order_id):
        await handover.bring_crate(
            tx, store_id=1, order_id=order.order_id, label=crate["label"], actor=picker(), now=now
        )
    await handover.hand_over(
        tx, store_id=1, order_id=order.order_id, actor=picker(), identity_checked=False, now=now
    )
