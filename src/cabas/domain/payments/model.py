"""
Ways of paying, and the life of one. Paying at the store, when the order is handed over, is always there.

A tender is one means of payment of one order: open → authorising → held → captured, or released, or failed;
what was captured may be refunded. Nobody orders a capture: `Tender.wanted_cents` says what is to remain
taken in the end, and `next_step` says what leads there from wherever the bank's truth (`follow`) left it.
Pure; amounts are cents.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from cabas.kit.errors import Conflict

AT_STORE = "at_store"
CARD = "card"
METHODS = frozenset({AT_STORE, CARD})
"""What an order may name; what is offered where is each face's affair."""
AUTHORISED_WITHIN = timedelta(minutes=20)
"""A payment that is not authorised by then falls back to paying at the store."""

NUMBER_MAX = 20
"""Tenders of one order; each new attempt by card is one."""


class Kind(StrEnum):
    AT_STORE = "at_store"
    CARD = "card"
    MEAL_VOUCHER = "meal_voucher"
    GIFT_CARD = "gift_card"
    LOYALTY = "loyalty"


class State(StrEnum):
    OPEN = "open"
    AUTHORISING = "authorising"
    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    FAILED = "failed"


TRANSITIONS: Final[dict[State, frozenset[State]]] = {
    State.OPEN: frozenset({State.AUTHORISING, State.HELD, State.CAPTURED, State.RELEASED, State.FAILED}),
    State.AUTHORISING: frozenset({State.HELD, State.CAPTURED, State.RELEASED, State.FAILED}),
    State.HELD: frozenset({State.CAPTURED, State.RELEASED, State.FAILED}),
    State.CAPTURED: frozenset(),
    State.RELEASED: frozenset(),
    State.FAILED: frozenset(),
}
UNDECIDED = frozenset({State.OPEN, State.AUTHORISING})
SPENT_FIRST: Final = (Kind.LOYALTY, Kind.GIFT_CARD, Kind.MEAL_VOUCHER, Kind.CARD, Kind.AT_STORE)
"""Of several tenders, in which order they pay what was picked."""


class TenderOver(Conflict):
    """It ended, or it can't go there from where it is."""

    code = "tender_over"


class TendersFull(Conflict):
    """More attempts than an order may have: it is paid at the store."""

    code = "tenders_full"


class PaymentDue(Conflict):
    """Something is left to be paid at the counter: ``due_cents``."""

    code = "payment_due"


class OutOfBounds(ValueError):
    """The bank tells of amounts that can't be: more captured than held, more refunded than captured."""


class Tender(msgspec.Struct, frozen=True, kw_only=True):
    """``wanted_cents`` None: not known before the order is picked. ``expires_at``: to be authorised by then."""

    store_id: int
    order_id: UUID
    number: int
    kind: Kind
    state: State
    maximum_cents: int
    held_cents: int = 0
    captured_cents: int = 0
    refunded_cents: int = 0
    wanted_cents: int | None = None
    reference: str = ""
    page: str = ""
    problem: str = ""
    attempts: int = 0
    opened_at: datetime
    expires_at: datetime
    next_at: datetime | None = None

    @property
    def key(self) -> str:
        """What the bank knows it by: the same for each repetition."""
        return f"{self.order_id}.{self.number}"

    @property
    def taken_cents(self) -> int:
        """What has been paid with it and not given back."""
        return self.captured_cents - self.refunded_cents

    def authorisable(self, now: datetime) -> bool:
        return self.state in UNDECIDED and self.wanted_cents is None and now < self.expires_at


class BankState(StrEnum):
    WAITING = "waiting"
    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"
    REFUSED = "refused"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A payment as the bank tells it. ``page``: where the shopper authorises it."""

    reference: str
    state: BankState
    held_cents: int = 0
    captured_cents: int = 0
    refunded_cents: int = 0
    page: str = ""
    problem: str = ""


class Act(StrEnum):
    REST = "rest"
    """Nothing is to be done."""
    WAIT = "wait"
    """For the shopper."""
    CAPTURE = "capture"
    RELEASE = "release"
    REFUND = "refund"


class Step(msgspec.Struct, frozen=True):
    """``cents``: of a capture or a refund."""

    act: Act
    cents: int = 0


_REACHED: Final = {
    BankState.WAITING: State.AUTHORISING,
    BankState.HELD: State.HELD,
    BankState.CAPTURED: State.CAPTURED,
    BankState.RELEASED: State.RELEASED,
    BankState.REFUSED: State.FAILED,
}


def follow(tender: Tender, seen: Seen) -> Tender:
    """
    The tender, brought to what the bank says. An old answer changes nothing.

    :raises OutOfBounds: the bank's amounts can't be.
    """
    if not (
        0 <= seen.refunded_cents <= seen.captured_cents <= seen.held_cents <= tender.maximum_cents
        and (seen.captured_cents > 0) == (seen.state is BankState.CAPTURED)
    ):
        raise OutOfBounds(f"tender {tender.key}: {seen.state}")
    state = _REACHED[seen.state]
    if state is State.RELEASED and (tender.state in UNDECIDED or tender.wanted_cents):
        state = State.FAILED  # given back before it paid what it was for
    if state is not tender.state and state not in TRANSITIONS[tender.state]:
        return tender
    return msgspec.structs.replace(
        tender,
        state=state,
        held_cents=max(tender.held_cents, seen.held_cents),
        captured_cents=max(tender.captured_cents, seen.captured_cents),
        refunded_cents=max(tender.refunded_cents, seen.refunded_cents),
        reference=seen.reference,
        page=seen.page or tender.page,
        problem=seen.problem or ("not_authorised" if state is State.FAILED else ""),
        attempts=0,
    )


def give_up(tender: Tender, problem: str) -> Tender:
    """
    It will take nothing more: what is left is paid at the store.

    :raises TenderOver: it ended before.
    """
    if State.FAILED not in TRANSITIONS[tender.state]:
        raise TenderOver(state=tender.state.value)
    return msgspec.structs.replace(tender, state=State.FAILED, problem=problem, next_at=None)


def next_step(tender: Tender, *, now: datetime) -> Step:
    """What leads from here to what is wanted; never more than is held, never back more than was captured."""
    wanted = tender.wanted_cents
    if tender.state in UNDECIDED:
        over = now >= tender.expires_at or wanted is not None
        return Step(Act.RELEASE) if over else Step(Act.WAIT)
    if wanted is None:
        return Step(Act.REST)
    if tender.state is State.HELD:
        cents = min(wanted, tender.held_cents)
        return Step(Act.CAPTURE, cents) if cents else Step(Act.RELEASE)
    if tender.state is State.CAPTURED and tender.taken_cents > wanted:
        return Step(Act.REFUND, tender.taken_cents - wanted)
    return Step(Act.REST)


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """Of what an order costs: what was paid, what is on its way, what is left at the counter."""

    final_cents: int
    taken_cents: int
    coming_cents: int
    due_cents: int


def balance(tenders: Iterable[Tender], *, final_cents: int) -> Balance:
    """``due``: all that isn't taken yet, what is on its way too: goods leave once it is 0."""
    known = list(tenders)
    taken = sum(tender.taken_cents for tender in known)
    coming = sum(
        min(tender.wanted_cents or 0, tender.held_cents) for tender in known if tender.state is State.HELD
    )
    return Balance(
        final_cents=final_cents,
        taken_cents=taken,
        coming_cents=coming,
        due_cents=max(final_cents - taken, 0),
    )


def shares(tenders: Sequence[Tender], *, final_cents: int) -> dict[int, int]:
    """By number, what each is to pay of an amount: `SPENT_FIRST` first, none more than it has."""
    left, wanted = final_cents, {}
    for tender in sorted(tenders, key=lambda one: (SPENT_FIRST.index(one.kind), one.number)):
        has = tender.captured_cents if tender.state is State.CAPTURED else tender.held_cents
        share = min(left, has) if tender.state in (State.HELD, State.CAPTURED) else 0
        wanted[tender.number] = share
        left -= share
    return wanted
