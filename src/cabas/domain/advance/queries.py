"""Public reads of requests made in advance, and of draws."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.advance.draw import DrawEvent
from cabas.domain.advance.model import AdvanceOrder, AdvanceState, PriorityGroup
from cabas.kit.db import Connection, Record
from cabas.kit.ids import place_of

LISTED_MAX = 2_000
COLUMNS = """store_id, cart_id, shopper_id, customer_id, opens_at, wishes, any_slot, cart_version, maximum_cents,
             state, priority_group, rank, slot_id, order_id, reason, nearest, created_at, decided_at"""
_EVENT = """opens_at, commitment, case when revealed_at is not null then secret end as secret, groups,
            published_at, drawn_at, revealed_at"""


class StoreDraw(msgspec.Struct, frozen=True, kw_only=True):
    """One store's part of a draw. ``winners`` were given a place; ``placed_at``: their orders are written."""

    store_id: int
    drawn_at: datetime | None
    placed_at: datetime | None
    participants: int
    winners: int
    participants_digest: bytes | None


async def of_cart(reader: Connection, *, cart_id: UUID, shopper_id: UUID) -> AdvanceOrder | None:
    """What the shopper last asked for with this basket."""
    row = await reader.fetchrow(
        f"""
        select {COLUMNS}
          from advance_order
         where store_id = $1 and cart_id = $2 and shopper_id = $3
         order by created_at desc
         limit 1""",
        place_of(cart_id),
        cart_id,
        shopper_id,
    )
    return as_order(row) if row else None


async def waiting_of(reader: Connection, *, shopper_id: UUID) -> AdvanceOrder | None:
    """The shopper's request that waits for its opening, in whatever store."""
    row = await reader.fetchrow(
        f"""
        select {COLUMNS}
          from advance_order
         where shopper_id = $1 and state = 'waiting'
         order by created_at desc
         limit 1""",
        shopper_id,
    )
    return as_order(row) if row else None


async def draw_event(reader: Connection, *, opens_at: datetime) -> DrawEvent | None:
    """The draw of this opening; None before its digest is published."""
    row = await reader.fetchrow(f"select {_EVENT} from draw_event where opens_at = $1", opens_at)
    return _as_event(row) if row else None


async def draw_events(reader: Connection, *, start: datetime, end: datetime) -> list[DrawEvent]:
    """The draws of the openings in ``[start, end)``."""
    rows = await reader.fetch(
        f"select {_EVENT} from draw_event where opens_at >= $1 and opens_at < $2 order by opens_at limit 50",
        start,
        end,
    )
    return [_as_event(row) for row in rows]


async def store_draws(reader: Connection, *, opens_at: datetime) -> Sequence[StoreDraw]:
    """The parts of the stores in which somebody asked, by number."""
    rows = await reader.fetch(
        f"""
        select store_id, drawn_at, placed_at, participants, winners, participants_digest
          from draw_store
         where opens_at = $1
         order by store_id
         limit {LISTED_MAX}""",
        opens_at,
    )
    return [StoreDraw(**dict(row.items())) for row in rows]


def as_order(row: Record) -> AdvanceOrder:
    values = {name: row[name] for name in AdvanceOrder.__struct_fields__}
    values |= {
        "wishes": tuple(row["wishes"]),
        "nearest": tuple(row["nearest"]),
        "state": AdvanceState(row["state"]),
    }
    return AdvanceOrder(**values)


def _as_event(row: Record) -> DrawEvent:
    groups = msgspec.convert(row["groups"], tuple[PriorityGroup, ...])
    return DrawEvent(**{**dict(row.items()), "groups": groups})
