"""Prices and stocks in, order statuses out."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

import msgspec

from cabas.bridge.shapes.base import Key

ROWS_MAX = 1_000
"""Rows of one part of a feed."""


class OrderStatus(msgspec.Struct, frozen=True, kw_only=True):
    """``seq`` runs from 1 without a gap and names the change for ever."""

    seq: int
    order: UUID
    store: str
    code: str
    state: str
    at: datetime


class StatusTaken(msgspec.Struct, frozen=True, kw_only=True):
    seq: int
    order: UUID


class OrderStatuses(msgspec.Struct, frozen=True, kw_only=True):
    items: list[OrderStatus]


class StatusQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``after``: the last number that was passed on. ``wait``: seconds to wait when there is nothing new."""

    after: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
    wait: Annotated[int, msgspec.Meta(ge=0, le=25)] = 0


class FeedKind(StrEnum):
    PRICES = "prices"
    STOCKS = "stocks"


class FeedMode(StrEnum):
    FULL = "full"
    DELTA = "delta"


class FeedRow(msgspec.Struct, frozen=True, kw_only=True):
    """
    Texts as the system of record has them: Cabas reads them, and says what it can't read.

    ``price``: euros, by the kilogram for weighed goods. ``stock``: pieces or kilograms; 0 is out of stock.
    ``back_on``: the day it is expected.
    """

    row: int
    store: str
    gtin: str
    price: str = ""
    stock: str = ""
    back_on: str = ""


class FeedPart(msgspec.Struct, frozen=True, kw_only=True):
    """``part`` runs from 1 without a gap; the ``last`` closes the feed. ``feed`` names it for ever."""

    feed: Key
    kind: FeedKind
    mode: FeedMode
    part: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
    made_at: datetime
    rows: Annotated[list[FeedRow], msgspec.Meta(max_length=ROWS_MAX)]
    last: bool = False


class RejectedRow(msgspec.Struct, frozen=True, kw_only=True):
    row: int
    reason: str
    sentence: str


class FeedTaken(msgspec.Struct, frozen=True, kw_only=True):
    """``next_part``: where the bridge goes on. ``vanished``: offers that a full feed no longer names."""

    feed: str
    part: int
    next_part: int
    accepted: int = 0
    changed: int = 0
    rejected: list[RejectedRow] = []
    vanished: int = 0
    finished: bool = False


class FeedQuery(msgspec.Struct, frozen=True, kw_only=True):
    feed: Key
