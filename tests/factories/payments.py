"""A bank in memory, which loses answers and refuses on command."""

from collections import Counter

import msgspec

from cabas.domain.payments.model import BankState, Seen
from cabas.domain.payments.ports import BankAway, BankRefused, NewPayment


class MemoryBank:
    """``away``: no answer. ``losing``: it is done, but the answer is lost. ``refusing``: captures."""

    def __init__(self) -> None:
        self.payments: dict[str, Seen] = {}
        self.cents: dict[str, int] = {}
        self.done: Counter[str] = Counter()
        self.away = self.losing = False
        self.refusing = ""

    async def open(self, payment: NewPayment) -> Seen:
        if payment.key not in self.payments:
            page = f"https://banque.example/pay/{payment.key}"
            self.cents[payment.key] = payment.cents
            self.payments[payment.key] = Seen(
                reference=f"b-{payment.key}", state=BankState.WAITING, page=page
            )
        return self._told(payment.key)

    def authorise(self, key: str) -> None:
        """The shopper types their card at the bank."""
        self._change(key, state=BankState.HELD, held_cents=self.cents[key])

    def decline(self, key: str) -> None:
        self._change(key, state=BankState.REFUSED, problem="declined")

    def expire(self, key: str) -> None:
        """A hold that has become too old."""
        self._change(key, state=BankState.RELEASED)

    async def look(self, key: str) -> Seen | None:
        if self.away:
            raise BankAway("no answer")
        return self.payments.get(key)

    async def capture(self, key: str, cents: int) -> Seen:
        if self.refusing:
            raise BankRefused(self.refusing)
        self._reach(key)
        if self.payments[key].state is BankState.HELD:
            self.done["capture"] += 1
            self._change(key, state=BankState.CAPTURED, captured_cents=cents)
        return self._told(key)

    async def release(self, key: str) -> Seen:
        self._reach(key)
        if self.payments[key].state in (BankState.WAITING, BankState.HELD):
            self.done["release"] += 1
            self._change(key, state=BankState.RELEASED)
        return self._told(key)

    async def refund(self, key: str, *, total_cents: int) -> Seen:
        self._reach(key)
        if self.payments[key].refunded_cents < total_cents:
            self.done["refund"] += 1
            self._change(key, refunded_cents=total_cents)
        return self._told(key)

    def _reach(self, key: str) -> None:
        if self.away:
            raise BankAway("no answer")
        if key not in self.payments:
            raise BankRefused("payment_unknown")

    def _told(self, key: str) -> Seen:
        if self.away:
            raise BankAway("no answer")
        if self.losing:
            raise BankAway("the answer was lost")
        return self.payments[key]

    def _change(self, key: str, **changes: object) -> None:
        self.payments[key] = msgspec.structs.replace(self.payments[key], **changes)
