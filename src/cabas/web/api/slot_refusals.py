"""A full slot is answered with the three nearest open ones; one that isn't open yet, with its opening."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from cabas.domain.slots import queries as slots
from cabas.domain.slots.model import Channel, Slot, SlotFull, SlotNotOpen
from cabas.web.api.slot_shapes import SlotShape, slot_shape
from cabas.web.request import ShopRequest

NEAREST = 3


@asynccontextmanager
async def telling_more(request: ShopRequest, *, store_id: int, slot_id: int) -> AsyncIterator[None]:
    """
    Around a call that takes a place.

    :raises SlotFull: with ``nearest``. :raises SlotNotOpen: with ``opens_at``.
    """
    try:
        yield
    except (SlotFull, SlotNotOpen) as refusal:
        async with request.read() as reader:
            wanted = await slots.slot(reader, store_id=store_id, slot_id=slot_id)
            if wanted is None:
                raise
            if isinstance(refusal, SlotNotOpen):
                raise SlotNotOpen(opens_at=wanted.opens_at) from refusal
            nearest = await slots.nearest_open(
                reader,
                store_id=store_id,
                channel=wanted.channel,
                around=wanted.starts_at,
                now=request.now,
                limit=NEAREST,
            )
        shapes = [_shape(request, slot) for slot in nearest]
        raise SlotFull(nearest=msgspec.to_builtins(shapes)) from refusal


def _shape(request: ShopRequest, slot: Slot) -> SlotShape:
    store = request.site.directory.store(slot.store_id)
    by_drive = slot.channel is Channel.DRIVE
    own_fee = store.drive_fee_cents if store and by_drive else 0
    return slot_shape(slot, now=request.now, own_fee_cents=own_fee)
