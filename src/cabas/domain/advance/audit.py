"""
Holding a draw again from what was kept of it: the secret, the snapshots, the wishes and the shares.

What a store decided must come out once more, rank by rank and place by place (docs/algorithms/draw.md).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from cabas.domain.advance.draw import Participant, allocate, commitment_of, participants_digest, rank_of
from cabas.domain.advance.model import PriorityGroup
from cabas.domain.slots.model import Channel
from cabas.kit.db import Connection

DIFFERENCES_MAX = 1_000


class DrawUnknown(Exception):
    """No draw was published for this opening."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What isn't as it must be. ``store_id`` 0: of the whole draw."""

    store_id: int
    about: str
    kept: str
    found: str


class Audited(msgspec.Struct, frozen=True, kw_only=True):
    """``stores`` that were drawn, ``participants`` and ``winners`` in them; ``pending`` are not drawn yet."""

    opens_at: datetime
    revealed: bool
    stores: int
    pending: int
    participants: int
    winners: int
    differences: tuple[Difference, ...]


class _Event(msgspec.Struct, frozen=True, kw_only=True):
    opens_at: datetime
    commitment: bytes
    secret: bytes
    groups: tuple[PriorityGroup, ...]
    revealed_at: datetime | None


class StoreKept(msgspec.Struct, frozen=True, kw_only=True):
    store_id: int
    snapshot: Mapping[int, int]
    participants: int
    winners: int
    digest: bytes


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What was kept of a request that took part."""

    entry: Participant
    slot_id: int | None
    state: str
    reason: str


async def hold_again(reader: Connection, *, opens_at: datetime) -> Audited:
    """
    Recompute the opening's draw, store by store.

    :raises DrawUnknown: there is none.
    """
    event = await _event(reader, opens_at)
    differences: list[Difference] = []
    if commitment_of(event.secret) != event.commitment:
        differences.append(
            _differ(0, "commitment", event.commitment.hex(), commitment_of(event.secret).hex())
        )
    stores = await _stores(reader, opens_at)
    for store in stores:
        kept = await _kept(reader, store.store_id, opens_at)
        differences += judge(event.secret, event.opens_at, event.groups, store, kept)
    pending: int = await reader.fetchval(
        "select count(*) from draw_store where opens_at = $1 and drawn_at is null", opens_at
    )
    if event.revealed_at is not None and pending:
        differences.append(_differ(0, "revealed before all stores were drawn", "yes", f"{pending} stores"))
    return Audited(
        opens_at=opens_at,
        revealed=event.revealed_at is not None,
        stores=len(stores),
        pending=pending,
        participants=sum(store.participants for store in stores),
        winners=sum(store.winners for store in stores),
        differences=tuple(differences[:DIFFERENCES_MAX]),
    )


def judge(
    secret: bytes,
    opens_at: datetime,
    groups: Sequence[PriorityGroup],
    store: StoreKept,
    kept: Sequence[Kept],
) -> list[Difference]:
    """Hold one store's draw again; what differs from what was kept. Pure."""
    number = store.store_id
    drawn = [
        msgspec.structs.replace(
            one.entry,
            rank=rank_of(secret, opens_at=opens_at, store_id=number, shopper_id=one.entry.shopper_id),
        )
        for one in kept
    ]
    found = [
        _differ(number, f"rank of {one.entry.cart_id}", str(one.entry.rank), str(again.rank))
        for one, again in zip(kept, drawn, strict=True)
        if one.entry.rank != again.rank
    ]
    if participants_digest(drawn) != store.digest:
        found.append(
            _differ(number, "digest of participants", store.digest.hex(), participants_digest(drawn).hex())
        )
    given = allocate(drawn, store.snapshot, groups)
    found += [
        _differ(number, f"place of {one.entry.cart_id}", str(one.slot_id), str(given[one.entry.cart_id]))
        for one in kept
        if one.slot_id != given[one.entry.cart_id]
    ]
    found += [
        _differ(number, f"outcome of {one.entry.cart_id}", f"{one.state} {one.reason}", "no place, so full")
        for one in kept
        if given[one.entry.cart_id] is None and (one.state, one.reason) != ("unplaced", "full")
    ]
    winners = sum(slot is not None for slot in given.values())
    if (store.participants, store.winners) != (len(kept), winners):
        found.append(
            _differ(
                number,
                "counts",
                f"{store.winners} of {store.participants}",
                f"{winners} of {len(kept)}",
            )
        )
    return found


def _differ(store_id: int, about: str, kept: str, found: str) -> Difference:
    return Difference(store_id=store_id, about=about, kept=kept, found=found)


async def _event(reader: Connection, opens_at: datetime) -> _Event:
    row = await reader.fetchrow(
        "select opens_at, commitment, secret, groups, revealed_at from draw_event where opens_at = $1",
        opens_at,
    )
    if row is None:
        raise DrawUnknown
    groups = msgspec.convert(row["groups"], tuple[PriorityGroup, ...])
    return _Event(**{**dict(row.items()), "groups": groups})


async def _stores(reader: Connection, opens_at: datetime) -> list[StoreKept]:
    rows = await reader.fetch(
        """
        select store_id, snapshot, participants, winners, participants_digest as digest
          from draw_store
         where opens_at = $1 and drawn_at is not null
         order by store_id""",
        opens_at,
    )
    return [
        StoreKept(**{**dict(row.items()), "snapshot": {int(slot): n for slot, n in row["snapshot"].items()}})
        for row in rows
    ]


async def _kept(reader: Connection, store_id: int, opens_at: datetime) -> list[Kept]:
    """Who took part in the store's draw: they have a rank."""
    rows = await reader.fetch(
        """
        select cart_id, shopper_id, wishes, any_channels, priority_group, rank, slot_id, state, reason
          from advance_order
         where store_id = $1 and opens_at = $2 and rank is not null
         order by cart_id""",
        store_id,
        opens_at,
    )
    return [
        Kept(
            entry=Participant(
                cart_id=row["cart_id"],
                shopper_id=row["shopper_id"],
                wishes=tuple(row["wishes"]),
                any_channels=tuple(Channel(channel) for channel in row["any_channels"]),
                group=row["priority_group"],
                rank=row["rank"],
            ),
            slot_id=row["slot_id"],
            state=row["state"],
            reason=row["reason"],
        )
        for row in rows
    ]


async def openings_of_day(reader: Connection, *, start: datetime, end: datetime) -> list[datetime]:
    """The openings in ``[start, end)`` for which a draw was published."""
    rows = await reader.fetch(
        "select opens_at from draw_event where opens_at >= $1 and opens_at < $2 order by opens_at", start, end
    )
    return [row["opens_at"] for row in rows]
