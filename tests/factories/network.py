"""A small network to sell in: a few stores with the same shelf of products, and slots for two days."""

from datetime import datetime, timedelta

from cabas.domain.slots.calendar import slot_id_of
from cabas.domain.slots.model import Channel
from cabas.kit.db import Transaction

FIRST_GTIN = 3_000_000_000_001
WEIGHED_GTIN = FIRST_GTIN + 1
PROMOTED_GTIN = FIRST_GTIN + 2
ALCOHOL_GTIN = FIRST_GTIN + 3
WITHDRAWN_GTIN = FIRST_GTIN + 4
CHEAP_GTIN = FIRST_GTIN + 5
DELIVERED_POSTCODE = "35000"
HALF_HOUR = timedelta(minutes=30)


async def make_network(
    tx: Transaction,
    *,
    now: datetime,
    stores: int = 2,
    products: int = 60,
    slots: int = 6,
    capacity: int = 50,
    minimum_cents: int = 0,
) -> None:
    """
    Stores 1 … ``stores`` sell products FIRST_GTIN … at 100, 110, 120… cents: the second is weighed,
    the third is 3 for 2, the fourth is wine, the fifth is withdrawn.

    Drive and delivery slots start every half hour, ``slots`` of them from 24 hours on; one more, a
    week and a day away, isn't open yet.
    """
    await _make_stores(tx, stores, minimum_cents)
    await _make_products(tx, products)
    for store_id in range(1, stores + 1):
        await _make_offers(tx, store_id, products)
        await _make_slots(tx, store_id, now, slots, capacity)


def slot_at(now: datetime, number: int = 0, channel: Channel = Channel.DRIVE) -> str:
    """The id, as text, of the ``number``-th slot that `make_network` made."""
    return str(slot_id_of(_first_start(now) + number * HALF_HOUR, channel))


def slot_not_open(now: datetime) -> str:
    return str(slot_id_of(_first_start(now) + timedelta(days=7), Channel.DRIVE))


async def _make_stores(tx: Transaction, count: int, minimum_cents: int) -> None:
    await tx.executemany(
        """
        insert into store (store_id, slug, name, format, street, postcode, city, department, region, latitude,
                           longitude, phone, email, legal_entity, opening_hours, has_drive, delivers,
                           drive_fee_cents, drive_minimum_cents, search_name)
             values ($1, $2, $3, $4, '1 rue du Four', '35000', 'Rennes', '35', 'Bretagne', 48.1, -1.6, '', '',
                     $5, $6, true, true, 100, $7, lower($3))""",
        [
            (
                number,
                f"rennes-{number}",
                f"Rennes {number}",
                "national" if number == 0 else "super",
                {"name": "Four SAS", "registration": "RCS 1"},
                {"1": [["08:30", "20:00"]]},
                minimum_cents,
            )
            for number in range(count + 1)
        ],
    )
    await tx.executemany(
        "insert into delivery_area (store_id, postcode, fee_cents, minimum_cents) values ($1, $2, 490, 0)",
        [(number, DELIVERED_POSTCODE) for number in range(1, count + 1)],
    )


async def _make_products(tx: Transaction, count: int) -> None:
    await tx.executemany(
        """
        insert into category (category_id, parent_id, level, slug, name, picture, sort)
             values ($1, $2, $3, $4, $4, 'bread', $1)""",
        [
            (10000, None, 1, "epicerie"),
            (10100, 10000, 2, "pates"),
            (10101, 10100, 3, "spaghetti"),
        ],
    )
    await tx.execute(
        """
        insert into product (gtin, name, brand, category_id, picture, sold_by, net_quantity, net_unit,
                             unit_basis, vat_basis_points, zone, minimum_age, deposit_cents, sort_name,
                             sellable, changed_at)
        select $1::bigint + n, 'Produit ' || n, 'Marque', 10101, 'bread',
               case when n = 1 then 'weight' else 'piece' end, 500, 'g', 'kg', 550, 'ambient',
               case when n = 3 then 18 else 0 end, case when n = 6 then 20 else 0 end, 'produit ' || n,
               true, now()
          from generate_series(0, $2 - 1) n""",
        FIRST_GTIN,
        count,
    )
    await tx.execute(
        """
        insert into product_particulars (gtin, operator_name, source)
        select $1::bigint + n, 'Four SAS', 'test' from generate_series(0, $2 - 1) n""",
        FIRST_GTIN,
        count,
    )
    await tx.execute(
        """
        insert into promotion (promotion_id, kind, terms, label, starts_at, ends_at)
             values (1, 'n_for_m', '{"take": 3, "pay": 2}', '3 pour 2', '2020-01-01Z', '2040-01-01Z')"""
    )


async def _make_offers(tx: Transaction, store_id: int, products: int) -> None:
    await tx.execute(
        """
        insert into offer (store_id, gtin, shelf_id, category_id, rank, price_cents, unit_price_cents,
                           promotion_id, status, location)
        select $1, $2::bigint + n, 101, 10101, n, 100 + n * 10, 200 + n * 20, case when n = 2 then 1 end,
               case when n = 4 then 0 else 1 end, 10000 + n
          from generate_series(0, $3 - 1) n""",
        store_id,
        FIRST_GTIN,
        products,
    )


async def _make_slots(tx: Transaction, store_id: int, now: datetime, count: int, capacity: int) -> None:
    first, opened = _first_start(now), now - timedelta(hours=1)
    days = [(first + number * HALF_HOUR, opened) for number in range(count)]
    days.append((first + timedelta(days=7), first + timedelta(hours=1)))
    await tx.executemany(
        """
        insert into slot (store_id, slot_id, channel, starts_at, ends_at, opens_at, closes_at, fee_cents,
                          capacity)
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        [
            (
                store_id,
                slot_id_of(starts_at, channel),
                channel.value,
                starts_at,
                starts_at + HALF_HOUR,
                opens_at,
                starts_at - timedelta(hours=2),
                0 if channel is Channel.DRIVE else 100,
                capacity,
            )
            for starts_at, opens_at in days
            for channel in Channel
        ],
    )


def _first_start(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=24)
