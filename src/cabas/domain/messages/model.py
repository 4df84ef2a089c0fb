"""
A message to a person: what it is about, who gets it, and how it goes out.

It is recorded in the transaction of its fact and sent later by a worker; a mail server that is
slow or dead costs nobody an order.
"""

import base64
import random
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from cabas.kit.errors import Invalid

ATTEMPTS_MAX = 8
BACKOFF_FIRST = timedelta(seconds=30)
BACKOFF_MAX = timedelta(hours=2)
_POINT_BYTES, _UNCOMPRESSED, _SECRET_BYTES = 65, 4, 16
_BASE64URL = re.compile(r"(?:[A-Za-z0-9_-]{4}){4,25}(?:[A-Za-z0-9_-]{2,3})?={0,2}", re.ASCII)


class Channel(StrEnum):
    MAIL = "mail"
    PUSH = "push"


class Recipient(msgspec.Struct, frozen=True, kw_only=True):
    """``customer_id``: the customer, or the guest who ordered; None: an address and no more."""

    name: str
    email: str
    language: str
    customer_id: UUID | None = None


class NewMessage(msgspec.Struct, frozen=True, kw_only=True):
    """
    Something to tell. ``key`` says what it is about, unique in its store: told once.

    ``values`` is what the template needs (plain JSON); what an order holds is read from the
    order when the message is written out, so name it by ``order_id``.
    """

    store_id: int
    key: str
    template: str
    recipient: Recipient
    values: dict[str, Any]
    order_id: UUID | None = None


class TransportError(Exception):
    """It could not be handed over. ``permanent``: trying again would not help."""

    def __init__(self, problem: str, *, permanent: bool) -> None:
        super().__init__(problem)
        self.permanent = permanent


class SubscriptionGone(Exception):
    """The browser has taken its subscription back: forget it."""


class BadEndpoint(Invalid):
    """Not the address of a push service: HTTPS to a public host is needed."""

    code = "push_endpoint_refused"


class BadKeys(Invalid):
    """Not the keys that a browser gives with its subscription."""

    code = "push_keys_refused"


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """As it was recorded."""

    store_id: int
    message_id: UUID
    template: str
    language: str
    customer_id: UUID | None
    order_id: UUID | None
    name: str
    email: str
    values: dict[str, Any]
    created_at: datetime


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """A message in a worker's hand. ``attempt`` counts from 1 and fences off whoever had it before."""

    message: Message
    channel: Channel
    attempt: int


class Attachment(msgspec.Struct, frozen=True, kw_only=True):
    """A text that goes with a mail, for the reader to keep."""

    name: str
    media_type: str
    text: str


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail, written out."""

    message_id: UUID
    to_name: str
    to_email: str
    language: str
    subject: str
    text: str
    html: str
    attachments: Sequence[Attachment] = ()


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A notification, written out. ``path`` is the page of ours that it opens."""

    message_id: UUID
    title: str
    body: str
    path: str


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that asked to be told, as the Push API gives it; keys in base64url."""

    endpoint: str
    p256dh: str
    auth: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the log: one message by one channel."""

    message_id: UUID
    template: str
    channel: Channel
    created_at: datetime
    attempts: int
    sent_at: datetime | None
    failed_at: datetime | None
    problem: str

    @property
    def state(self) -> str:
        """``sent``, ``failed`` or ``waiting``."""
        if self.sent_at is not None:
            return "sent"
        return "failed" if self.failed_at is not None else "waiting"


def check_keys(subscription: Subscription) -> None:
    """
    A point of P-256 (65 bytes, uncompressed) and a secret of 16 bytes (RFC 8291).

    :raises BadKeys: they are something else.
    """
    point, secret = _decoded(subscription.p256dh), _decoded(subscription.auth)
    if len(point) != _POINT_BYTES or point[0] != _UNCOMPRESSED or len(secret) != _SECRET_BYTES:
        raise BadKeys


def _decoded(text: str) -> bytes:
    if not _BASE64URL.fullmatch(text):
        raise BadKeys
    bare = text.rstrip("=")
    return base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))


def next_try(attempt: int, *, now: datetime) -> datetime:
    """When to try again after this many attempts: twice as long each time, with full jitter over the upper half."""
    longest = min(BACKOFF_FIRST * (1 << (attempt - 1)), BACKOFF_MAX)
    return now + longest * random.uniform(0.5, 1.0)  # noqa: S311 (spreads load, hides nothing)
