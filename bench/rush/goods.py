"""Baskets of 35 lines, people and addresses of pages, drawn by a seed."""

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from bench.order_carts import LINES
from cabas.kit.ids import new_id

SPREAD = 29
"""A store's basket is drawn from one in so many of its products: enough, and the nation fits in memory."""


class Shop(msgspec.Struct, frozen=True):
    """``offers``: (GTIN, sold by weight) of what is on sale for everyone."""

    store_id: int
    slug: str
    offers: list[tuple[int, bool]]


class Cart(msgspec.Struct, frozen=True):
    store_id: int
    cart_id: UUID
    shopper_id: UUID
    customer_id: UUID | None
    lines: dict[str, dict[str, int]]


async def shops(connection: "asyncpg.Connection[asyncpg.Record]") -> list[Shop]:
    """Every drive with enough on sale for a basket."""
    rows = await connection.fetch(
        """
        select s.store_id, s.slug, array_agg(o.gtin) as gtins, array_agg(p.sold_by = 'weight') as weighed
          from offer o
          join product p using (gtin)
          join store s using (store_id)
         where s.has_drive and o.status = 1 and p.sellable and p.minimum_age = 0
           and o.price_cents between 100 and 2000 and o.gtin / 10 % $1 = o.store_id % $1
         group by 1, 2
        having count(*) >= $2
         order by 1""",
        SPREAD,
        LINES,
    )
    return [
        Shop(row["store_id"], row["slug"], list(zip(row["gtins"], row["weighed"], strict=True)))
        for row in rows
    ]


def popular(found: list[Shop], draw: random.Random) -> Iterator[Shop]:
    """Stores as people choose them: the first ones ten times as often as the last (a drawn order)."""
    order = draw.sample(found, len(found))
    weights = [1 / (1 + 9 * place / len(order)) for place in range(len(order))]
    while True:
        yield from draw.choices(order, weights, k=1000)


def cart(shop: Shop, draw: random.Random, now: datetime, *, account: bool = False) -> Cart:
    chosen = draw.sample(shop.offers, LINES)
    shopper_id = new_id(now)
    lines = {
        str(gtin): {"q": draw.randint(3, 12) * 100 if weighed else draw.randint(1, 3), "at": position}
        for position, (gtin, weighed) in enumerate(chosen)
    }
    return Cart(shop.store_id, new_id(now, shop.store_id), shopper_id, shopper_id if account else None, lines)


async def write(connection: "asyncpg.Connection[asyncpg.Record]", carts: list[Cart], now: datetime) -> None:
    await connection.copy_records_to_table(
        "cart",
        columns=["store_id", "cart_id", "shopper_id", "customer_id", "lines", "created_at", "updated_at"],
        records=[(c.store_id, c.cart_id, c.shopper_id, c.customer_id, c.lines, now, now) for c in carts],
    )


async def pages(
    connection: "asyncpg.Connection[asyncpg.Record]", found: list[Shop], *, count: int, seed: int
) -> list[str]:
    """
    Addresses as people go through a shop: mostly categories and products, then search, the aisles, the
    home page and the basket.
    """
    draw = random.Random(seed)
    categories = [
        r["slug"] for r in await connection.fetch("select slug from category where level = 2 order by slug")
    ]
    words = ["lait", "pates", "cafe", "yaourt", "jambon", "tomate", "beurre", "riz", "eau", "chocolat"]
    choose = popular(found, draw)
    addresses = []
    for kind in draw.choices(["home", "aisles", "category", "search", "product", "basket"], _MIX, k=count):
        shop = next(choose)
        store = f"/magasins/{shop.slug}"
        addresses.append(
            {
                "home": "/",
                "aisles": f"{store}/rayons",
                "category": f"{store}/rayons/{draw.choice(categories)}",
                "search": f"{store}/recherche?q={draw.choice(words)}",
                "product": f"{store}/produits/{draw.choice(shop.offers)[0]}",
                "basket": "/panier",
            }[kind]
        )
    return addresses


_MIX = [6, 8, 36, 14, 28, 8]


def as_json(records: list[dict[str, Any]] | list[str]) -> bytes:
    return msgspec.json.encode(records)
