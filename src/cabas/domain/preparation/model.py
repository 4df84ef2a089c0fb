"""An order in a picker's hands: who has it, what became of each line, in which crates. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.orders.model import OrderLine
from cabas.kit.errors import Conflict

CRATE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class LineOutcome(StrEnum):
    PICKED = "picked"
    SHORT = "short"
    MISSING = "missing"
    SUBSTITUTED = "substituted"


class SetAside(Conflict):
    """The event can't take effect; ``reason`` says why, `detail` helps the picker."""

    code = "event_refused"

    def __init__(self, reason: str, **detail: object) -> None:
        super().__init__(reason, reason=reason, **detail)
        self.reason = reason


class EventOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of an event. ``outcome``: applied, duplicate (it was here before) or refused.

    ``reason``: why it was refused, now or the first time; one of docs/algorithms/picking-events.md.
    """

    event_id: UUID
    outcome: str
    reason: str = ""
    detail: dict[str, Any] = {}


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who has the order in hand, until when."""

    picker_id: UUID
    name: str
    expires_at: datetime

    def holds(self, now: datetime) -> bool:
        return now < self.expires_at


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """``revision``: of the order that is being picked; older than the order's own after a change."""

    store_id: int
    order_id: UUID
    revision: int
    lease: Lease | None
    started_at: datetime | None
    ready_at: datetime | None

    def free_for(self, picker_id: UUID, now: datetime) -> bool:
        return self.lease is None or self.lease.picker_id == picker_id or not self.lease.holds(now)


class PickedLine(msgspec.Struct, frozen=True, kw_only=True):
    """
    What is in the crate for a line. ``gtin``: the substitute's when substituted.

    ``total_cents``: what it costs, deposit left out. ``frozen``: the substitute's particulars.
    """

    line_no: int
    outcome: LineOutcome
    gtin: int
    quantity: int
    weight_grams: int
    unit_price_cents: int
    total_cents: int
    frozen: dict[str, Any]
    picked_by: str
    picked_at: datetime

    @property
    def in_crate(self) -> bool:
        return self.quantity > 0 or self.weight_grams > 0


class Crate(msgspec.Struct, frozen=True, kw_only=True):
    crate_no: int
    zone: str
    label: str
    staged_at: datetime | None = None
    staging_place: str = ""
    handed_at: datetime | None = None

    @property
    def letter(self) -> str:
        return CRATE_LETTERS[self.crate_no - 1]


def crate_label(code: str, crate_no: int) -> str:
    """``K7F2MQ-A``: what is printed and scanned; once in a store, as the code is."""
    return f"{code}-{CRATE_LETTERS[crate_no - 1]}"


def deposit_of(line: OrderLine, picked: PickedLine) -> int:
    """Deposits follow what is in the crate, never above those of what was ordered."""
    each = line.product.deposit_cents
    if picked.outcome is LineOutcome.SUBSTITUTED:
        each = min(each, int(picked.frozen.get("deposit_cents", 0)))
    if line.product.by_weight:
        return each if picked.in_crate else 0
    return each * min(picked.quantity, line.quantity)


def final_cents(
    lines: Iterable[OrderLine], picked: Mapping[int, PickedLine], *, fee_cents: int, maximum_cents: int
) -> int:
    """
    What the order comes to: picked goods, their deposits and the fee, never beyond the told maximum.

    A line that isn't handled yet costs nothing.
    """
    total = fee_cents
    for line in lines:
        settled = picked.get(line.line_no)
        if settled is not None:
            total += settled.total_cents + deposit_of(line, settled)
    return min(total, maximum_cents)


def zones_used(lines: Iterable[OrderLine], picked: Mapping[int, PickedLine]) -> frozenset[str]:
    """The temperature zones that need a crate."""
    return frozenset(
        str(settled.frozen.get("zone") or line.product.zone)
        for line in lines
        if (settled := picked.get(line.line_no)) is not None and settled.in_crate
    )


def check_ready(
    lines: Sequence[OrderLine], picked: Mapping[int, PickedLine], crates: Mapping[int, Crate]
) -> None:
    """
    :raises SetAside: ``lines_left`` (which), ``nothing_picked``, or ``crate_needed`` (for which zones).
    """
    left = [line.line_no for line in lines if line.line_no not in picked]
    if left:
        raise SetAside("lines_left", lines=left)
    used = zones_used(lines, picked)
    if not used:
        raise SetAside("nothing_picked")
    bare = sorted(used - {crate.zone for crate in crates.values()})
    if bare:
        raise SetAside("crate_needed", zones=bare)


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line between two revisions; 0 where the line isn't."""

    line_no: int
    name: str
    before: int
    after: int
    by_weight: bool


def changes_between(before: Sequence[OrderLine], after: Sequence[OrderLine]) -> list[Change]:
    """What the shopper changed, by line number."""
    old = {line.line_no: line for line in before}
    new = {line.line_no: line for line in after}
    changes = []
    for number in sorted(old.keys() | new.keys()):
        was, is_now = old.get(number), new.get(number)
        shown = is_now or was
        if shown is None or (was and is_now and (was.gtin, was.quantity) == (is_now.gtin, is_now.quantity)):
            continue
        changes.append(
            Change(
                line_no=number,
                name=shown.product.name,
                before=was.quantity if was else 0,
                after=is_now.quantity if is_now else 0,
                by_weight=shown.product.by_weight,
            )
        )
    return changes
