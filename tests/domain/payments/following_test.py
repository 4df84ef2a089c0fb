"""A payment follows the bank's truth: once, whoever asks, however often, whatever answer is lost."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import msgspec
import pytest
import pytest_asyncio

from cabas.domain.payments import jobs, operations
from cabas.domain.payments.following import authorise
from cabas.domain.payments.model import AUTHORISED_WITHIN, Kind, State, Tender, TendersFull, balance
from cabas.domain.payments.ports import BankAway, NewPayment
from cabas.domain.payments.queries import tenders_of
from cabas.invariants import INVARIANTS
from cabas.kit.clock import FixedClock
from cabas.kit.ids import new_id
from factories.payments import MemoryBank


class Desk:
    """One order that is paid by card, and all who have a hand in it."""

    def __init__(self, database, now):
        self.database, self.clock, self.bank = database, FixedClock(now), MemoryBank()
        self.order_id: UUID = new_id(now, 3)
        self.failed: list[Tender] = []

    async def begin(self, cents=5_000) -> Tender:
        async with self.database.transaction() as tx:
            tender = await operations.open_card(
                tx, store_id=3, order_id=self.order_id, maximum_cents=cents, now=self.clock.now()
            )
        payment = NewPayment(
            key=tender.key, cents=cents, title="K7F2MQ", language="fr", back="http://shop", expires_in=60
        )
        return await authorise(self.database, self.bank, tender, payment, clock=self.clock)

    async def held(self) -> Tender:
        tender = await self.begin()
        self.bank.authorise(tender.key)
        await self.wake(tender)
        await self.follow()
        return await self.tender()

    async def wake(self, tender: Tender) -> bool:
        async with self.database.transaction() as tx:
            return await operations.wake(tx, key=tender.key, now=self.clock.now())

    async def want(self, cents: int) -> None:
        async with self.database.transaction() as tx:
            await operations.want(
                tx, store_id=3, order_id=self.order_id, final_cents=cents, now=self.clock.now()
            )

    async def collect(self, cents: int, final_cents: int) -> None:
        async with self.database.transaction() as tx:
            await operations.collect(
                tx,
                store_id=3,
                order_id=self.order_id,
                final_cents=final_cents,
                cents=cents,
                now=self.clock.now(),
            )

    async def follow(self) -> int:
        return await jobs.follow_due(self.database, self.clock, bank=self.bank, on_failed=self._fell)

    async def tenders(self) -> list[Tender]:
        async with self.database.read() as reader:
            return await tenders_of(reader, store_id=3, order_id=self.order_id)

    async def tender(self) -> Tender:
        return (await self.tenders())[0]

    async def _fell(self, tx, tender, now):
        self.failed.append(tender)


@pytest_asyncio.fixture
async def desk(database, now):
    return Desk(database, now)


async def test_a_hold_is_captured_as_picked_and_missing_goods_are_given_back(desk):
    held = await desk.held()
    assert (held.state, held.held_cents, held.next_at) == (State.HELD, 5_000, None)

    await desk.want(4_300)
    await desk.follow()
    paid = await desk.tender()
    assert (paid.state, paid.captured_cents, paid.next_at) == (State.CAPTURED, 4_300, None)

    await desk.want(4_000)
    await desk.follow()
    assert (await desk.tender()).refunded_cents == 300
    assert desk.bank.done == {"capture": 1, "refund": 1}


async def test_an_order_has_one_payment_by_card_at_a_time(desk):
    first = await desk.begin()
    assert (await desk.begin()).number == first.number

    desk.bank.decline(first.key)
    await desk.wake(first)
    await desk.follow()

    assert (await desk.begin()).number == first.number + 1
    assert [tender.state for tender in await desk.tenders()] == [State.FAILED, State.AUTHORISING]


async def test_attempts_end_somewhere(desk):
    for _ in range(20):
        tender = await desk.begin()
        desk.bank.decline(tender.key)
        await desk.wake(tender)
        await desk.follow()
    with pytest.raises(TendersFull):
        await desk.begin()


async def test_the_banks_word_a_hundred_times_has_one_effect(desk):
    held = await desk.held()
    await desk.want(4_300)
    for _ in range(100):
        await desk.wake(held)
        await asyncio.gather(desk.follow(), desk.follow())
    assert desk.bank.done == {"capture": 1}
    assert (await desk.tender()).captured_cents == 4_300


async def test_a_lost_answer_is_found_again_by_the_same_key(desk):
    await desk.held()
    await desk.want(4_300)
    desk.bank.losing = True
    await desk.follow()
    assert (await desk.tender()).state is State.HELD

    desk.bank.losing = False
    desk.clock.at += timedelta(minutes=1)
    await desk.follow()
    assert desk.bank.done == {"capture": 1}
    assert (await desk.tender()).captured_cents == 4_300


async def test_nobody_authorises_for_twenty_minutes(desk):
    await desk.begin()
    desk.clock.at += AUTHORISED_WITHIN
    await desk.follow()
    await desk.follow()
    tender = await desk.tender()
    assert (tender.state, tender.problem, tender.next_at) == (State.FAILED, "not_authorised", None)
    assert [one.number for one in desk.failed] == [1]
    assert desk.bank.done == {"release": 1}


async def test_a_payment_that_the_bank_never_heard_of_fails_in_its_time(desk):
    desk.bank.away = True
    with pytest.raises(BankAway):
        await desk.begin()
    desk.bank.away = False
    desk.clock.at += AUTHORISED_WITHIN
    await desk.follow()
    assert (await desk.tender()).state is State.FAILED


@pytest.mark.parametrize("why", ["refused", "expired"])
async def test_a_capture_that_fails_leaves_all_to_the_counter(desk, why):
    held = await desk.held()
    await desk.want(4_300)
    if why == "refused":
        desk.bank.refusing = "hold_expired"
    else:
        desk.bank.expire(held.key)
    await desk.follow()

    assert (await desk.tender()).state is State.FAILED
    assert len(desk.failed) == 1
    assert balance(await desk.tenders(), final_cents=4_300).due_cents == 4_300


async def test_paid_at_the_counter_while_the_bank_is_silent_is_never_paid_twice(desk):
    await desk.held()
    await desk.want(4_300)
    desk.bank.losing = True  # the bank captures, and nobody hears of it
    await desk.follow()
    await desk.collect(4_300, 4_300)
    desk.bank.losing = False
    desk.clock.at += timedelta(minutes=5)
    await desk.follow()

    card, counter = await desk.tenders()
    assert (card.captured_cents, card.refunded_cents) == (4_300, 4_300)
    assert (counter.kind, counter.taken_cents) == (Kind.AT_STORE, 4_300)


async def test_paid_at_the_counter_a_moment_after_the_card_was_captured_is_given_back(desk):
    await desk.held()
    await desk.want(4_300)
    await desk.follow()
    await desk.collect(4_300, 4_300)  # the page still said that it was due
    await desk.follow()

    assert [one.taken_cents for one in await desk.tenders()] == [0, 4_300]


async def test_what_the_card_does_not_cover_is_paid_at_the_counter(desk):
    await desk.held()
    await desk.want(6_000)
    await desk.follow()
    assert balance(await desk.tenders(), final_cents=6_000).due_cents == 1_000
    await desk.collect(1_000, 6_000)
    await desk.follow()

    assert [one.taken_cents for one in await desk.tenders()] == [5_000, 1_000]


async def test_a_cancelled_order_lets_the_hold_go(desk):
    await desk.held()
    await desk.want(0)
    await desk.follow()
    assert (await desk.tender()).state is State.RELEASED
    assert desk.failed == []


async def test_words_about_what_we_never_asked_are_nothing(desk):
    async with desk.database.transaction() as tx:
        for key in ("", "x", f"{desk.order_id}", f"{desk.order_id}.1", f"{desk.order_id}.999", "é.²"):
            assert not await operations.wake(tx, key=key, now=desk.clock.now())


async def test_the_audit_tells_a_payment_that_did_not_end_as_wanted(tx, now):
    breach = next(one.breach for one in INVARIANTS if one.name == "payments_end_as_wanted")
    order_id = new_id(now, 3)
    kept = Tender(
        store_id=3, order_id=order_id, number=1, kind=Kind.CARD, state=State.CAPTURED, maximum_cents=500,
        held_cents=500, captured_cents=500, wanted_cents=500, opened_at=now, expires_at=now,
    )  # fmt: skip
    await operations.add_tender(tx, kept)
    assert await tx.fetch(breach) == []

    await operations.add_tender(tx, msgspec.structs.replace(kept, number=2, wanted_cents=400))
    assert len(await tx.fetch(breach)) == 1


async def test_the_database_keeps_amounts_in_bounds(tx, now):
    with pytest.raises(asyncpg.CheckViolationError):
        await operations.add_tender(
            tx,
            Tender(
                store_id=3, order_id=new_id(now, 3), number=1, kind=Kind.CARD, state=State.CAPTURED,
                maximum_cents=500, held_cents=400, captured_cents=500, opened_at=now, expires_at=now,
            ),
        )  # fmt: skip
