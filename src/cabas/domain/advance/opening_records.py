"""Private reads and writes of an opening, for all requests of a store at once."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.advance.model import AdvanceState, Agreement, PriorityGroup, Reason
from cabas.domain.slots.calendar import channel_of
from cabas.domain.slots.model import Channel
from cabas.kit.db import Record, Transaction

DRAWS_FIRST = "10 seconds"
"""How long after an opening orders wait for every store to be drawn: places are given out before any is written."""

_ALL_DRAWN = f"""not exists (
               select from draw_store u
                where u.placed_at is null and u.drawn_at is null
                  and u.opens_at <= $1 and u.opens_at > $1::timestamptz - interval '{DRAWS_FIRST}')"""


class Due(msgspec.Struct, frozen=True):
    """A store's part of a draw."""

    store_id: int
    opens_at: datetime


class Secret(msgspec.Struct, frozen=True, kw_only=True):
    secret: bytes
    groups: tuple[PriorityGroup, ...]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A request as the opening finds it; ``cart_updated_at`` None: the basket is gone."""

    cart_id: UUID
    shopper_id: UUID
    customer_id: UUID | None
    wishes: tuple[int, ...]
    any_channels: tuple[Channel, ...]
    agreement: Agreement
    maximum_cents: int
    cart_version: datetime
    cart_updated_at: datetime | None
    cart_ordered_at: datetime | None
    group: str | None
    rank: int | None
    slot_id: int | None

    @property
    def wished_channels(self) -> tuple[Channel, ...]:
        return tuple(sorted({channel_of(slot_id) for slot_id in self.wishes}))


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a request. ``missing``: lines that could not be ordered."""

    cart_id: UUID
    state: AdvanceState
    slot_id: int | None
    rank: int | None
    group: str | None
    order_id: UUID | None = None
    reason: Reason | None = None
    nearest: tuple[int, ...] = ()
    missing: int = 0


async def claim_undrawn(tx: Transaction, *, failed: Sequence[Due], now: datetime) -> Due | None:
    """A store whose opening has come, for this transaction alone."""
    return await _claim(tx, "s.drawn_at is null", failed, now)


async def claim_unwritten(tx: Transaction, *, failed: Sequence[Due], now: datetime) -> Due | None:
    """
    A drawn store with orders to write, for this transaction alone; none while an opening of
    `DRAWS_FIRST` ago or less still has stores to draw.
    """
    return await _claim(tx, f"s.drawn_at is not null and {_ALL_DRAWN}", failed, now)


async def _claim(tx: Transaction, which: str, failed: Sequence[Due], now: datetime) -> Due | None:
    row = await tx.fetchrow(
        f"""
        select s.store_id, s.opens_at
          from draw_store s
         where s.placed_at is null and s.opens_at <= $1 and {which}
           and (s.store_id, s.opens_at) not in (select * from unnest($2::int[], $3::timestamptz[]))
         order by s.opens_at, s.store_id
         limit 1
           for update of s skip locked""",
        now,
        [due.store_id for due in failed],
        [due.opens_at for due in failed],
    )
    return Due(row["store_id"], row["opens_at"]) if row else None


async def select_secret(tx: Transaction, *, opens_at: datetime) -> Secret:
    row = await tx.fetchrow("select secret, groups from draw_event where opens_at = $1", opens_at)
    if row is None:
        raise RuntimeError("a request is never taken without its draw's secret")
    return Secret(secret=row["secret"], groups=msgspec.convert(row["groups"], tuple[PriorityGroup, ...]))


async def lock_asked(tx: Transaction, due: Due) -> list[Asked]:
    """All that waits for the store's draw."""
    rows = await tx.fetch(
        """
        select a.cart_id, a.shopper_id, a.customer_id, a.wishes, a.any_channels, a.request, a.maximum_cents,
               a.cart_version, c.updated_at as cart_updated_at, c.ordered_at as cart_ordered_at,
               p.group_name as priority_group, a.rank, a.slot_id
          from advance_order a
          left join cart c on c.store_id = a.store_id and c.cart_id = a.cart_id
          left join customer_priority p on p.customer_id = a.customer_id and p.until > a.opens_at
         where a.store_id = $1 and a.opens_at = $2 and a.state = 'waiting' and a.rank is null
         order by a.cart_id
           for update of a""",
        due.store_id,
        due.opens_at,
    )
    return [_as_asked(row) for row in rows]


async def lock_drawn(tx: Transaction, due: Due, *, limit: int) -> list[Asked]:
    """Winners whose orders are to be written, in the order of the draw."""
    rows = await tx.fetch(
        """
        select cart_id, shopper_id, customer_id, wishes, any_channels, request, maximum_cents, cart_version,
               null::timestamptz as cart_updated_at, null::timestamptz as cart_ordered_at, priority_group, rank,
               slot_id
          from advance_order
         where store_id = $1 and opens_at = $2 and state = 'waiting' and slot_id is not null
         order by rank
         limit $3
           for update""",
        due.store_id,
        due.opens_at,
        limit,
    )
    return [_as_asked(row) for row in rows]


async def write_fates(tx: Transaction, due: Due, fates: Sequence[Fate], *, now: datetime) -> None:
    await tx.execute(
        """
        update advance_order a
           set state = f.state, slot_id = f.slot_id, rank = f.rank, priority_group = f.priority_group,
               order_id = f.order_id, reason = f.reason, nearest = string_to_array(f.nearest, ',')::bigint[],
               decided_at = case when f.state <> 'waiting' then $11::timestamptz end
          from unnest($3::uuid[], $4::text[], $5::bigint[], $6::bigint[], $7::text[], $8::uuid[], $9::text[],
                      $10::text[])
               as f (cart_id, state, slot_id, rank, priority_group, order_id, reason, nearest)
         where a.store_id = $1 and a.opens_at = $2 and a.cart_id = f.cart_id""",
        due.store_id,
        due.opens_at,
        [fate.cart_id for fate in fates],
        [fate.state.value for fate in fates],
        [fate.slot_id for fate in fates],
        [fate.rank for fate in fates],
        [fate.group for fate in fates],
        [fate.order_id for fate in fates],
        [fate.reason.value if fate.reason else "" for fate in fates],
        [",".join(map(str, fate.nearest)) for fate in fates],
        now,
    )


async def close_draw(
    tx: Transaction,
    due: Due,
    *,
    snapshot: Mapping[int, int],
    participants: int,
    winners: int,
    digest: bytes,
    now: datetime,
) -> None:
    await tx.execute(
        """
        update draw_store
           set drawn_at = $3, snapshot = $4, participants = $5, winners = $6, participants_digest = $7
         where store_id = $1 and opens_at = $2""",
        due.store_id,
        due.opens_at,
        now,
        {str(slot_id): left for slot_id, left in snapshot.items()},
        participants,
        winners,
        digest,
    )


async def close_writing(tx: Transaction, due: Due, *, now: datetime) -> None:
    await tx.execute(
        "update draw_store set placed_at = $3 where store_id = $1 and opens_at = $2",
        due.store_id,
        due.opens_at,
        now,
    )


async def reveal_drawn(tx: Transaction, *, now: datetime) -> int:
    return await tx.execute(
        """
        update draw_event e set drawn_at = $1, revealed_at = $1
         where e.opens_at <= $1 and e.revealed_at is null
           and not exists (select from draw_store s where s.opens_at = e.opens_at and s.drawn_at is null)""",
        now,
    )


def _as_asked(row: Record) -> Asked:
    return Asked(
        cart_id=row["cart_id"],
        shopper_id=row["shopper_id"],
        customer_id=row["customer_id"],
        wishes=tuple(row["wishes"]),
        any_channels=tuple(Channel(channel) for channel in row["any_channels"]),
        agreement=msgspec.convert(row["request"], Agreement),
        maximum_cents=row["maximum_cents"],
        cart_version=row["cart_version"],
        cart_updated_at=row["cart_updated_at"],
        cart_ordered_at=row["cart_ordered_at"],
        group=row["priority_group"],
        rank=row["rank"],
        slot_id=row["slot_id"],
    )
