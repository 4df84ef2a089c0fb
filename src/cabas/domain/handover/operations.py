"""Intentions at the counter: begin, bring each crate, give. Whoever holds the order's row decides alone."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from cabas.domain.handover import queries, records
from cabas.domain.handover.model import UnknownCrate, check_complete, check_givable, check_remarks
from cabas.domain.orders import operations as orders
from cabas.domain.orders import queries as order_queries
from cabas.domain.orders.model import Order, OrderState
from cabas.domain.payments import operations as payments
from cabas.domain.payments.model import PaymentDue
from cabas.domain.preparation import queries as preparation
from cabas.domain.staff.model import Permission, StaffActor, require
from cabas.kit import audit
from cabas.kit.db import Transaction


async def start(tx: Transaction, *, store_id: int, order_id: UUID, actor: StaffActor, now: datetime) -> Order:
    """
    The handover begins; its clock runs from the shopper's arrival. Saying it again is harmless.

    :raises OrderNotFound: none here, or another store's.
    :raises NotReady, OrderCancelled, AlreadyHandedOver: it can't be given.
    """
    require(actor, Permission.HAND_OVER, store_id)
    order = await order_queries.order_of_store(tx, store_id=store_id, order_id=order_id)
    check_givable(order)
    await records.insert_handover(tx, store_id=store_id, order_id=order_id, now=now)
    return order


async def bring_crate(
    tx: Transaction, *, store_id: int, order_id: UUID, label: str, actor: StaffActor, now: datetime
) -> None:
    """
    A crate is here, scanned or ticked; twice is harmless.

    :raises UnknownCrate: it isn't one of this order's.
    """
    await _mark(tx, store_id, order_id, label, actor, handed_at=now)


async def take_back_crate(
    tx: Transaction, *, store_id: int, order_id: UUID, label: str, actor: StaffActor
) -> None:
    """It was ticked by mistake. :raises UnknownCrate: it isn't one of this order's."""
    await _mark(tx, store_id, order_id, label, actor, handed_at=None)


async def hand_over(
    tx: Transaction,
    *,
    store_id: int,
    order_id: UUID,
    actor: StaffActor,
    identity_checked: bool,
    remarks: Sequence[str] = (),
    collected_cents: int = 0,
    now: datetime,
) -> Order:
    """
    The shopper has it, and it is paid: what a card was to pay and didn't is collected first.

    :param identity_checked: only whether it was checked is kept, never a document.
    :param collected_cents: of an order by card, what was left to pay and was paid here.
    :raises OrderNotFound: none here, or another store's.
    :raises NotReady, OrderCancelled, AlreadyHandedOver: it can't be given.
    :raises CratesMissing: not all crates of all zones are here.
    :raises IdentityUnchecked: goods for adults, and nobody checked.
    :raises PaymentDue: by card, and not all of it was paid: ``due_cents``.
    """
    require(actor, Permission.HAND_OVER, store_id)
    kept = check_remarks(remarks)
    order = await order_queries.order_of_store(tx, store_id=store_id, order_id=order_id)
    check_givable(order)
    crates = await preparation.crates(tx, store_id=store_id, order_id=order_id)
    age = await queries.minimum_age(tx, store_id=store_id, order_id=order_id)
    check_complete(crates, adults_only=age > 0, identity_checked=identity_checked)
    due = await queries.card_balance(tx, order)
    if due and not due.due_cents <= collected_cents <= due.final_cents:
        raise PaymentDue(due_cents=due.due_cents)
    checked = identity_checked and age > 0
    await records.insert_handover(tx, store_id=store_id, order_id=order_id, now=now)
    before = await orders.move_to(
        tx,
        store_id=store_id,
        order_id=order_id,
        state=OrderState.HANDED_OVER,
        actor=f"store:{actor.name}",
        now=now,
    )
    check_givable(before)  # the other of two who press at once comes here second
    if due and collected_cents:
        await payments.collect(
            tx,
            store_id=store_id,
            order_id=order_id,
            final_cents=due.final_cents,
            cents=collected_cents,
            now=now,
        )
    await records.update_handed_over(
        tx,
        store_id=store_id,
        order_id=order_id,
        by=actor.name,
        identity_checked=checked,
        remarks=kept,
        now=now,
    )
    await audit.record(
        tx,
        store_id=store_id,
        actor=actor.label,
        action="order.handed_over",
        subject=f"order:{order_id}",
        detail={
            "final_cents": before.final_cents,
            "payment": before.payment_method,
            "collected_cents": collected_cents if due else 0,
            "crates": len(crates),
            "identity_checked": checked,
            "remarks": len(kept),
        },
        now=now,
    )
    return await order_queries.order_of_store(tx, store_id=store_id, order_id=order_id)


async def _mark(
    tx: Transaction,
    store_id: int,
    order_id: UUID,
    label: str,
    actor: StaffActor,
    *,
    handed_at: datetime | None,
) -> None:
    require(actor, Permission.HAND_OVER, store_id)
    order = await order_queries.order_of_store(tx, store_id=store_id, order_id=order_id)
    check_givable(order)
    wanted = label.strip().upper()
    for crate in await preparation.crates(tx, store_id=store_id, order_id=order_id):
        if wanted in (crate.label.upper(), crate.letter):
            if (crate.handed_at is None) != (handed_at is None):
                await records.update_crate_handed(
                    tx, store_id=store_id, order_id=order_id, crate_no=crate.crate_no, handed_at=handed_at
                )
            return
    raise UnknownCrate(label=wanted[:40])
