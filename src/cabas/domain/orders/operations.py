"""Intentions on an order once it is placed: change, cancel, arrive, and the store's steps."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.carts.model import BadQuantity, CartFull
from cabas.domain.catalog import queries as catalog
from cabas.domain.catalog.model import Offer
from cabas.domain.orders import pricing, queries, records, telling
from cabas.domain.orders.model import (
    TRANSITIONS,
    AgeUnconfirmed,
    EmptyOrder,
    Order,
    OrderClosed,
    OrderLine,
    OrderNotFound,
    OrderState,
    TotalMoved,
    WrongState,
    totals_of,
    vat_shares,
)
from cabas.domain.payments import operations as payments
from cabas.domain.slots import operations as slots
from cabas.kit.db import Connection, Transaction
from cabas.kit.ids import new_id, place_of

BAY_LENGTH_MAX = 20


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How much one order may hold, and how much more weighed goods may weigh (`cabas.policies`)."""

    lines_max: int
    pieces_max: int
    grams_max: int
    weight_tolerance_percent: int


async def change_lines(
    tx: Transaction,
    *,
    order_id: UUID,
    shopper_id: UUID,
    quantities: Mapping[int, int],
    bounds: Bounds,
    now: datetime,
    adult: bool = False,
    shown_total_cents: int | None = None,
) -> Order:
    """
    A new revision with these quantities set (0 takes a line out); all of it or nothing.

    Lines that stay keep the price that was agreed; new lines take the store's price of now.

    :param quantities: by GTIN, pieces or grams.
    :param adult: majority is declared, for products that the order didn't need it for before.
    :param shown_total_cents: what the shopper was shown that it would cost, fee included.
    :raises OrderClosed: the cut-off has passed or the store has begun.
    :raises TotalMoved: it costs something else than was shown.
    :raises AgeUnconfirmed: a product for adults came in.
    :raises EmptyOrder, BadQuantity, CartFull, cabas.domain.orders.pricing.CannotAdd: see `preview_change`.
    """
    order = await _lock_for_shopper(tx, order_id=order_id, shopper_id=shopper_id)
    if not order.changeable(now):
        raise OrderClosed
    lines = await preview_change(tx, order=order, quantities=quantities, bounds=bounds, now=now)
    totals = totals_of(lines, fee_cents=order.fee_cents)
    if shown_total_cents not in (None, totals.total_cents):
        raise TotalMoved
    adult = adult or bool(order.agreed.get("adult"))
    _check_age(lines, adult=adult)
    revision = order.revision + 1
    await records.insert_lines(tx, store_id=order.store_id, order_id=order_id, revision=revision, lines=lines)
    await records.update_revision(
        tx,
        store_id=order.store_id,
        order_id=order_id,
        revision=revision,
        totals=totals,
        agreed={**order.agreed, "vat": vat_shares(lines, fee_cents=order.fee_cents), "adult": adult},
    )
    await _tell_store(tx, order, revision=revision, kind="order_changed", now=now)
    return await queries.order_of_store(tx, store_id=order.store_id, order_id=order_id)


async def preview_change(
    reader: Connection, *, order: Order, quantities: Mapping[int, int], bounds: Bounds, now: datetime
) -> list[OrderLine]:
    """
    The lines that the order would have with these quantities; writes nothing.

    :raises EmptyOrder: no line would be left.
    :raises BadQuantity: below 0 or beyond the bound; ``gtin`` in detail.
    :raises CartFull: more lines than an order may have.
    :raises cabas.domain.orders.pricing.CannotAdd: the store doesn't sell a new line now.
    """
    current = await queries.lines(
        reader, store_id=order.store_id, order_id=order.order_id, revision=order.revision
    )
    known = {line.gtin for line in current}
    added = [gtin for gtin, quantity in quantities.items() if gtin not in known and quantity > 0]
    offers = await catalog.offers_for(reader, store_id=order.store_id, gtins=added, now=now)
    _check_bounds(current, offers, quantities, bounds)
    lines = pricing.revised_lines(
        current,
        quantities,
        offers,
        substitution=order.substitution,
        weight_tolerance_percent=bounds.weight_tolerance_percent,
    )
    if not lines:
        raise EmptyOrder
    if len(lines) > bounds.lines_max:
        raise CartFull
    return lines


async def cancel(tx: Transaction, *, order_id: UUID, shopper_id: UUID, reason: str, now: datetime) -> None:
    """
    The shopper cancels until the cut-off; the slot's place is free again.

    :raises OrderClosed: too late.
    """
    order = await _lock_for_shopper(tx, order_id=order_id, shopper_id=shopper_id)
    if order.state is OrderState.CANCELLED:
        return  # idempotent: the second click
    if not order.changeable(now):
        raise OrderClosed
    await _cancel(tx, order, by="shopper", reason=reason, now=now)


async def cancel_by_store(
    tx: Transaction, *, store_id: int, order_id: UUID, by: str, reason: str, now: datetime
) -> None:
    """
    The store cancels an order it has not handed over.

    :raises WrongState: it is handed over already.
    """
    order = await _lock(tx, store_id=store_id, order_id=order_id)
    if order.state is OrderState.CANCELLED:
        return
    _guard(order, OrderState.CANCELLED)
    await _cancel(tx, order, by=by, reason=reason, now=now)


async def announce_arrival(
    tx: Transaction, *, order_id: UUID, shopper_id: UUID, bay: str, now: datetime
) -> None:
    """ "Je suis là": the store sees it at once; saying it again only changes the bay."""
    order = await _lock_for_shopper(tx, order_id=order_id, shopper_id=shopper_id)
    if order.state in (OrderState.CANCELLED, OrderState.HANDED_OVER):
        raise WrongState
    await records.upsert_arrival(
        tx, store_id=order.store_id, order_id=order_id, bay=bay[:BAY_LENGTH_MAX], now=now
    )


async def hold_still(tx: Transaction, *, store_id: int, order_id: UUID) -> Order:
    """
    The order as it stands; nobody takes it further before this transaction ends.

    :raises OrderNotFound: there is none.
    """
    return await _lock(tx, store_id=store_id, order_id=order_id)


async def move_to(
    tx: Transaction, *, store_id: int, order_id: UUID, state: OrderState, actor: str, now: datetime
) -> Order:
    """
    The store takes the order one step further.

    :raises WrongState: the order can't go there from where it is.
    """
    order = await _lock(tx, store_id=store_id, order_id=order_id)
    if order.state is state:
        return order
    _guard(order, state)
    await records.update_state(tx, store_id=store_id, order_id=order_id, state=state)
    await records.insert_state_change(
        tx, store_id=store_id, order_id=order_id, state=state, at=now, actor=actor
    )
    if state is OrderState.READY:
        await payments.want(
            tx,
            store_id=store_id,
            order_id=order_id,
            final_cents=order.total_cents if order.final_cents is None else order.final_cents,
            now=now,
        )
        await telling.tell_about(
            tx, order, template="order_ready", key=f"order_ready:{order_id}", values={}, now=now
        )
    return order


async def settle(tx: Transaction, *, store_id: int, order_id: UUID, final_cents: int) -> None:
    """The amount that follows what was really picked."""
    await records.update_final(tx, store_id=store_id, order_id=order_id, final_cents=final_cents)


def _check_bounds(
    current: Sequence[OrderLine], offers: Mapping[int, Offer], quantities: Mapping[int, int], bounds: Bounds
) -> None:
    agreed = {line.gtin: line for line in current}
    for gtin, quantity in quantities.items():
        line = agreed.get(gtin)
        if line is not None and line.quantity == quantity:
            continue
        offer = offers.get(gtin)
        by_weight = line.product.by_weight if line else offer is not None and offer.by_weight
        bound = bounds.grams_max if by_weight else bounds.pieces_max
        if not 0 <= quantity <= bound:
            raise BadQuantity(gtin=gtin, maximum=bound)


def _check_age(lines: Sequence[OrderLine], *, adult: bool) -> None:
    age = max(line.product.minimum_age for line in lines)
    if age and not adult:
        raise AgeUnconfirmed(minimum_age=age)


async def _cancel(tx: Transaction, order: Order, *, by: str, reason: str, now: datetime) -> None:
    await records.insert_cancellation(
        tx, store_id=order.store_id, order_id=order.order_id, by=by, reason=reason, now=now
    )
    await records.update_state(
        tx, store_id=order.store_id, order_id=order.order_id, state=OrderState.CANCELLED
    )
    await records.insert_state_change(
        tx,
        store_id=order.store_id,
        order_id=order.order_id,
        state=OrderState.CANCELLED,
        at=now,
        actor=by,
    )
    await payments.want(tx, store_id=order.store_id, order_id=order.order_id, final_cents=0, now=now)
    await _tell_store(tx, order, revision=order.revision, kind="order_cancelled", now=now)
    await slots.give_back_place(tx, store_id=order.store_id, slot_id=order.slot_id)  # the hot row last


async def _tell_store(tx: Transaction, order: Order, *, revision: int, kind: str, now: datetime) -> None:
    await records.insert_outbox(
        tx,
        store_id=order.store_id,
        outbox_id=new_id(now, order.store_id),
        order_id=order.order_id,
        revision=revision,
        kind=kind,
        now=now,
    )


async def _lock(tx: Transaction, *, store_id: int, order_id: UUID) -> Order:
    order = await records.lock_order(tx, store_id=store_id, order_id=order_id)
    if order is None:
        raise OrderNotFound
    return order


async def _lock_for_shopper(tx: Transaction, *, order_id: UUID, shopper_id: UUID) -> Order:
    order = await _lock(tx, store_id=place_of(order_id), order_id=order_id)
    if shopper_id not in (order.shopper_id, order.customer_id):
        raise OrderNotFound
    return order


def _guard(order: Order, state: OrderState) -> None:
    if state not in TRANSITIONS[order.state]:
        raise WrongState(state=order.state.value)
