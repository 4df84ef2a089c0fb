"""
The cagnotte as payments ask any bank: so that one set of rules leads a card and a cagnotte to what is wanted.

The ledger is in the same database; each call is a transaction of its own, repeated with one effect.
"""

from collections.abc import Awaitable, Callable

from cabas.domain.loyalty import holding, queries
from cabas.domain.loyalty.model import Hold, HoldNotFound
from cabas.domain.payments.model import BankState, Seen
from cabas.domain.payments.ports import BankRefused, NewPayment
from cabas.kit.clock import Clock
from cabas.kit.db import Database, Transaction


class LedgerBank:
    """:param months: how long money that comes back is good for."""

    def __init__(self, database: Database, clock: Clock, *, months: int) -> None:
        self._database, self._clock, self._months = database, clock, months

    async def open(self, payment: NewPayment) -> Seen:
        """:raises BankRefused: nothing is authorised on a page here; the shop sets it aside itself."""
        raise BankRefused("no_page")

    async def look(self, key: str) -> Seen | None:
        async with self._database.read() as reader:
            hold = await queries.hold_of(reader, key=key)
        return _seen(hold) if hold else None

    async def capture(self, key: str, cents: int) -> Seen:
        now = self._clock.now()
        return await self._write(lambda tx: holding.capture(tx, key=key, cents=cents, now=now))

    async def release(self, key: str) -> Seen:
        now = self._clock.now()
        return await self._write(lambda tx: holding.release(tx, key=key, now=now))

    async def refund(self, key: str, *, total_cents: int) -> Seen:
        now, months = self._clock.now(), self._months
        return await self._write(
            lambda tx: holding.give_back(tx, key=key, total_cents=total_cents, months=months, now=now)
        )

    async def _write(self, act: Callable[[Transaction], Awaitable[Hold]]) -> Seen:
        try:
            async with self._database.transaction() as tx:
                return _seen(await act(tx))
        except HoldNotFound as problem:
            raise BankRefused(problem.code) from problem


def _seen(hold: Hold) -> Seen:
    if hold.ended_at is None:
        state = BankState.HELD
    else:
        state = BankState.CAPTURED if hold.captured_cents else BankState.RELEASED
    return Seen(
        reference=hold.key,
        state=state,
        held_cents=hold.cents,
        captured_cents=hold.captured_cents,
        refunded_cents=hold.returned_cents,
    )
