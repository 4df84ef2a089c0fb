"""
Places given out by a draw, many at once: the same rows and counters as one hold, by few statements.

Locks are taken in the order of every hold (docs/algorithms/slot-reservation.md): shoppers' rows, their
holds, then slots by number.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.slots.model import Slot
from cabas.domain.slots.queries import as_slot
from cabas.kit.db import Transaction

_COLUMNS = """store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents,
              capacity, taken, closed"""
OPEN_MAX = 200


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What shoppers hold before a draw. ``here``: slots by shopper; ``elsewhere``: other stores by shopper."""

    here: Mapping[UUID, int]
    elsewhere: Mapping[UUID, int]


async def lock_for_draw(
    tx: Transaction, *, store_id: int, shopper_ids: Sequence[UUID], opens_at: datetime
) -> tuple[Held, list[Slot]]:
    """
    What these shoppers hold, and the store's slots of the opening and those held, by number.

    Nobody else changes any of them until the transaction ends.
    """
    await tx.execute(
        """
        insert into shopper_hold (shopper_id, store_id)
        select shopper_id, $1 from unnest($2::uuid[]) as s (shopper_id) order by shopper_id
        on conflict (shopper_id) do nothing""",
        store_id,
        shopper_ids,
    )
    shoppers = await tx.fetch(
        """
        select shopper_id, store_id from shopper_hold
         where shopper_id = any($1::uuid[]) order by shopper_id for update""",
        shopper_ids,
    )
    here = await tx.fetch(
        """
        select shopper_id, slot_id from slot_hold
         where store_id = $1 and shopper_id = any($2::uuid[]) order by shopper_id for update""",
        store_id,
        shopper_ids,
    )
    slots = await tx.fetch(
        f"""
        select {_COLUMNS} from slot
         where store_id = $1 and (opens_at = $2 or slot_id = any($3::bigint[]))
         order by slot_id for update""",
        store_id,
        opens_at,
        [row["slot_id"] for row in here],
    )
    held = Held(
        here={row["shopper_id"]: row["slot_id"] for row in here},
        elsewhere={row["shopper_id"]: row["store_id"] for row in shoppers if row["store_id"] != store_id},
    )
    return held, [as_slot(row) for row in slots]


async def hold_drawn(
    tx: Transaction,
    *,
    store_id: int,
    winners: Mapping[UUID, tuple[int, UUID]],
    held: Held,
    now: datetime,
    expires_at: datetime,
) -> None:
    """
    Keep each winner's place (slot, basket) until ``expires_at``, letting go of any other they held.

    Slots and shoppers must be locked, and the places there (`lock_for_draw`).
    """
    if not winners:
        return
    for shopper_id in sorted(winners.keys() & held.elsewhere.keys()):
        await tx.fetchval("select slot_hold_release($1, $2)", held.elsewhere[shopper_id], shopper_id)
    await tx.execute(
        "update shopper_hold set store_id = $1 where shopper_id = any($2::uuid[]) and store_id <> $1",
        store_id,
        list(winners),
    )
    await tx.execute(
        """
        insert into slot_hold (store_id, shopper_id, slot_id, cart_id, held_at, expires_at)
        select $1, w.shopper_id, w.slot_id, w.cart_id, $5, $6
          from unnest($2::uuid[], $3::bigint[], $4::uuid[]) as w (shopper_id, slot_id, cart_id)
        on conflict (store_id, shopper_id)
          do update set slot_id = excluded.slot_id, cart_id = excluded.cart_id, held_at = excluded.held_at,
                        expires_at = excluded.expires_at""",
        store_id,
        list(winners),
        [slot_id for slot_id, _ in winners.values()],
        [cart_id for _, cart_id in winners.values()],
        now,
        expires_at,
    )
    moved = Counter(slot_id for slot_id, _ in winners.values())
    moved.subtract(held.here[shopper_id] for shopper_id in winners.keys() & held.here.keys())
    await _count(tx, store_id, moved)


async def give_back(tx: Transaction, *, store_id: int, held: Mapping[UUID, int]) -> None:
    """Let go of these holds (slot by shopper), where they still stand."""
    if not held:
        return
    rows = await tx.fetch(
        """
        delete from slot_hold h
         using unnest($2::uuid[], $3::bigint[]) as g (shopper_id, slot_id)
         where h.store_id = $1 and h.shopper_id = g.shopper_id and h.slot_id = g.slot_id
        returning h.slot_id""",
        store_id,
        list(held),
        list(held.values()),
    )
    freed: Counter[int] = Counter()
    freed.subtract(row["slot_id"] for row in rows)
    await _count(tx, store_id, freed)


async def open_slots(tx: Transaction, *, store_id: int, now: datetime) -> list[Slot]:
    """The store's slots that can be booked now, by number."""
    rows = await tx.fetch(
        f"""
        select {_COLUMNS} from slot
         where store_id = $1 and taken < capacity and not closed and opens_at <= $2 and closes_at > $2
         order by slot_id
         limit {OPEN_MAX}""",
        store_id,
        now,
    )
    return [as_slot(row) for row in rows]


async def _count(tx: Transaction, store_id: int, moved: Counter[int]) -> None:
    """Add to each slot's taken places (or take away), slots in the order of their numbers."""
    changed = sorted((slot_id, places) for slot_id, places in moved.items() if places)
    if not changed:
        return
    await tx.execute(
        """
        update slot s set taken = s.taken + m.places
          from (select s.slot_id, m.places
                  from slot s join unnest($2::bigint[], $3::int[]) as m (slot_id, places) using (slot_id)
                 where s.store_id = $1
                 order by s.slot_id
                   for update of s) as m
         where s.store_id = $1 and s.slot_id = m.slot_id""",
        store_id,
        [slot_id for slot_id, _ in changed],
        [places for _, places in changed],
    )
