"""The cagnotte led by the same rules as a card: what is wanted in the end is what is taken in the end."""

from datetime import datetime

import pytest

from cabas.connectors.loyalty_ledger import LedgerBank
from cabas.domain.loyalty import holding
from cabas.domain.loyalty import operations as loyalty
from cabas.domain.payments import operations as payments
from cabas.domain.payments import queries
from cabas.domain.payments.model import Kind, State, Tender
from cabas.domain.payments.ports import BankRefused, NewPayment
from cabas.invariants import INVARIANTS
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database, Transaction
from cabas.kit.ids import new_id
from cabas.reactions import settle_cagnottes
from factories.loyalty import adds_up, earning_of, make_card

LEDGER = [one for one in INVARIANTS if one.name.startswith("cagnottes")]


@pytest.mark.parametrize(
    ("wanted", "state", "left"),
    [
        ([900], State.CAPTURED, 200),
        ([180], State.CAPTURED, 320),
        ([0], State.RELEASED, 500),
        ([300, 120], State.CAPTURED, 380),
        ([300, 0], State.CAPTURED, 500),
    ],
    ids=["more than held", "less", "cancelled", "less afterwards", "cancelled afterwards"],
)
async def test_an_order_takes_its_final_amount(
    database: Database, now: datetime, wanted: list[int], state: State, left: int
) -> None:
    clock = FixedClock(now)
    async with database.transaction() as tx:
        card = await make_card(tx, now=now)
        await loyalty.earn_all(tx, earnings=[earning_of(card.customer_id, 500, now=now)], now=now)
        tender = await _held(tx, card.customer_id, 300, now)

    for final_cents in wanted:
        async with database.transaction() as tx:
            await payments.want(
                tx, store_id=1, order_id=tender.order_id, final_cents=final_cents, now=clock.now()
            )
        assert await settle_cagnottes(database, clock) == 1
        assert await settle_cagnottes(database, clock) == 0

    async with database.read() as reader:
        [after] = await queries.tenders_of(reader, store_id=1, order_id=tender.order_id)
        assert (after.state, after.taken_cents, after.next_at) == (state, min(wanted[-1], 300), None)
        await adds_up(reader, card, left)
        for invariant in LEDGER:
            assert await reader.fetch(invariant.breach) == [], invariant.name


async def test_it_gives_no_page_and_takes_nothing_it_does_not_know(database: Database, now: datetime) -> None:
    bank = LedgerBank(database, FixedClock(now), months=12)
    payment = NewPayment(key="k.1", cents=1, title="", language="fr", back="", expires_in=1)

    assert await bank.look("k.1") is None
    for asked in (bank.open(payment), bank.capture("k.1", 1), bank.release("k.1")):
        with pytest.raises(BankRefused):
            await asked


async def _held(tx: Transaction, customer_id, cents: int, now: datetime) -> Tender:
    order_id = new_id(now, 1)
    tender = Tender(
        store_id=1,
        order_id=order_id,
        number=1,
        kind=Kind.LOYALTY,
        state=State.HELD,
        maximum_cents=cents,
        held_cents=cents,
        reference=f"{order_id}.1",
        opened_at=now,
        expires_at=now,
    )
    await holding.hold(
        tx,
        key=tender.key,
        customer_id=customer_id,
        cents=cents,
        store_id=1,
        order_id=order_id,
        now=now,
    )
    assert await payments.add_tender(tx, tender)
    return tender
