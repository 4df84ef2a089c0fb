"""Baskets of 35 lines and what was asked for with them, written straight to the database before an opening."""

import random
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import asyncpg
import msgspec

from bench.order_carts import LINES
from cabas.domain.advance.model import WISHES_MAX, Agreement
from cabas.domain.checkout.model import LEGAL_VERSION, ORDER_BUTTON, Contact
from cabas.kit.ids import new_id

_LINE_CENTS_MAX = 100_000
_CHUNK = 5_000
_COLUMNS = [
    "store_id", "cart_id", "shopper_id", "opens_at", "key", "fingerprint", "wishes", "any_slot", "any_channels",
    "cart_version", "request", "maximum_cents", "state", "created_at",
]  # fmt: skip


class Asked(msgspec.Struct, frozen=True):
    """``opens_at``: the opening that all of it waits for."""

    orders: int
    stores: int
    opens_at: datetime


async def leave(
    connection: "asyncpg.Connection[asyncpg.Record]", *, orders: int, seed: int, now: datetime
) -> Asked:
    """
    Write ``orders`` baskets, spread over all stores, each asking for five drive slots of the next opening.

    The opening's slots together are given room for everyone, so that every order is written.
    """
    opens_at: datetime = await connection.fetchval("select min(opens_at) from slot where opens_at > $1", now)
    slots = await _slots(connection, opens_at, orders)
    goods = await _goods(connection)
    stores = sorted(slots.keys() & goods.keys())
    draw = random.Random(seed)
    for first in range(0, orders, _CHUNK):
        people = [
            _person(stores[number % len(stores)], slots, goods, draw, now)
            for number in range(first, min(first + _CHUNK, orders))
        ]
        await _write(connection, people, opens_at, now)
    await connection.execute(
        "insert into draw_store (store_id, opens_at) select distinct store_id, $1::timestamptz from advance_order",
        opens_at,
    )
    await connection.execute(
        """
        insert into draw_event (opens_at, commitment, secret, groups, published_at)
             values ($1, sha256($2), $2, '[]', $3) on conflict do nothing""",
        opens_at,
        draw.randbytes(32),
        now,
    )
    await connection.execute("vacuum analyze cart, advance_order, draw_store, slot")
    return Asked(orders, len(stores), opens_at)


async def _slots(
    connection: "asyncpg.Connection[asyncpg.Record]", opens_at: datetime, orders: int
) -> dict[int, list[int]]:
    stores: int = await connection.fetchval(
        "select count(distinct store_id) from slot where opens_at = $1", opens_at
    )
    rows = await connection.fetch(
        """
        update slot set capacity = greatest(capacity, $2)
         where opens_at = $1 and channel = 'drive' and not closed
        returning store_id, slot_id""",
        opens_at,
        ceil(orders / stores),
    )
    slots: dict[int, list[int]] = {}
    for row in rows:
        slots.setdefault(row["store_id"], []).append(row["slot_id"])
    return slots


async def _goods(connection: "asyncpg.Connection[asyncpg.Record]") -> dict[int, list[tuple[int, bool]]]:
    """By store, (GTIN, sold by weight) of what is on sale and for everyone."""
    goods: dict[int, list[tuple[int, bool]]] = {}
    rows = await connection.fetch(
        """
        select o.store_id, o.gtin, p.sold_by = 'weight' as weighed
          from offer o join product p using (gtin)
         where o.store_id <> 0 and o.status = 1 and p.sellable and p.minimum_age = 0
           and o.price_cents between 100 and 2000
           and o.gtin % 7 = o.store_id % 7"""
    )
    for row in rows:
        goods.setdefault(row["store_id"], []).append((row["gtin"], row["weighed"]))
    return goods


def _person(
    store_id: int,
    slots: dict[int, list[int]],
    goods: dict[int, list[tuple[int, bool]]],
    draw: random.Random,
    now: datetime,
) -> dict[str, Any]:
    chosen = draw.sample(goods[store_id], LINES)
    lines = {
        str(gtin): {"q": draw.randint(3, 12) * 100 if weighed else draw.randint(1, 3), "at": position}
        for position, (gtin, weighed) in enumerate(chosen)
    }
    open_slots = slots[store_id]
    return {
        "store_id": store_id,
        "cart_id": new_id(now, store_id),
        "shopper_id": new_id(now),
        "lines": lines,
        "wishes": draw.sample(open_slots, min(WISHES_MAX, len(open_slots))),
    }


async def _write(
    connection: "asyncpg.Connection[asyncpg.Record]",
    people: list[dict[str, Any]],
    opens_at: datetime,
    now: datetime,
) -> None:
    request = msgspec.to_builtins(
        Agreement(
            payment_method="at_store",
            contact=Contact(name="Camille Roux", email="camille@exemple.fr", phone="0612345678"),
            language="fr",
            adult=False,
            substitution=None,
            legal_version=LEGAL_VERSION,
            button=ORDER_BUTTON,
            asked_at=now - timedelta(hours=1),
        )
    )
    await connection.copy_records_to_table(
        "cart",
        columns=["store_id", "cart_id", "shopper_id", "lines", "created_at", "updated_at"],
        records=[(p["store_id"], p["cart_id"], p["shopper_id"], p["lines"], now, now) for p in people],
    )
    await connection.copy_records_to_table(
        "advance_order",
        columns=_COLUMNS,
        records=[
            (
                *(
                    p["store_id"],
                    p["cart_id"],
                    p["shopper_id"],
                    opens_at,
                    str(p["cart_id"]),
                    b"bench",
                    p["wishes"],
                ),
                *(True, ["drive"], now, request, LINES * _LINE_CENTS_MAX, "waiting", now),
            )
            for p in people
        ],
    )
