"""
Offers: each store's own assortment, prices and shelves, computed by the database.

Shipping millions of rows from here would be slow; the catalogue and the endings of prices go there
once, and one statement a store draws the rest from the store's salt with integer arithmetic, so that
the same seed gives the same rows on any server.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from cabas.kit.db import Transaction
from cabas.seed.campaigns import Campaign, Reach, reach_of
from cabas.seed.catalogue import read_tree
from cabas.seed.chance import salt, stream
from cabas.seed.prices import UNIT_SIZE, shelf_price
from cabas.seed.products import Product
from cabas.seed.shops import WALK, Shop

SIZES = {
    "hyper": (13_000, 15_000),
    "super": (9_500, 13_000),
    "contact": (8_000, 9_500),
    "express": (8_000, 8_800),
}
LEVEL_BASIS_POINTS = 600
PRICE_MAX_CENTS = 40_000

_GOODS = """
    create temporary table seed_good (
        gtin bigint, category_id integer, shelf_id integer, run integer, salt integer, popularity integer,
        price_cents integer, unit_factor integer, net_quantity integer, reach integer)"""
_GOODS_COLUMNS = (
    "gtin", "category_id", "shelf_id", "run", "salt", "popularity", "price_cents", "unit_factor",
    "net_quantity", "reach",
)  # fmt: skip
_ENDINGS = "create temporary table seed_ending (raw integer primary key, price integer)"

# h, k, m: numbers of 24 bits from the product's and the store's salts; each decision takes its own bits.
_STOCK = """
    with mixed as (
        select g.*, (((g.salt # $2)::bigint * 2654435761) >> 16) & 16777215 as h from seed_good g),
    drawn as (
        select d.*, ((d.k * 1103515245 + 12345) >> 9) & 16777215 as m
          from (select c.*, ((c.h * 1103515245 + 12345) >> 10) & 16777215 as k from mixed c) d),
    ranked as (
        select d.*, row_number() over (
                   order by d.popularity::bigint * (9000000 + d.h) desc, d.gtin)::integer as place
          from drawn d)
    insert into offer (store_id, gtin, shelf_id, category_id, rank, price_cents, unit_price_cents,
                       promotion_id, status, back_on, location)
    select $1, r.gtin, r.shelf_id, r.category_id, r.place, e.price,
           greatest(1, (2 * e.price::bigint * r.unit_factor + r.net_quantity)
                       / (2 * r.net_quantity))::integer,
           case when r.m & 1023 < $6 then
               case r.reach when 1 then ($8::integer[])[1 + (r.m >> 10) % cardinality($8)]
                            when 2 then ($9::integer[])[1 + (r.m >> 10) % cardinality($9)]
                            when 3 then ($10::integer[])[1 + (r.m >> 10) % cardinality($10)] end end,
           case when (r.k >> 10) & 1023 < $7 then 2 else 1 end,
           case when (r.k >> 10) & 1023 < $7 then $11::date + 1 + ((r.k >> 20) & 3)::integer end,
           coalesce(($5::integer[])[r.run] * 10000 + ((r.shelf_id % 100 - 1) * 6 + 1 + r.salt % 6) * 100
                    + 1 + (r.h & 1023)::integer % 5, 0)
      from ranked r
      join seed_ending e
        on e.raw = (r.price_cents::bigint * (10000 + $4 * ((r.k & 255) - 128) + $12) / 10000)::integer
     where r.place <= $3
     order by r.shelf_id, r.place"""


class Shelving(msgspec.Struct, frozen=True):
    """
    What every store's offers are drawn from. ``runs``: the parts of the walk by aisle, so that a chilled
    product of a dry aisle lies where it is cold.
    """

    goods: list[tuple[int, ...]]
    runs: list[tuple[str, int]]
    campaigns: dict[Reach, list[int]]


def shelving(products: Sequence[Product], campaigns: Sequence[Campaign], *, seed: int) -> Shelving:
    """Only what may be sold."""
    walks = _walks()
    runs = sorted(
        {_run(walks, product) for product in products}, key=lambda run: (WALK.index(run[0]), run[1])
    )
    number_of = {run: number for number, run in enumerate(runs, start=1)}
    goods = [
        _good(product, number_of[_run(walks, product)], seed) for product in products if product.sellable
    ]
    by_reach = {reach: [c.promotion_id for c in campaigns if c.reach == reach] for reach in Reach}
    return Shelving(goods, runs, by_reach)


async def prepare(tx: Transaction, *, shelving: Shelving) -> None:
    """Bring the catalogue to this connection, for `stock_store`."""
    await tx.execute(_GOODS)
    await tx.copy("seed_good", columns=_GOODS_COLUMNS, records=shelving.goods)
    await tx.execute(_ENDINGS)
    endings = [(raw, shelf_price(raw)) for raw in range(PRICE_MAX_CENTS + 1)]
    await tx.copy("seed_ending", columns=("raw", "price"), records=endings)
    await tx.execute("analyze seed_good")
    await tx.execute("analyze seed_ending")


async def stock_store(tx: Transaction, *, shop: Shop, shelving: Shelving, today: date, seed: int) -> int:
    """Put the shop's assortment on its shelves; returns how many offers."""
    draw = stream(seed, "assortment", shop.store_id)
    sells = shop.format != "national"
    least, most = SIZES[shop.format] if sells else (len(shelving.goods), len(shelving.goods))
    level = draw.randint(-LEVEL_BASIS_POINTS, LEVEL_BASIS_POINTS) if sells else 0
    return await tx.execute(
        _STOCK,
        shop.store_id,
        salt(seed, "store", shop.store_id),
        draw.randint(least, most),
        1 if sells else 0,
        _positions(shop, shelving) if sells else [],
        62 if sells else 0,
        12 if sells else 0,
        shelving.campaigns[Reach.WEIGHED],
        shelving.campaigns[Reach.FOOD],
        shelving.campaigns[Reach.OTHER],
        today,
        level,
    )


def _good(product: Product, run: int, seed: int) -> tuple[int, ...]:
    weighed = product.sold_by == "weight"
    reach = reach_of(discount_percent_max=product.discount_percent_max, sold_by=product.sold_by)
    return (
        product.gtin,
        product.category_id,
        product.category_id // 100,
        run,
        salt(seed, "good", product.gtin),
        round(product.popularity * 100_000),
        product.price_cents,
        1 if weighed else UNIT_SIZE[product.unit_basis],
        1 if weighed else product.net_quantity,
        int(reach),
    )


def _walks() -> dict[int, str]:
    tree = read_tree()
    by_leaf = {leaf.category.category_id: leaf.families[0].traits.walk for leaf in tree.leaves}
    return {**tree.walks, **by_leaf}


def _run(walks: dict[int, str], product: Product) -> tuple[str, int]:
    aisle = product.category_id // 10_000
    cold = {"chilled": "chilled", "frozen": "frozen"}.get(product.zone)
    return cold or walks[product.category_id], aisle


def _positions(shop: Shop, shelving: Shelving) -> list[int]:
    """For each run, the number of its aisle on this shop's walk, from 1."""
    order = {aisle: place for place, aisle in enumerate(shop.preparation["aisle_order"])}
    walked = sorted(shelving.runs, key=lambda run: (WALK.index(run[0]), order[run[1]]))
    place_of = {run: place for place, run in enumerate(walked, start=1)}
    return [place_of[run] for run in shelving.runs]
