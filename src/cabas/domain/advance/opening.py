"""
What happens to requests when their slots open (docs/algorithms/draw.md).

First the draw: a store's places are given out in one transaction, as holds. Then the writing: each
winner's order, by the call that any order is written with, spends its hold. Several workers may share
both; a crash anywhere leaves what is undone to whoever comes next.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import msgspec

from cabas.domain.advance import opening_records as records
from cabas.domain.advance.draw import Participant, allocate, nearest_first, participants_digest, rank_of
from cabas.domain.advance.model import NEAREST, AdvancePolicy, AdvanceState, Agreement, PriorityGroup, Reason
from cabas.domain.advance.opening_records import Asked, Due, Fate
from cabas.domain.advance.telling import told
from cabas.domain.checkout import bulk
from cabas.domain.messages import operations as messages
from cabas.domain.slots import drawn
from cabas.domain.slots.model import Slot
from cabas.kit.db import Transaction

ORDERS_AT_ONCE = 100


class StoreFailed(Exception):
    """An opening went wrong in one store; nothing of that step was kept."""

    def __init__(self, due: Due) -> None:
        super().__init__(f"store {due.store_id}, opening {due.opens_at.isoformat()}")
        self.due = due


async def draw_next(
    tx: Transaction, *, policy: AdvancePolicy, failed: Iterable[Due] = (), now: datetime
) -> Due | None:
    """
    Give out the places of one store whose opening has come. None: no store is left to anybody.

    :param failed: stores to leave alone.
    :raises StoreFailed: something went wrong there.
    """
    due = await records.claim_undrawn(tx, failed=tuple(failed), now=now)
    if due is not None:
        with _named(due):
            await _draw(tx, due, policy, now=now)
    return due


async def write_next(
    tx: Transaction, *, policy: AdvancePolicy, failed: Iterable[Due] = (), now: datetime
) -> Due | None:
    """
    Write up to `ORDERS_AT_ONCE` orders of one drawn store. None: none is left to anybody.

    :raises StoreFailed: something went wrong there.
    """
    due = await records.claim_unwritten(tx, failed=tuple(failed), now=now)
    if due is not None:
        with _named(due):
            await _write(tx, due, policy, now=now)
    return due


async def reveal(tx: Transaction, *, now: datetime) -> int:
    """Publish the secrets of openings of which every store is drawn; returns how many."""
    return await records.reveal_drawn(tx, now=now)


@contextmanager
def _named(due: Due) -> Iterator[None]:
    try:
        yield
    except Exception as problem:
        raise StoreFailed(due) from problem


async def _draw(tx: Transaction, due: Due, policy: AdvancePolicy, *, now: datetime) -> None:
    event = await records.select_secret(tx, opens_at=due.opens_at)
    asked = await records.lock_asked(tx, due)
    refused = {one.cart_id: reason for one in asked if (reason := _no_part(one))}
    taking_part = [one for one in asked if one.cart_id not in refused]
    participants = _participants(taking_part, due, event.secret, event.groups)
    held, slots = await drawn.lock_for_draw(
        tx, store_id=due.store_id, shopper_ids=[one.shopper_id for one in taking_part], opens_at=due.opens_at
    )
    left = {slot.slot_id: _left(slot, now) for slot in slots if slot.opens_at == due.opens_at}
    given = allocate(participants, left, event.groups)

    ranked = {entry.cart_id: entry for entry in participants}
    winners = {
        one.shopper_id: (slot_id, one.cart_id)
        for one in taking_part
        if (slot_id := given[one.cart_id]) is not None
    }
    await drawn.hold_drawn(
        tx,
        store_id=due.store_id,
        winners=winners,
        held=held,
        now=now,
        expires_at=now + policy.hold_duration,
    )
    fates = [
        _fate(
            one,
            entry=ranked.get(one.cart_id),
            slot_id=given.get(one.cart_id),
            refused=refused.get(one.cart_id),
        )
        for one in asked
    ]
    await _settle(tx, due, asked, fates, now=now)
    await records.close_draw(
        tx,
        due,
        snapshot=left,
        participants=len(participants),
        winners=len(winners),
        digest=participants_digest(participants),
        now=now,
    )


def _no_part(one: Asked) -> Reason | None:
    """Why a request takes no part in the draw."""
    if one.cart_ordered_at is not None:
        return Reason.CART_ORDERED
    return None if one.cart_updated_at == one.cart_version else Reason.CART_CHANGED


def _participants(
    asked: Sequence[Asked], due: Due, secret: bytes, groups: Sequence[PriorityGroup]
) -> list[Participant]:
    names = {group.name for group in groups}
    return [
        Participant(
            cart_id=one.cart_id,
            shopper_id=one.shopper_id,
            wishes=one.wishes,
            any_channels=one.any_channels,
            group=one.group if one.group in names else None,
            rank=rank_of(secret, opens_at=due.opens_at, store_id=due.store_id, shopper_id=one.shopper_id),
        )
        for one in asked
    ]


def _left(slot: Slot, now: datetime) -> int:
    return 0 if slot.closed or slot.closes_at <= now else slot.left


def _fate(one: Asked, *, entry: Participant | None, slot_id: int | None, refused: Reason | None) -> Fate:
    """A winner goes on waiting, for their order; anyone else is told at once."""
    return Fate(
        cart_id=one.cart_id,
        state=AdvanceState.WAITING if slot_id else AdvanceState.UNPLACED,
        slot_id=slot_id,
        rank=entry.rank if entry else None,
        group=entry.group if entry else None,
        reason=refused or (Reason.FULL if slot_id is None else None),
    )


async def _write(tx: Transaction, due: Due, policy: AdvancePolicy, *, now: datetime) -> None:
    asked = await records.lock_drawn(tx, due, limit=ORDERS_AT_ONCE)
    outcomes = await bulk.place_many(
        tx,
        store_id=due.store_id,
        intents=[_intent(one) for one in asked],
        weight_tolerance_percent=policy.weight_tolerance_percent,
        open_orders_max=policy.open_orders_max,
        now=now,
    )
    refused = [one for one, outcome in zip(asked, outcomes, strict=True) if outcome.order_id is None]
    await drawn.give_back(
        tx, store_id=due.store_id, held={one.shopper_id: one.slot_id or 0 for one in refused}
    )
    fates = [_written(one, outcome) for one, outcome in zip(asked, outcomes, strict=True)]
    await _settle(tx, due, asked, fates, now=now)
    if len(asked) < ORDERS_AT_ONCE:
        await records.close_writing(tx, due, now=now)


def _intent(one: Asked) -> bulk.Intent:
    agreement: Agreement = one.agreement
    return bulk.Intent(
        request=agreement.request(
            cart_id=one.cart_id,
            shopper_id=one.shopper_id,
            customer_id=one.customer_id,
            slot_id=one.slot_id or 0,
        ),
        cart_version=one.cart_version,
        maximum_cents=one.maximum_cents,
        wording={
            "legal_version": agreement.legal_version,
            "button": agreement.button,
            "at": agreement.asked_at.isoformat(),
        },
    )


def _written(one: Asked, outcome: bulk.Outcome) -> Fate:
    return Fate(
        cart_id=one.cart_id,
        state=AdvanceState.PLACED if outcome.order_id else AdvanceState.UNPLACED,
        slot_id=one.slot_id,
        rank=one.rank,
        group=one.group,
        order_id=outcome.order_id,
        reason=None if outcome.order_id else Reason.of_refusal(outcome.refusal),
        missing=outcome.missing,
    )


async def _settle(
    tx: Transaction, due: Due, asked: Sequence[Asked], fates: Sequence[Fate], *, now: datetime
) -> None:
    """Write what became of each, and tell who is told; who has nothing is offered what is open."""
    free: list[Slot] = []
    if any(fate.state is AdvanceState.UNPLACED for fate in fates):
        free = await drawn.open_slots(tx, store_id=due.store_id, now=now)
    offers = _Offers(free)
    fates = [
        msgspec.structs.replace(fate, nearest=offers.near(one))
        if fate.state is AdvanceState.UNPLACED
        else fate
        for one, fate in zip(asked, fates, strict=True)
    ]
    await records.write_fates(tx, due, fates, now=now)
    tidings = [
        message
        for one, fate in zip(asked, fates, strict=True)
        if (message := told(due, one, fate)) is not None
    ]
    await messages.tell_all(tx, messages=tidings, now=now)


class _Offers:
    """The nearest open slots by way and wish, worked out once for all who share both."""

    def __init__(self, free: Sequence[Slot]) -> None:
        self._free = free
        self._known: dict[tuple[int | None, tuple[str, ...]], tuple[int, ...]] = {}

    def near(self, one: Asked) -> tuple[int, ...]:
        near = one.wishes[0] if one.wishes else None
        key = near, one.any_channels or one.wished_channels
        if key not in self._known:
            among = [slot.slot_id for slot in self._free if slot.channel in key[1]]
            self._known[key] = nearest_first(among, near=near)[:NEAREST]
        return self._known[key]
