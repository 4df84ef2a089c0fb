"""A slot as programs see it."""

from datetime import datetime

import msgspec

from cabas.domain.slots.model import Band, Channel, Slot, SlotState
from cabas.web.api.wire import CURRENCY


class SlotShape(msgspec.Struct, frozen=True, kw_only=True):
    """Bookable when `state` is `open`: from `opens_at` until `closes_at`, while places are left."""

    id: str
    channel: Channel
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closes_at: datetime
    """The cut-off of orders, changes and cancellations."""
    fee: int
    """Cents: what an order in this slot pays, the store's own fee included."""
    currency: str
    state: SlotState
    left: Band
    """What is left, roughly; exact counts age too fast."""


def slot_shape(slot: Slot, *, now: datetime, own_fee_cents: int) -> SlotShape:
    """:param own_fee_cents: the store's or the delivery area's fee, which the slot's is added to."""
    return SlotShape(
        id=str(slot.slot_id),
        channel=slot.channel,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        opens_at=slot.opens_at,
        closes_at=slot.closes_at,
        fee=slot.fee_cents + own_fee_cents,
        currency=CURRENCY,
        state=slot.state(now),
        left=slot.band,
    )
