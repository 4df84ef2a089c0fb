"""What paying by card needs from outside: a bank, or whoever acts for one."""

from typing import Protocol

import msgspec

from cabas.domain.payments.model import Seen


class BankAway(Exception):
    """No answer, or none that can be read: nobody knows whether it was done. Ask again with the same key."""


class BankRefused(Exception):
    """The bank said no; asking again would not help. ``code`` is its word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class NewPayment(msgspec.Struct, frozen=True, kw_only=True):
    """
    A payment to authorise. ``key``: ours, the same for each repetition. ``cents``: the most it may come to.

    ``title`` is what the shopper reads at the bank; ``back`` the page of ours where they return.
    """

    key: str
    cents: int
    title: str
    language: str
    back: str
    expires_in: int
    """Seconds."""


class CardBank(Protocol):
    """
    Each call is idempotent by its key: repeated, it tells what became of the first.

    All raise `BankAway`; what changes something raises `BankRefused` too.
    """

    async def open(self, payment: NewPayment) -> Seen:
        """A page where the shopper authorises it; the card's number is never typed elsewhere."""
        ...

    async def look(self, key: str) -> Seen | None:
        """How it stands; None: the bank knows no such payment."""
        ...

    async def capture(self, key: str, cents: int) -> Seen:
        """Take this much, once; the rest of what was held is let go."""
        ...

    async def release(self, key: str) -> Seen:
        """Let go of what is held, or end an authorisation under way. A captured one stays: see the answer."""
        ...

    async def refund(self, key: str, *, total_cents: int) -> Seen:
        """Give back until this much of it is given back, all in all."""
        ...
