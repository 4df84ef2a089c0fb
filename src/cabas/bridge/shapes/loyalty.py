"""Loyalty cards and the euros on them."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from cabas.bridge.shapes.base import Amount, CardNumber, Key, Ref, Text


class CardState(StrEnum):
    ACTIVE = "active"
    BLOCKED = "blocked"
    CLOSED = "closed"


class ReservationState(StrEnum):
    HELD = "held"
    SPENT = "spent"
    RELEASED = "released"
    EXPIRED = "expired"


class CardRequest(msgspec.Struct, frozen=True, kw_only=True):
    card: CardNumber


class LoyaltyCard(msgspec.Struct, frozen=True, kw_only=True):
    """``barcode``: what the till scans, when it isn't the number. ``customer``: in the registry."""

    card: str
    state: CardState
    customer: str | None = None
    barcode: str = ""
    since: date | None = None


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    cents: int
    on: date


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """``available_cents`` = ``cents`` − ``reserved_cents``. ``at``: when the system of record said so."""

    card: str
    cents: int
    reserved_cents: int
    available_cents: int
    at: datetime
    expires: list[Expiry] = []


class EarnRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Below zero: takes back what was earned for goods that were missing."""

    key: Key
    card: CardNumber
    cents: Annotated[int, msgspec.Meta(ge=-100_000_000, le=100_000_000)]
    at: datetime
    order: UUID | None = None
    store: Text = ""
    reason: Text = ""


class Earned(msgspec.Struct, frozen=True, kw_only=True):
    """``movement``: its number in the system of record."""

    key: str
    card: str
    cents: int
    balance_cents: int
    movement: str = ""


class ReserveRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Set aside for one order, for so many seconds; spent or released before, else it lapses by itself."""

    key: Key
    card: CardNumber
    cents: Annotated[int, msgspec.Meta(gt=0, le=100_000_000)]
    seconds: Annotated[int, msgspec.Meta(ge=60, le=30 * 86_400)] = 900
    order: UUID | None = None


class Reservation(msgspec.Struct, frozen=True, kw_only=True):
    reservation: str
    card: str
    cents: int
    expires_at: datetime
    state: ReservationState


class SpendRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Not more than was reserved; the rest is released."""

    key: Key
    reservation: Ref
    cents: Amount


class Spent(msgspec.Struct, frozen=True, kw_only=True):
    key: str
    reservation: str
    cents: int
    balance_cents: int


class ReleaseRequest(msgspec.Struct, frozen=True, kw_only=True):
    key: Key
    reservation: Ref


class OffersRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Without a card: what everyone with one is offered."""

    card: CardNumber | None = None
    store: Text = ""


class LoyaltyOffer(msgspec.Struct, frozen=True, kw_only=True):
    """``cents`` are earned for each unit of one of ``gtins``, or ``percent`` of its price; none: of the order."""

    offer: str
    title: str
    cents: int = 0
    percent: int = 0
    gtins: list[str] = []
    starts_at: datetime | None = None
    ends_at: datetime | None = None


class LoyaltyOffers(msgspec.Struct, frozen=True, kw_only=True):
    items: list[LoyaltyOffer]
