"""
An order that names several slots, best first: the first that still has a place is the one.

Each try is the same call as any order's, so nothing is held meanwhile and a crash between two tries
leaves nothing behind.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from cabas.domain.checkout import operations
from cabas.domain.checkout.model import KeyReused, Placed, Request
from cabas.domain.slots.model import SlotClosed, SlotFull, SlotNotOpen, SlotUnknown
from cabas.kit.db import Transaction

TRIES_MAX = 8
LOST = (SlotFull, SlotClosed, SlotNotOpen, SlotUnknown)


class Won(msgspec.Struct, frozen=True, kw_only=True):
    """``rank``: which of the wishes it is, from 1."""

    placed: Placed
    rank: int


async def place_in_first_free(
    tx: Transaction,
    *,
    request: Request,
    wishes: Sequence[int],
    totals: Mapping[int, int],
    weight_tolerance_percent: int,
    open_orders_max: int,
    now: datetime,
) -> Won:
    """
    Make the basket an order in the first of ``wishes`` (slot ids, best first) that has a place.

    :param request: its ``slot_id`` and ``shown_total_cents`` are replaced by those of each wish.
    :param totals: by slot, the total that was shown for it, fee included.
    :raises SlotFull, SlotClosed, SlotNotOpen, SlotUnknown: the best wish's refusal, when none can be had.
    :raises Refusal: whatever else `operations.place_order` raises, from the first wish that meets it.
    """
    refused: Exception = SlotUnknown()
    for rank, slot_id in enumerate(wishes[:TRIES_MAX], start=1):
        wanted = msgspec.structs.replace(request, slot_id=slot_id, shown_total_cents=totals.get(slot_id))
        try:
            placed = await operations.place_order(
                tx,
                request=wanted,
                weight_tolerance_percent=weight_tolerance_percent,
                open_orders_max=open_orders_max,
                now=now,
            )
        except (*LOST, KeyReused) as problem:
            # Sent again, the order is in one of the wishes: its key is known with that one, not with this.
            refused = problem if rank == 1 or isinstance(problem, KeyReused) else refused
            continue
        return Won(placed=placed, rank=rank)
    raise refused
