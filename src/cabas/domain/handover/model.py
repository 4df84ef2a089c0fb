"""Giving a prepared order to its shopper: what must be there, and what is refused. Pure."""

import re
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.orders.model import Order, OrderState
from cabas.domain.preparation.model import Crate
from cabas.kit.errors import Conflict, Invalid
from cabas.kit.ids import parse_id

REMARKS_MAX = 20
REMARK_LENGTH_MAX = 200
CODE_LENGTH = 6
_ADDRESS = re.compile(r"/commandes/([0-9a-fA-F-]{36})(?:[/?#]|$)")


class NotReady(Conflict):
    """The order isn't prepared yet, or no longer to be given: ``state`` says where it stands."""

    code = "order_not_ready"


class AlreadyHandedOver(Conflict):
    """It was given already."""

    code = "already_handed_over"


class OrderCancelled(Conflict):
    """It was cancelled: nothing is given."""

    code = "order_cancelled"


class CratesMissing(Conflict):
    """Not all crates of all zones are there: ``labels`` of those that aren't."""

    code = "crates_missing"


class IdentityUnchecked(Conflict):
    """Goods for adults: identity must be checked, and only whether it was is kept."""

    code = "identity_unchecked"


class UnknownCrate(Conflict):
    """That label is not of this order."""

    code = "crate_unknown"


class BadRemarks(Invalid):
    """Too many remarks, or too long."""

    code = "bad_remarks"


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    started_at: datetime
    """The shopper's arrival when they said it, else the opening of the page."""
    handed_over_at: datetime | None
    handed_by: str
    identity_checked: bool
    remarks: tuple[str, ...]


def named(text: str) -> UUID | str:
    """
    What a counter was told or scanned: an order's id (from its QR code's address) or its code.

    ``K7F 2mq`` → ``"K7F2MQ"``.
    """
    text = text.strip()
    address = _ADDRESS.search(text)
    order_id = parse_id(address.group(1) if address else text)
    if order_id is not None:
        return order_id
    bare = re.sub(r"[^0-9A-Za-z]", "", text).upper()
    return bare[:CODE_LENGTH] if len(bare) == CODE_LENGTH + 1 and "-" in text else bare


def check_givable(order: Order) -> None:
    """:raises AlreadyHandedOver, OrderCancelled, NotReady: it can't be given."""
    if order.state is OrderState.HANDED_OVER:
        raise AlreadyHandedOver
    if order.state is OrderState.CANCELLED:
        raise OrderCancelled
    if order.state is not OrderState.READY:
        raise NotReady(state=order.state.value)


def check_complete(crates: Sequence[Crate], *, adults_only: bool, identity_checked: bool) -> None:
    """:raises CratesMissing, IdentityUnchecked: something is left to do."""
    missing = [crate.label for crate in crates if crate.handed_at is None]
    if missing or not crates:
        raise CratesMissing(labels=missing)
    if adults_only and not identity_checked:
        raise IdentityUnchecked


def check_remarks(remarks: Sequence[str]) -> tuple[str, ...]:
    """
    Trimmed, empty ones left out.

    :raises BadRemarks: too many or too long.
    """
    kept = tuple(text for remark in remarks if (text := remark.strip()))
    if len(kept) > REMARKS_MAX or any(len(text) > REMARK_LENGTH_MAX for text in kept):
        raise BadRemarks(limit=REMARKS_MAX, length=REMARK_LENGTH_MAX)
    return kept
