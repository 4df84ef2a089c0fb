"""
The bank's part of the fault matrix: `cabas bank` as it runs, every fault on every call of it.

Under a fault a guarded call says `BankAway`; asked again with the same key, it is done once.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

import pytest

from bank.processes import KEY, Bank, bank_process, type_card
from cabas.connectors.payments_bank import BankClient
from cabas.connectors.payments_bank.guarded import SERVICE, GuardedBank
from cabas.domain.payments.model import BankState, Seen
from cabas.domain.payments.ports import BankAway, BankRefused, NewPayment
from cabas.kit.clock import FixedClock
from cabas.kit.guard import Guard, GuardPolicy
from faults.cells import BANK, Cell, chosen

IMPATIENT, PATIENT = 1.0, 60.0
LONG = 20.0
HELD, PICKED, BACK = 5_000, 4_300, 300


class Line:
    """A client and a guard of the same patience."""

    def __init__(self, bank: Bank, seconds: float, now: datetime) -> None:
        self.client = BankClient(bank.url, KEY, seconds=seconds)
        policy = GuardPolicy(deadline_seconds=seconds, concurrency=8)
        self.guarded = GuardedBank(
            self.client, Guard(SERVICE, policy, FixedClock(now), refusals=(BankRefused,))
        )

    async def ask(self, asked: str, key: str) -> Seen | None:
        match asked:
            case "open":
                return await self.guarded.open(_payment(key))
            case "look":
                return await self.guarded.look(key)
            case "capture":
                return await self.guarded.capture(key, PICKED)
            case "release":
                return await self.guarded.release(key)
            case _:
                return await self.guarded.refund(key, total_cents=BACK)


@pytest.mark.parametrize("cell", chosen(BANK), ids=str)
async def test_a_payment_under_a_fault(cell: Cell, bank: Bank, now: datetime) -> None:
    key = f"cell-{uuid4().hex}"
    under, after = Line(bank, IMPATIENT, now), Line(bank, PATIENT, now)
    await _prepare(after.client, cell.asked, key)
    bank.fault(cell.fault, effect=cell.effect, seconds=LONG)
    try:
        with pytest.raises(BankAway):
            await under.ask(cell.asked, key)
        bank.mend()
        seen = await after.ask(cell.asked, key)
    finally:
        bank.mend()
        await under.client.close()
        await after.client.close()

    assert seen is not None
    assert (seen.state, seen.captured_cents, seen.refunded_cents) == _expected(cell.asked)
    assert sum(row["REFERENCE"] == key for row in bank.rows("payments")) == 1


async def _prepare(client: BankClient, asked: str, key: str) -> None:
    """While all is well: the payment as far as the call needs it."""
    if asked == "open":
        return
    type_card((await client.open(_payment(key))).page)
    if asked == "refund":
        await client.capture(key, PICKED)


def _expected(asked: str) -> tuple[BankState, int, int]:
    """State, cents captured, cents given back."""
    return {
        "open": (BankState.WAITING, 0, 0),
        "look": (BankState.HELD, 0, 0),
        "capture": (BankState.CAPTURED, PICKED, 0),
        "release": (BankState.RELEASED, 0, 0),
        "refund": (BankState.CAPTURED, PICKED, BACK),
    }[asked]


def _payment(key: str) -> NewPayment:
    return NewPayment(
        key=key,
        cents=HELD,
        title="Courses",
        language="fr",
        back="http://shop.example/commandes/1",
        expires_in=900,
    )


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    with bank_process(tmp_path_factory.mktemp("bank")) as running:
        yield running
