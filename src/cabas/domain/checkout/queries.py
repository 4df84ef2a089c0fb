"""Reads of checkout: what the store asks for a slot, in one statement."""

from cabas.domain.checkout.model import Terms
from cabas.domain.slots.model import Channel
from cabas.domain.slots.queries import as_slot
from cabas.kit.db import Connection


async def terms(
    reader: Connection, *, store_id: int, slot_id: int, postcode: str | None
) -> Terms | None:
    """The slot with its fee and minimum; None when the store has no such slot."""
    row = await reader.fetchrow(
        """
        select s.store_id, s.slot_id, s.channel, s.starts_at, s.ends_at, s.opens_at, s.closes_at,
               s.fee_cents, s.capacity, s.taken, s.closed,
               st.drive_fee_cents, st.drive_minimum_cents, st.legal_entity,
               a.fee_cents as area_fee_cents, a.minimum_cents as area_minimum_cents
          from slot s
          join store st on st.store_id = s.store_id
          left join delivery_area a on a.store_id = s.store_id and a.postcode = $3
         where s.store_id = $1 and s.slot_id = $2""",
        store_id,
        slot_id,
        postcode,
    )
    if row is None:
        return None
    slot = as_slot(row)
    by_drive = slot.channel is Channel.DRIVE
    own_fee = row["drive_fee_cents"] if by_drive else (row["area_fee_cents"] or 0)
    minimum = row["drive_minimum_cents"] if by_drive else (row["area_minimum_cents"] or 0)
    return Terms(
        slot=slot,
        fee_cents=slot.fee_cents + own_fee,
        minimum_cents=minimum,
        seller=row["legal_entity"],
        delivered=by_drive or row["area_fee_cents"] is not None,
    )
