"""An order that a cagnotte pays a part of: the counter asks for the rest, and the rest of the hold is free again."""

from datetime import datetime

import pytest

from cabas.domain.handover import operations as handover
from cabas.domain.loyalty import holding, queries
from cabas.domain.loyalty.operations import earn_all
from cabas.domain.payments import operations as payments
from cabas.domain.payments.model import Kind, PaymentDue, State, Tender
from cabas.invariants import INVARIANTS
from cabas.kit.clock import FixedClock
from cabas.kit.db import Database
from cabas.reactions import settle_cagnottes
from factories.loyalty import adds_up, earning_of, make_card
from factories.network import make_network
from factories.preparation import make_order, picker, prepare

FINAL = 410


@pytest.mark.parametrize(("held", "due"), [(150, 260), (500, 0)], ids=["a part", "all of it"])
async def test_the_counter_asks_for_what_is_left(
    database: Database, now: datetime, held: int, due: int
) -> None:
    async with database.transaction() as tx:
        await make_network(tx, now=now)
        card = await make_card(tx, now=now)
        await earn_all(tx, earnings=[earning_of(card.customer_id, 600, now=now)], now=now)
        order = await make_order(tx, now=now)
        tender = Tender(
            store_id=1,
            order_id=order.order_id,
            number=1,
            kind=Kind.LOYALTY,
            state=State.HELD,
            maximum_cents=held,
            held_cents=held,
            reference=f"{order.order_id}.1",
            opened_at=now,
            expires_at=now,
        )
        await holding.hold(
            tx,
            key=tender.key,
            customer_id=card.customer_id,
            cents=held,
            store_id=1,
            order_id=order.order_id,
            now=now,
        )
        await payments.add_tender(tx, tender)
        await prepare(tx, order, actor=picker(), now=now)
        await handover.bring_crate(
            tx, store_id=1, order_id=order.order_id, label="A", actor=picker(), now=now
        )
    await settle_cagnottes(database, FixedClock(now))
    give = {
        "store_id": 1,
        "order_id": order.order_id,
        "actor": picker(),
        "identity_checked": False,
        "now": now,
    }

    if due:
        with pytest.raises(PaymentDue) as refused:
            async with database.transaction() as tx:
                await handover.hand_over(tx, **give)
        assert refused.value.detail == {"due_cents": due}
    async with database.transaction() as tx:
        await handover.hand_over(tx, **give, collected_cents=due)

    async with database.read() as reader:
        after = await queries.card_of(reader, customer_id=card.customer_id)
        assert after is not None
        assert after.reserved_cents == 0
        await adds_up(reader, card, 600 - (FINAL - due))
        for invariant in INVARIANTS:
            if invariant.name == "cagnottes_set_aside_what_is_held":
                assert await reader.fetch(invariant.breach) == []
