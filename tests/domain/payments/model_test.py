"""The life of a tender, against a bank that answers anything it might."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cabas.domain.payments.model import (
    AUTHORISED_WITHIN,
    TRANSITIONS,
    Act,
    BankState,
    Kind,
    OutOfBounds,
    Seen,
    State,
    Step,
    Tender,
    TenderOver,
    balance,
    follow,
    give_up,
    next_step,
    shares,
)

NOW = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
CENTS = st.integers(0, 50_000)


def tender(number: int = 1, **changes: object) -> Tender:
    made = Tender(
        store_id=1,
        order_id=UUID(int=7),
        number=number,
        kind=Kind.CARD,
        state=State.OPEN,
        maximum_cents=5_000,
        opened_at=NOW,
        expires_at=NOW + AUTHORISED_WITHIN,
    )
    return msgspec.structs.replace(made, **changes)


def seen(state: BankState, **amounts: int) -> Seen:
    return Seen(reference="b1", state=state, **amounts)


class AnyBank(RuleBasedStateMachine):
    """A shopper, a shop that changes its mind and a bank, in any order; old answers come back late."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.tender = tender()
        self.truth = seen(BankState.WAITING)
        self.told = [self.truth]
        self.path = [State.OPEN]

    @rule()
    def shopper_authorises(self) -> None:
        if self.truth.state is BankState.WAITING:
            self._bank(state=BankState.HELD, held_cents=self.tender.maximum_cents)

    @rule()
    def bank_refuses(self) -> None:
        if self.truth.state is BankState.WAITING:
            self._bank(state=BankState.REFUSED, problem="declined")

    @rule(cents=CENTS)
    def shop_wants(self, cents: int) -> None:
        self.tender = msgspec.structs.replace(self.tender, wanted_cents=cents)

    @rule(minutes=st.integers(1, 15))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def worker_acts(self) -> None:
        step = next_step(self.tender, now=self.now)
        match step.act:
            case Act.CAPTURE if self.truth.state is BankState.HELD:
                assert step.cents <= self.truth.held_cents
                self._bank(state=BankState.CAPTURED, captured_cents=step.cents)
            case Act.RELEASE if self.truth.state in (BankState.WAITING, BankState.HELD):
                self._bank(state=BankState.RELEASED)
            case Act.REFUND:
                self._bank(refunded_cents=self.tender.refunded_cents + step.cents)
        self._follow(self.truth)

    @rule(data=st.data())
    def an_answer_comes_late(self, data: st.DataObject) -> None:
        self._follow(data.draw(st.sampled_from(self.told)))

    @precondition(lambda self: self.tender.state in (State.OPEN, State.AUTHORISING, State.HELD))
    @rule()
    def bank_says_no(self) -> None:
        if self.truth.state in (BankState.REFUSED, BankState.RELEASED):
            self.tender = give_up(self.tender, "declined")
            self.path.append(self.tender.state)

    @invariant()
    def amounts_are_in_bounds(self) -> None:
        one = self.tender
        assert 0 <= one.refunded_cents <= one.captured_cents <= one.held_cents <= one.maximum_cents

    @invariant()
    def it_only_goes_forward(self) -> None:
        for before, after in zip(self.path, self.path[1:], strict=False):
            assert after is before or after in TRANSITIONS[before]

    def teardown(self) -> None:
        """Whatever was, once the shop has decided the worker ends where it was told to."""
        wanted = 1_234
        self.tender = msgspec.structs.replace(self.tender, wanted_cents=wanted)
        for _ in range(4):
            self.worker_acts()
        assert next_step(self.tender, now=self.now).act is Act.REST
        taken = self.tender.taken_cents
        assert taken == self.truth.captured_cents - self.truth.refunded_cents
        assert taken <= wanted

    def _bank(self, **changes: object) -> None:
        self.truth = msgspec.structs.replace(self.truth, **changes)
        self.told.append(self.truth)

    def _follow(self, answer: Seen) -> None:
        self.tender = follow(self.tender, answer)
        self.path.append(self.tender.state)


TestAnyBank = AnyBank.TestCase


def test_what_was_picked_is_captured_and_the_rest_let_go():
    held = follow(tender(), seen(BankState.HELD, held_cents=5_000))
    asked = msgspec.structs.replace(held, wanted_cents=4_300)
    assert next_step(asked, now=NOW) == Step(Act.CAPTURE, 4_300)
    paid = follow(asked, seen(BankState.CAPTURED, held_cents=5_000, captured_cents=4_300))
    assert next_step(paid, now=NOW) == Step(Act.REST)
    less = msgspec.structs.replace(paid, wanted_cents=4_000)
    assert next_step(less, now=NOW) == Step(Act.REFUND, 300)


def test_a_payment_nobody_authorised_is_let_go_after_its_time():
    waiting = follow(tender(), seen(BankState.WAITING))
    assert next_step(waiting, now=NOW) == Step(Act.WAIT)
    assert next_step(waiting, now=waiting.expires_at) == Step(Act.RELEASE)
    over = follow(waiting, seen(BankState.RELEASED))
    assert (over.state, over.problem) == (State.FAILED, "not_authorised")


def test_an_authorisation_that_came_after_the_counter_was_paid_is_let_go():
    held = follow(tender(wanted_cents=0), seen(BankState.HELD, held_cents=5_000))
    assert next_step(held, now=NOW) == Step(Act.RELEASE)


def test_a_bank_that_held_more_than_was_told_is_not_believed():
    with pytest.raises(OutOfBounds):
        follow(tender(), seen(BankState.HELD, held_cents=5_001))


def test_what_ended_cannot_be_given_up():
    with pytest.raises(TenderOver):
        give_up(tender(state=State.CAPTURED), "late")


@given(st.lists(st.tuples(st.sampled_from(Kind), st.sampled_from(State), CENTS), max_size=6), CENTS)
def test_shares_never_exceed_what_is_there_nor_what_is_due(given_tenders, final):
    made = [
        tender(number, kind=kind, state=state, held_cents=cents, captured_cents=cents, maximum_cents=cents)
        for number, (kind, state, cents) in enumerate(given_tenders, start=1)
    ]
    found = shares(made, final_cents=final)
    assert sum(found.values()) <= final
    assert all(found[one.number] <= one.held_cents for one in made)
    has = sum(one.held_cents for one in made if one.state in (State.HELD, State.CAPTURED))
    assert sum(found.values()) == min(final, has)


def test_the_cagnotte_pays_before_the_card():
    made = [
        tender(1, state=State.HELD, held_cents=5_000),
        tender(2, kind=Kind.LOYALTY, state=State.CAPTURED, held_cents=700, captured_cents=700),
    ]
    assert shares(made, final_cents=4_300) == {1: 3_600, 2: 700}


def test_what_is_on_its_way_is_still_due():
    found = balance([tender(state=State.HELD, held_cents=5_000, wanted_cents=4_300)], final_cents=4_300)
    assert (found.taken_cents, found.coming_cents, found.due_cents) == (0, 4_300, 4_300)
