"""
Reads of checkout. What an order is decided on is one statement, so that it is of one instant and
costs one round trip.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from cabas.domain.carts.queries import as_cart
from cabas.domain.catalog.model import Offer
from cabas.domain.checkout.model import Considered, Receipt, Terms
from cabas.domain.orders import queries as orders
from cabas.domain.orders.model import Totals, totals_of
from cabas.domain.slots.model import Channel
from cabas.domain.slots.queries import as_slot
from cabas.kit.db import Connection, Record
from cabas.kit.ids import place_of

_TERMS = """s.store_id, s.slot_id, s.channel, s.starts_at, s.ends_at, s.opens_at, s.closes_at,
               s.fee_cents, s.capacity, s.taken, s.closed,
               st.drive_fee_cents, st.drive_minimum_cents, st.legal_entity,
               a.fee_cents as area_fee_cents, a.minimum_cents as area_minimum_cents"""


async def considered(
    reader: Connection,
    *,
    store_id: int,
    cart_id: UUID,
    shopper_id: UUID,
    slot_id: int,
    postcode: str | None,
    now: datetime,
) -> Considered | None:
    """The shopper's basket, the store's offers for it and its terms for the slot; None: no such basket."""
    row = await reader.fetchrow(
        f"""
        select c.cart_id, c.shopper_id, c.customer_id, c.lines, c.substitution, c.shown, c.updated_at,
               c.ordered_at, {_TERMS},
               (select json_agg(offered)
                  from (select p.gtin, p.name, p.brand, p.net_quantity, p.net_unit, p.sold_by, o.price_cents,
                               o.unit_price_cents, p.unit_basis, p.vat_basis_points, p.deposit_cents, p.zone,
                               o.location, p.picture, p.minimum_age, p.retractable, p.category_id, p.sellable,
                               o.status,
                               case when m.promotion_id is not null
                                    then json_build_object('kind', m.kind, 'terms', m.terms,
                                                           'label', m.label, 'ends_at', m.ends_at)
                                end as promotion
                          from offer o
                          join product p on p.gtin = o.gtin
                          left join promotion m
                                 on m.promotion_id = o.promotion_id and m.starts_at <= $6 and m.ends_at > $6
                         where o.store_id = $1
                           and o.gtin = any(array(select jsonb_object_keys(c.lines)::bigint))) as offered
               ) as offers
          from cart c
          left join slot s on s.store_id = c.store_id and s.slot_id = $4
          left join store st on st.store_id = s.store_id
          left join delivery_area a on a.store_id = s.store_id and a.postcode = $5
         where c.store_id = $1 and c.cart_id = $2 and c.shopper_id = $3""",
        store_id,
        cart_id,
        shopper_id,
        slot_id,
        postcode,
        now,
    )
    if row is None:
        return None
    offers = msgspec.json.decode(row["offers"] or "[]", type=list[Offer])
    return Considered(
        cart=as_cart(row, store_id=store_id),
        offers={offer.gtin: offer for offer in offers},
        terms=_as_terms(row) if row["slot_id"] is not None else None,
    )


async def terms(reader: Connection, *, store_id: int, slot_id: int, postcode: str | None) -> Terms | None:
    """The slot with its fee and minimum; None when the store has no such slot."""
    row = await reader.fetchrow(
        f"""
        select {_TERMS}
          from slot s
          join store st on st.store_id = s.store_id
          left join delivery_area a on a.store_id = s.store_id and a.postcode = $3
         where s.store_id = $1 and s.slot_id = $2""",
        store_id,
        slot_id,
        postcode,
    )
    return _as_terms(row) if row else None


async def terms_of(
    reader: Connection, *, store_id: int, slot_ids: Sequence[int], postcode: str | None
) -> dict[int, Terms]:
    """`terms` of several slots of a store; slots that it doesn't have are left out."""
    rows = await reader.fetch(
        f"""
        select {_TERMS}
          from slot s
          join store st on st.store_id = s.store_id
          left join delivery_area a on a.store_id = s.store_id and a.postcode = $3
         where s.store_id = $1 and s.slot_id = any($2::bigint[])""",
        store_id,
        slot_ids,
        postcode,
    )
    return {row["slot_id"]: _as_terms(row) for row in rows}


async def terms_of_opening(
    reader: Connection, *, store_id: int, opens_at: datetime, postcode: str | None
) -> list[Terms]:
    """`terms` of the store's slots that open at this instant, but for closed ones."""
    rows = await reader.fetch(
        f"""
        select {_TERMS}
          from slot s
          join store st on st.store_id = s.store_id
          left join delivery_area a on a.store_id = s.store_id and a.postcode = $3
         where s.store_id = $1 and s.opens_at = $2 and not s.closed
         order by s.slot_id""",
        store_id,
        opens_at,
        postcode,
    )
    return [_as_terms(row) for row in rows]


async def delivery_fee(reader: Connection, *, store_id: int, postcode: str | None) -> int:
    """What the store asks to deliver there, in cents; 0 when the place isn't known or isn't served."""
    return await area_fee(reader, store_id=store_id, postcode=postcode) or 0


async def area_fee(reader: Connection, *, store_id: int, postcode: str | None) -> int | None:
    """What the store asks to deliver there, in cents; None when it doesn't come there."""
    fee: int | None = await reader.fetchval(
        "select fee_cents from delivery_area where store_id = $1 and postcode = $2", store_id, postcode
    )
    return fee


async def order_of_key(reader: Connection, *, cart_id: UUID, shopper_id: UUID, key: str) -> UUID | None:
    """The order that this person's key has made of a basket of this store."""
    order_id: UUID | None = await reader.fetchval(
        """
        select order_id
          from checkout_key
         where store_id = $1 and shopper_id = $2 and key = $3""",
        place_of(cart_id),
        shopper_id,
        key,
    )
    return order_id


async def receipt(reader: Connection, *, store_id: int, order_id: UUID) -> Receipt:
    """What was told when the order was placed, whatever became of it since."""
    order = await orders.order_of_store(reader, store_id=store_id, order_id=order_id)
    if order.revision == 1:
        totals = Totals(
            goods_cents=order.goods_cents,
            discount_cents=order.discount_cents,
            deposit_cents=order.deposit_cents,
            fee_cents=order.fee_cents,
            maximum_cents=order.maximum_cents,
        )
    else:
        first = await orders.lines(reader, store_id=store_id, order_id=order_id, revision=1)
        totals = totals_of(first, fee_cents=order.fee_cents)
    return Receipt(
        code=order.code,
        channel=order.channel,
        slot_id=order.slot_id,
        slot_starts_at=order.slot_starts_at,
        slot_ends_at=order.slot_ends_at,
        cutoff_at=order.cutoff_at,
        placed_at=order.placed_at,
        totals=totals,
    )


def _as_terms(row: Record) -> Terms:
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
