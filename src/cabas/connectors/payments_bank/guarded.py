"""The bank behind a guard: away within its deadline, whatever it does."""

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from cabas.connectors.payments_bank import BankClient
from cabas.domain.payments.model import Seen
from cabas.domain.payments.ports import BankAway, BankRefused, CardBank, NewPayment
from cabas.kit.board import Board
from cabas.kit.guard import Guard, GuardPolicy, Unavailable

T = TypeVar("T")
SERVICE: Final = "payments"
SHOPPERS: Final = GuardPolicy(deadline_seconds=4.0, concurrency=8)
"""Of a web process: the shopper waits, with an order that is placed."""

WORKERS: Final = GuardPolicy(deadline_seconds=10.0, concurrency=16)


class GuardedBank:
    """A `CardBank`: each call of ``bank`` through ``guard``."""

    def __init__(self, bank: CardBank, guard: Guard) -> None:
        self._bank, self._guard = bank, guard

    async def open(self, payment: NewPayment) -> Seen:
        return await self._ask(lambda: self._bank.open(payment))

    async def look(self, key: str) -> Seen | None:
        return await self._ask(lambda: self._bank.look(key))

    async def capture(self, key: str, cents: int) -> Seen:
        return await self._ask(lambda: self._bank.capture(key, cents))

    async def release(self, key: str) -> Seen:
        return await self._ask(lambda: self._bank.release(key))

    async def refund(self, key: str, *, total_cents: int) -> Seen:
        return await self._ask(lambda: self._bank.refund(key, total_cents=total_cents))

    async def _ask(self, ask: Callable[[], Awaitable[T]]) -> T:
        try:
            return await self._guard.call(ask)
        except Unavailable as away:
            raise BankAway(str(away.__cause__ or away)) from away


def guarded(client: BankClient, board: Board, policy: GuardPolicy) -> GuardedBank:
    return GuardedBank(client, board.guard(SERVICE, policy, refusals=(BankRefused,)))
