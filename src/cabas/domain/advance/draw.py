"""
The draw. Pure, so that anyone may hold it again (docs/algorithms/draw.md).

A rank is made of a secret whose digest was published before; it depends on nothing that a shopper
can choose, least of all on when they asked. Whoever knows the secret afterwards finds the same ranks.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from uuid import UUID

import msgspec

from cabas.domain.advance.model import PriorityGroup
from cabas.domain.slots.calendar import channel_of, starts_at
from cabas.domain.slots.model import Channel

SECRET_BYTES = 32
_RANK_BYTES = 8


class DrawEvent(msgspec.Struct, frozen=True, kw_only=True):
    """``secret`` is None until every store is drawn."""

    opens_at: datetime
    commitment: bytes
    secret: bytes | None
    groups: tuple[PriorityGroup, ...]
    published_at: datetime
    drawn_at: datetime | None
    revealed_at: datetime | None


class Participant(msgspec.Struct, frozen=True, kw_only=True):
    """A request that takes part. ``any_channels``: in which way any slot would do; empty: none would."""

    cart_id: UUID
    shopper_id: UUID
    wishes: tuple[int, ...]
    any_channels: tuple[Channel, ...] = ()
    group: str | None = None
    rank: int = 0


def commitment_of(secret: bytes) -> bytes:
    return hashlib.sha256(secret).digest()


def rank_of(secret: bytes, *, opens_at: datetime, store_id: int, shopper_id: UUID) -> int:
    """
    The shopper's place in this store's draw: 63 bits, lowest first.

    The first eight bytes of HMAC-SHA256(secret, "2026-11-27T23:00:00Z|store|shopper"), halved.
    """
    text = f"{opens_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}|{store_id}|{shopper_id}"
    digest = hmac.digest(secret, text.encode(), "sha256")
    return int.from_bytes(digest[:_RANK_BYTES]) >> 1


def participants_digest(participants: Iterable[Participant]) -> bytes:
    """SHA-256 of who takes part with what wishes, a line each, in the order of the draw."""
    lines = sorted(
        (
            entry.rank,
            f"{entry.rank}|{entry.shopper_id}|{entry.cart_id}|{','.join(map(str, entry.wishes))}"
            f"|{','.join(entry.any_channels)}|{entry.group or ''}\n",
        )
        for entry in participants
    )
    return hashlib.sha256("".join(line for _, line in lines).encode()).digest()


def allocate(
    participants: Sequence[Participant], left: Mapping[int, int], groups: Sequence[PriorityGroup]
) -> dict[UUID, int | None]:
    """
    What each basket gets: its best wish that is free when its turn comes, or None.

    Each group's people come first, within ``floor(share × left)`` of each slot; who got nothing
    there takes part with everyone else.
    """
    ordered = sorted(participants, key=lambda entry: (entry.rank, entry.shopper_id))
    chances = _Chances(left)
    free = dict(left)
    given: dict[UUID, int | None] = {entry.cart_id: None for entry in ordered}
    for group in groups:
        quota = {slot: places * group.share_percent // 100 for slot, places in left.items()}
        for entry in ordered:
            if entry.group == group.name and given[entry.cart_id] is None:
                given[entry.cart_id] = _take(chances.of(entry), quota, free)
    for entry in ordered:
        if given[entry.cart_id] is None:
            given[entry.cart_id] = _take(chances.of(entry), free)
    return given


class _Chances:
    """What each would take, the best first; what "any slot" means is worked out once for many."""

    def __init__(self, slots: Iterable[int]) -> None:
        self._slots = sorted(slots)
        self._any: dict[tuple[int | None, tuple[Channel, ...]], tuple[int, ...]] = {}

    def of(self, entry: Participant) -> Iterable[int]:
        if not entry.any_channels:
            return entry.wishes
        near = entry.wishes[0] if entry.wishes else None
        key = near, entry.any_channels
        if key not in self._any:
            among = [slot for slot in self._slots if channel_of(slot) in entry.any_channels]
            self._any[key] = nearest_first(among, near=near)
        return chain(entry.wishes, self._any[key])


def nearest_first(slots: Iterable[int], *, near: int | None) -> tuple[int, ...]:
    """Slots by how far they start from ``near``, the earlier of two first; by time without it."""
    if near is None:
        return tuple(sorted(slots))
    wanted = starts_at(near)
    return tuple(sorted(slots, key=lambda slot: (abs(starts_at(slot) - wanted), slot)))


def _take(chances: Iterable[int], *places: dict[int, int]) -> int | None:
    """The first for which each of ``places`` has one left: taken from all of them."""
    for slot in chances:
        if all(one.get(slot, 0) > 0 for one in places):
            for one in places:
                one[slot] -= 1
            return slot
    return None
