"""
What a picker's device says happened: an append-only journal (docs/algorithms/picking-events.md).

The device makes each event's id, numbers it and dates it, so that a batch sent a hundred times has
the effect of one. Events are read by their ``kind``; unknown members are refused.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

from cabas.kit.errors import Invalid

EVENTS_MAX = 200
"""Events of one batch."""

CRATES_MAX = 26
PLACE_LENGTH_MAX = 40

LineNo = Annotated[int, msgspec.Meta(ge=1, le=32_767)]
Pieces = Annotated[int, msgspec.Meta(ge=1, le=999)]
Grams = Annotated[int, msgspec.Meta(ge=1, le=99_999)]
Gtin = Annotated[int, msgspec.Meta(ge=1, le=99_999_999_999_999)]
Revision = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
CrateNo = Annotated[int, msgspec.Meta(ge=1, le=CRATES_MAX)]
Zone = Annotated[str, msgspec.Meta(pattern="^(ambient|chilled|frozen)$")]


class UnreadableEvent(Invalid):
    """An event of no known kind, or whose members don't fit it."""

    code = "event_unreadable"


class _Event(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="kind",
    omit_defaults=True,
):
    event_id: UUID
    order_id: UUID
    device_seq: Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
    """Counts up on one device: events of a batch are applied in this order."""
    occurred_at: datetime
    """By the device's clock."""


class Started(_Event, frozen=True, kw_only=True, tag="started"):
    """The picker takes the order in hand. ``take_over``: from a colleague, or back from ready."""

    revision: Revision
    """Of the order, as the device knew it."""
    take_over: bool = False


class Picked(_Event, frozen=True, kw_only=True, tag="picked"):
    """All or most of a line sold by the piece is in the crate. ``gtin``: what was scanned, if anything."""

    line: LineNo
    quantity: Pieces
    gtin: Gtin | None = None


class Weighed(_Event, frozen=True, kw_only=True, tag="weighed"):
    """``confirmed``: the picker was told that it is out of tolerance, and keeps it."""

    line: LineNo
    weight_grams: Grams
    pieces: Annotated[int, msgspec.Meta(ge=0, le=999)] = 0
    gtin: Gtin | None = None
    confirmed: bool = False


class Short(_Event, frozen=True, kw_only=True, tag="short"):
    """Fewer pieces than ordered: the shelf has no more."""

    line: LineNo
    quantity: Pieces


class Missing(_Event, frozen=True, kw_only=True, tag="missing"):
    line: LineNo


class Substituted(_Event, frozen=True, kw_only=True, tag="substituted"):
    """Another product instead: ``quantity`` pieces, or ``weight_grams`` of goods sold by weight."""

    line: LineNo
    gtin: Gtin
    quantity: Annotated[int, msgspec.Meta(ge=0, le=999)] = 0
    weight_grams: Annotated[int, msgspec.Meta(ge=0, le=99_999)] = 0
    confirmed: bool = False


class Undone(_Event, frozen=True, kw_only=True, tag="undone"):
    """The line is to be done again."""

    line: LineNo


class CrateAdded(_Event, frozen=True, kw_only=True, tag="crate_added"):
    """``label`` empty: made of the order's code and the crate's letter."""

    crate_no: CrateNo
    zone: Zone
    label: Annotated[str, msgspec.Meta(max_length=40)] = ""


class CrateRemoved(_Event, frozen=True, kw_only=True, tag="crate_removed"):
    crate_no: CrateNo


class CrateStaged(_Event, frozen=True, kw_only=True, tag="crate_staged"):
    """The crate waits at a place: a shelf, a fridge."""

    crate_no: CrateNo
    place: Annotated[str, msgspec.Meta(min_length=1, max_length=PLACE_LENGTH_MAX)]


class RevisionSeen(_Event, frozen=True, kw_only=True, tag="revision_seen"):
    """The picker has read what the shopper changed."""

    revision: Revision


class Ready(_Event, frozen=True, kw_only=True, tag="ready"):
    pass


class Released(_Event, frozen=True, kw_only=True, tag="released"):
    """The picker lets go: a colleague may take it."""


Handling = Picked | Weighed | Short | Missing | Substituted
"""What settles a line."""

PickingEvent = (
    Started
    | Picked
    | Weighed
    | Short
    | Missing
    | Substituted
    | Undone
    | CrateAdded
    | CrateRemoved
    | CrateStaged
    | RevisionSeen
    | Ready
    | Released
)


def read_event(raw: object) -> PickingEvent:
    """
    One event from plain values (decoded JSON).

    :raises UnreadableEvent: says which member doesn't fit.
    """
    try:
        event: PickingEvent = msgspec.convert(raw, PickingEvent)
    except msgspec.ValidationError as problem:
        raise UnreadableEvent(str(problem)) from problem
    if event.occurred_at.tzinfo is None:
        raise UnreadableEvent("occurred_at needs a time zone")
    return event


def payload_of(event: PickingEvent) -> dict[str, Any]:
    """The event's own members, for the journal."""
    plain: dict[str, Any] = msgspec.to_builtins(event)
    return {key: value for key, value in plain.items() if key not in _COLUMNS}


def kind_of(event: PickingEvent) -> str:
    tag = event.__struct_config__.tag
    return str(tag)


_COLUMNS = frozenset({"event_id", "order_id", "device_seq", "occurred_at", "kind"})
