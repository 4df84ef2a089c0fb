"""Wishes, orders in advance and draws as programs see them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.advance.draw import DrawEvent
from cabas.domain.advance.model import AdvanceOrder, AdvanceState
from cabas.domain.advance.queries import StoreDraw
from cabas.domain.carts.model import Cart
from cabas.web.api.wire import CURRENCY


class AdvanceShape(msgspec.Struct, frozen=True, kw_only=True):
    """An order asked for before its slots open, and what became of it."""

    state: AdvanceState
    opens_at: datetime
    """When the draw is held."""
    confirmed: bool
    """False: the basket has changed since, and takes no part unless it is asked for again."""
    maximum: int
    """Cents it will not exceed, whatever slot is given."""
    currency: str
    slot: str | None
    """The slot that the draw gave."""
    order: UUID | None
    reason: str | None
    """Why it is `unplaced`."""
    nearest: list[str]
    """Open slots offered instead, of the instant of the decision."""
    asked_at: datetime
    decided_at: datetime | None
    draw: str
    """Where the draw can be checked."""


class WishesShape(msgspec.Struct, frozen=True, kw_only=True):
    slots: list[str]
    any_slot: bool
    advance: AdvanceShape | None
    """What was asked for, if anything was."""


class DrawGroup(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    share_percent: int
    """Of what each slot has left; rounded down."""


class StoreDrawShape(msgspec.Struct, frozen=True, kw_only=True):
    store: str
    participants: int
    winners: int
    participants_sha256: str | None
    """Of who took part with what wishes; null until drawn."""
    drawn_at: datetime | None


class DrawShape(msgspec.Struct, frozen=True, kw_only=True):
    """
    One opening's draw. A shopper's rank in a store is the first 8 bytes (halved, lowest first) of
    HMAC-SHA256(secret, `opens_at|store|shopper`), with `opens_at` as `2026-11-27T23:00:00Z`.
    """

    opens_at: datetime
    commitment: str
    """SHA-256 of the secret, in hexadecimal, published before the opening."""
    published_at: datetime
    secret: str | None
    """In hexadecimal; null until every store is drawn."""
    revealed_at: datetime | None
    groups: list[DrawGroup]
    stores: list[StoreDrawShape]


class DrawList(msgspec.Struct, frozen=True, kw_only=True):
    items: list[DrawShape]
    next: None = None


def wishes_shape(
    cart: Cart, kept: dict[str, Any] | None, asked: AdvanceOrder | None, *, draw: str
) -> WishesShape | None:
    """What the basket wishes: as asked for, else as kept beside it; None: nothing."""
    if asked is not None and asked.state is not AdvanceState.WITHDRAWN:
        return WishesShape(
            slots=[str(slot) for slot in asked.wishes],
            any_slot=asked.any_slot,
            advance=_advance(cart, asked, draw),
        )
    if kept is None:
        return None
    return WishesShape(slots=kept["slots"], any_slot=kept["any_slot"], advance=None)


def draw_shape(event: DrawEvent, stores: list[StoreDraw]) -> DrawShape:
    return DrawShape(
        opens_at=event.opens_at,
        commitment=event.commitment.hex(),
        published_at=event.published_at,
        secret=event.secret.hex() if event.secret else None,
        revealed_at=event.revealed_at,
        groups=[DrawGroup(name=group.name, share_percent=group.share_percent) for group in event.groups],
        stores=[
            StoreDrawShape(
                store=str(part.store_id),
                participants=part.participants,
                winners=part.winners,
                participants_sha256=part.participants_digest.hex() if part.participants_digest else None,
                drawn_at=part.drawn_at,
            )
            for part in stores
        ],
    )


def _advance(cart: Cart, asked: AdvanceOrder, draw: str) -> AdvanceShape:
    return AdvanceShape(
        state=asked.state,
        opens_at=asked.opens_at,
        confirmed=asked.state is not AdvanceState.WAITING or asked.stands_for(cart.updated_at),
        maximum=asked.maximum_cents,
        currency=CURRENCY,
        slot=str(asked.slot_id) if asked.slot_id else None,
        order=asked.order_id,
        reason=asked.reason or None,
        nearest=[str(slot) for slot in asked.nearest],
        asked_at=asked.created_at,
        decided_at=asked.decided_at,
        draw=draw,
    )
