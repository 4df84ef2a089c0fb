"""
An order asked for before its slot opens. Pure: what may be asked, and what becomes of it.

How the places are given out is in `draw`.
"""

import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from cabas.domain.carts.model import Substitution
from cabas.domain.checkout.model import Contact, Request, Terms
from cabas.domain.slots.model import Channel
from cabas.kit.errors import Conflict, Invalid, NotFound

WISHES_MAX = 5
NEAREST = 3


class BadWishes(Invalid):
    """The wishes can't be read as 1 … 5 slots of one opening of the basket's store. ``reason`` says why."""

    code = "bad_wishes"


class SlotAlreadyOpen(Conflict):
    """Bookings of this slot have opened: order it, there is nothing to wait for."""

    code = "slot_already_open"


class WishClosed(Conflict):
    """The store has closed this slot."""

    code = "slot_closed"


class OpeningPassed(Conflict):
    """The draw has been held: what was asked for can't be changed any more."""

    code = "opening_passed"


class NotAsked(NotFound):
    """Nothing was asked for with this basket."""

    code = "advance_unknown"


class AdvanceState(StrEnum):
    WAITING = "waiting"
    PLACED = "placed"
    UNPLACED = "unplaced"
    WITHDRAWN = "withdrawn"


class Reason(StrEnum):
    """Why a request was left without an order."""

    FULL = "full"
    """None of the wishes had a place left."""
    CART_CHANGED = "cart_changed"
    """The basket is no longer the one that was agreed to."""
    CART_ORDERED = "cart_ordered"
    """The basket became an order some other way."""
    CART_EMPTY = "cart_empty"
    """None of the goods can be ordered any more."""
    DEARER = "dearer"
    """It would cost more than the told maximum."""
    BELOW_MINIMUM = "below_minimum"
    NOT_DELIVERED = "not_delivered"
    AGE_UNCONFIRMED = "age_unconfirmed"
    TOO_MANY_ORDERS = "too_many_orders"
    SLOT_CLOSED = "slot_closed"
    """The store closed the slot, or its cut-off passed, after the draw."""
    FAILED = "failed"
    """Something else stood in the way."""

    @classmethod
    def of_refusal(cls, code: str) -> "Reason":
        """The reason that a refusal of the order comes to."""
        if code == "slot_full":
            return cls.FULL
        return cls(code) if code in cls._value2member_map_ else cls.FAILED


class PriorityGroup(msgspec.Struct, frozen=True, kw_only=True):
    """People who are drawn first, for this much of what each slot has left."""

    name: str
    share_percent: int


class AdvancePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A retailer's choices."""

    groups: tuple[PriorityGroup, ...] = ()
    """In the order they are drawn. Together at most 100 percent."""

    hold_duration: timedelta = timedelta(minutes=30)
    """How long a drawn place is kept until its order is written."""

    notice: timedelta = timedelta(days=2)
    """How long before an opening the digest of its secret is published."""

    open_orders_max: int = 5
    weight_tolerance_percent: int = 10

    def __post_init__(self) -> None:
        if any(group.share_percent < 0 for group in self.groups):
            raise ValueError("a share is not below 0")
        if sum(group.share_percent for group in self.groups) > 100:
            raise ValueError("the shares of the priority groups are more than the whole")


class AdvanceRequest(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a shopper asks for. ``wishes`` are slots, best first; ``any_slot``: else any of that opening.

    ``shown``, ``shown_total_cents``: what the page showed, when there was one (as in checkout); the
    total is without any fee of a slot.
    """

    cart_id: UUID
    shopper_id: UUID
    customer_id: UUID | None
    key: str
    wishes: tuple[int, ...]
    any_slot: bool
    payment_method: str
    contact: Contact
    language: str
    adult: bool = False
    substitution: Substitution | None = None
    shown: dict[str, int] | None = None
    shown_total_cents: int | None = None

    def under_its_own_key(self) -> "AdvanceRequest":
        """For callers without a key: saying the same again is the same request."""
        return msgspec.structs.replace(self, key=self.fingerprint().hex())

    def fingerprint(self) -> bytes:
        """SHA-256 of what was asked, for telling a repetition from another request under the same key."""
        asked = [
            self.cart_id,
            self.wishes,
            self.any_slot,
            self.payment_method,
            self.contact,
            self.adult,
            self.substitution,
        ]
        return hashlib.sha256(msgspec.json.encode(asked, order="sorted")).digest()


class AdvanceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it stands. ``slot_id`` is what the draw gave; ``nearest`` are open slots offered instead."""

    store_id: int
    cart_id: UUID
    shopper_id: UUID
    customer_id: UUID | None
    opens_at: datetime
    wishes: tuple[int, ...]
    any_slot: bool
    state: AdvanceState
    slot_id: int | None
    order_id: UUID | None
    reason: str
    nearest: tuple[int, ...]
    rank: int | None
    priority_group: str | None
    cart_version: datetime
    created_at: datetime
    decided_at: datetime | None
    maximum_cents: int

    def stands_for(self, cart_updated_at: datetime) -> bool:
        """Whether the basket is still the one that was agreed to: else it must be confirmed again."""
        return self.cart_version == cart_updated_at


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a request until its order is written; the wording is that of the moment of asking."""

    payment_method: str
    contact: Contact
    language: str
    adult: bool
    substitution: Substitution | None
    legal_version: str
    button: str
    asked_at: datetime

    def request(self, *, cart_id: UUID, shopper_id: UUID, customer_id: UUID | None, slot_id: int) -> Request:
        """The order to place once a slot is drawn. A basket becomes at most one order: its id is the key."""
        return Request(
            cart_id=cart_id,
            shopper_id=shopper_id,
            customer_id=customer_id,
            slot_id=slot_id,
            key=f"advance:{cart_id}",
            payment_method=self.payment_method,
            contact=self.contact,
            language=self.language,
            adult=self.adult,
            substitution=self.substitution,
        )


def check_wishes(wishes: Sequence[int], *, any_slot: bool) -> None:
    """:raises BadWishes: none, more than five, or one twice."""
    if not wishes and not any_slot:
        raise BadWishes(reason="none")
    if len(wishes) > WISHES_MAX:
        raise BadWishes(reason="too_many", maximum=WISHES_MAX)
    if len(set(wishes)) != len(wishes):
        raise BadWishes(reason="twice")


def opening_of(wishes: Sequence[int], terms: dict[int, Terms], *, now: datetime) -> datetime:
    """
    The one opening that all wishes wait for.

    :raises BadWishes: a slot that the store doesn't have, or slots of several openings.
    :raises SlotAlreadyOpen: there is nothing to wait for.
    :raises WishClosed: the store closed it.
    """
    for slot_id in wishes:
        if slot_id not in terms:
            raise BadWishes(reason="slot_unknown", slot=str(slot_id))
    slots = [terms[slot_id].slot for slot_id in wishes]
    for slot in slots:
        if slot.opens_at <= now:
            raise SlotAlreadyOpen(slot=str(slot.slot_id))
        if slot.closed:
            raise WishClosed(slot=str(slot.slot_id))
    openings = {slot.opens_at for slot in slots}
    if len(openings) != 1:
        raise BadWishes(reason="several_openings")
    return openings.pop()


def any_channels(wishes: Sequence[int], terms: dict[int, Terms], *, delivered: bool) -> tuple[Channel, ...]:
    """In which way "any slot" may be: as the wishes are; without wishes, as the address says."""
    if wishes:
        return tuple(sorted({terms[slot_id].slot.channel for slot_id in wishes}))
    return (Channel.DELIVERY,) if delivered else (Channel.DRIVE,)
