"""
The rules of the cagnotte: what an order earns, until when, and which earning is used first. Pure.

Worked tables stand in docs/explanation/loyalty.md.
"""

import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from cabas.domain.catalog.gtin import with_check_digit
from cabas.kit.clock import paris_day, paris_midnight
from cabas.kit.errors import Conflict, NotFound
from cabas.kit.money import round_half_up

NETWORK: Final = 0
PERCENT_MAX: Final = 34
"""An advantage, immediate or deferred, is a third of the price at most (law of 7 December 2020, art. 125)."""

CARD_PREFIX: Final = 29
_CARD_DIGITS: Final = 10
_GRAMS_PER_KILOGRAM: Final = 1000


class CardNotFound(NotFound):
    """The customer has no loyalty card."""

    code = "card_not_found"


class OfferNotFound(NotFound):
    """There is no such offer, or it was taken back before it began."""

    code = "loyalty_offer_not_found"


class HoldNotFound(NotFound):
    """Nothing was set aside under this key, or it was let go."""

    code = "reservation_not_found"


class BalanceTooSmall(Conflict):
    """There is less in the cagnotte than that."""

    code = "insufficient_balance"


class EntryKind(StrEnum):
    EARN = "earn"
    REVERSE = "reverse"
    SPEND = "spend"
    EXPIRE = "expire"
    RETURN = "return"
    """What was spent comes back."""


class EarningKind(StrEnum):
    PERCENT = "percent"
    CENTS = "cents"


class EarningOffer(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``amount``: percent of the line's price, or cents a piece (a kilogram, by weight).
    Of one product (``gtin``) or of a category and all below it; of a store, or of `NETWORK`.
    """

    offer_id: UUID
    store_id: int
    label: str
    kind: EarningKind
    amount: int
    gtin: int | None
    category_id: int | None
    starts_at: datetime
    ends_at: datetime

    def runs_at(self, moment: datetime) -> bool:
        return self.starts_at <= moment < self.ends_at


class EarningLine(msgspec.Struct, frozen=True, kw_only=True):
    """
    What was handed over of a product.

    ``quantity``: pieces, or grams. ``total_cents``: what it costs, deposit left out.
    ``promoted``: under a promotion already; ``adults_only``: sold from an age on.
    """

    gtin: int
    category_id: int
    quantity: int
    by_weight: bool
    total_cents: int
    promoted: bool
    adults_only: bool


class EarningOffers:
    """Offers to look up by product: a page asks for each of its cards."""

    def __init__(self, offers: Iterable[EarningOffer]) -> None:
        self.all = tuple(offers)
        self._by_gtin: dict[int, list[EarningOffer]] = {}
        self._by_category: dict[int, list[EarningOffer]] = {}
        for offer in self.all:
            if offer.gtin is not None:
                self._by_gtin.setdefault(offer.gtin, []).append(offer)
            elif offer.category_id is not None:
                self._by_category.setdefault(offer.category_id, []).append(offer)

    def cents_for(self, line: EarningLine, *, store_id: int, at: datetime) -> int:
        """
        What the line earns: by the best of the offers that run in this store, never by two.

        Nothing on goods under a promotion (the advantages would add up) nor for adults only.
        """
        if line.promoted or line.adults_only or line.total_cents <= 0 or not self.all:
            return 0
        return max(
            (
                cents_earned(offer, line)
                for offer in self._of(line)
                if offer.store_id in (NETWORK, store_id) and offer.runs_at(at)
            ),
            default=0,
        )

    def _of(self, line: EarningLine) -> Iterable[EarningOffer]:
        yield from self._by_gtin.get(line.gtin, ())
        for category_id in levels_of(line.category_id):
            yield from self._by_category.get(category_id, ())


def levels_of(category_id: int) -> tuple[int, ...]:
    """The category and those above it: aisle·10000 + shelf·100 + leaf."""
    return tuple(dict.fromkeys((category_id, category_id // 100 * 100, category_id // 10_000 * 10_000)))


def cents_earned(offer: EarningOffer, line: EarningLine) -> int:
    """What one offer gives for one line: rounded half up once a line, a third of its price at most."""
    if offer.kind is EarningKind.PERCENT:
        earned = round_half_up(line.total_cents * offer.amount, 100)
    elif line.by_weight:
        earned = round_half_up(line.quantity * offer.amount, _GRAMS_PER_KILOGRAM)
    else:
        earned = line.quantity * offer.amount
    return min(earned, line.total_cents * PERCENT_MAX // 100)


def cents_of_order(
    lines: Iterable[EarningLine], offers: EarningOffers, *, store_id: int, placed_at: datetime
) -> int:
    """
    What an order earns: on what was handed over, by the offers that ran when it was placed.

    A missing good isn't among the lines, so there is nothing to take back for it.
    """
    return sum(offers.cents_for(line, store_id=store_id, at=placed_at) for line in lines)


def expires_at(earned_at: datetime, *, months: int) -> datetime:
    """The end of the month (Paris) that lies ``months`` after the one it was earned in; half-open."""
    day = paris_day(earned_at)
    month = day.year * 12 + day.month - 1 + months + 1
    return paris_midnight(date(month // 12, month % 12 + 1, 1))


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """What is left of an earning."""

    entry_id: UUID
    left_cents: int
    expires_at: datetime


class Part(msgspec.Struct, frozen=True):
    """``cents`` taken from an earning."""

    entry_id: UUID
    cents: int


def parts_of(lots: Sequence[Lot], cents: int) -> list[Part]:
    """
    ``cents`` (above 0) out of the earnings that expire first.

    :raises BalanceTooSmall: there is less left.
    """
    parts: list[Part] = []
    wanted = cents
    for lot in sorted(lots, key=lambda one: (one.expires_at, one.entry_id.int)):
        taken = min(lot.left_cents, wanted)
        if taken > 0:
            parts.append(Part(lot.entry_id, taken))
            wanted -= taken
    if wanted > 0:
        raise BalanceTooSmall
    return parts


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``number``: an EAN-13 with its check digit. ``balance_cents``: the sum of the ledger, of which
    ``reserved_cents`` are set aside for orders.
    """

    customer_id: UUID
    number: int
    balance_cents: int
    reserved_cents: int
    opened_at: datetime

    @property
    def available_cents(self) -> int:
        return self.balance_cents - self.reserved_cents


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``cents`` set aside to pay an order. Once it ``ended_at``, ``captured_cents`` of them were spent (0: let
    go), of which ``returned_cents`` came back.
    """

    key: str
    customer_id: UUID
    store_id: int
    order_id: UUID
    cents: int
    captured_cents: int
    returned_cents: int
    ended_at: datetime | None


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """
    A line of the ledger. ``cents``: above 0 for an earning or a return, below for all else.
    ``left_cents``: what is left of an earning. ``store_id``: `NETWORK` when of no store.
    """

    entry_id: UUID
    kind: EntryKind
    cents: int
    left_cents: int
    store_id: int
    order_id: UUID | None
    at: datetime
    expires_at: datetime | None


class Earning(msgspec.Struct, frozen=True, kw_only=True):
    """What an order is to be credited with."""

    customer_id: UUID
    store_id: int
    order_id: UUID
    cents: int
    expires_at: datetime


def new_card_number() -> int:
    """A number nobody can guess, of the range for use within the trade's own walls."""
    return with_check_digit(CARD_PREFIX * 10**_CARD_DIGITS + secrets.randbelow(10**_CARD_DIGITS))
