"""Fills an empty database with the network of a seed number, and says how far it is."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec

from cabas.kit.clock import paris_day
from cabas.kit.db import Database
from cabas.kit.errors import Conflict
from cabas.seed import assortments, records
from cabas.seed.campaigns import Campaign, campaigns
from cabas.seed.catalogue import read_tree
from cabas.seed.closures import Closure, closures
from cabas.seed.deliveries import delivery_areas
from cabas.seed.earning import earning_offers
from cabas.seed.network import demo_shops, network
from cabas.seed.patterns import slot_patterns
from cabas.seed.products import Product, candidates, catalogue
from cabas.seed.quotas import quotas
from cabas.seed.shops import Shop, national
from cabas.seed.towns import towns

Scale = Literal["demo", "nation"]
PRODUCTS = {"demo": 2_500, "nation": 20_000}
LEAF_LEAST, SHELF_LEAST = 8, 30
SLOT_DAYS = 9
"""Today and the eight days after: one more than can be booked."""
LOADERS = 2
CHUNK_STORES = 8
_NO_LIMITS = {"statement_timeout": "0", "lock_timeout": "0", "synchronous_commit": "off", "work_mem": "64MB"}

Progress = Callable[[str, int, int], None]
"""Called with the step's name, what is done and what there is to do."""


class DatabaseInUse(Conflict):
    """The database has stores that are not this seed's."""

    code = "database_in_use"


class Seeded(msgspec.Struct, frozen=True, kw_only=True):
    """``already``: it had been done before, nothing was written."""

    scale: str
    seed: int
    already: bool
    stores: int
    products: int
    offers: int
    slots: int
    database_bytes: int


class _Plan(msgspec.Struct, frozen=True):
    scale: Scale
    seed: int
    day: date
    now: datetime

    @property
    def source(self) -> str:
        return f"{self.scale}:{self.seed}"


async def load(url: str, *, scale: Scale, seed: int, now: datetime, progress: Progress) -> Seeded:
    """
    Fill the database. Repeating a finished seeding does nothing; one that was interrupted begins again.

    :raises DatabaseInUse: it has stores of another origin.
    """
    plan = _Plan(scale, seed, paris_day(now), now)
    database = await Database.connect(url, connections_max=LOADERS, settings=_NO_LIMITS)
    try:
        already = await _begin(database, plan)
        if not already:
            await _fill(database, plan, progress)
        return await _told(database, plan, already=already)
    finally:
        await database.close()


async def _begin(database: Database, plan: _Plan) -> bool:
    """True when it has all been done before."""
    async with database.transaction() as tx:
        begun, finished = await records.select_seeding(tx, source=plan.source)
        if finished:
            return True
        if await records.any_store(tx):
            if not begun:
                raise DatabaseInUse("this database already has stores: seed an empty one")
            await records.empty_tables(tx)
        await records.begin_seeding(tx, source=plan.source, now=plan.now)
        return False


async def _fill(database: Database, plan: _Plan, progress: Progress) -> None:
    progress("Catalogue", 0, 3)
    products = products_of(plan.scale, seed=plan.seed)
    progress("Network", 1, 3)
    shops = network(seed=plan.seed)
    if plan.scale == "demo":
        shops = demo_shops(shops)
    promotions = list(campaigns(day=plan.day, seed=plan.seed))
    progress("Tables", 2, 3)
    await _load_tables(database, plan, shops, products, promotions)
    offers = await _stock(database, plan, shops, products, promotions, progress)
    progress("Statistics", 0, 1)
    async with database.one_statement() as connection:
        await connection.execute("vacuum (analyze, freeze)")
    async with database.transaction() as tx:
        await records.finish_seeding(tx, source=plan.source, offers=offers, now=plan.now)
    progress("Statistics", 1, 1)


def products_of(scale: Scale, *, seed: int) -> list[Product]:
    """The catalogue of a scale; the demo's is part of the nation's."""
    tree = read_tree()
    shares = quotas(
        total=PRODUCTS[scale],
        rooms=[len(candidates(leaf, seed=seed)) for leaf in tree.leaves],
        shelves=[leaf.category.category_id // 100 for leaf in tree.leaves],
        leaf_least=LEAF_LEAST,
        shelf_least=SHELF_LEAST,
    )
    return list(catalogue(tree, quotas=shares, seed=seed))


async def _load_tables(
    database: Database, plan: _Plan, shops: Sequence[Shop], products: Sequence[Product],
    promotions: Sequence[Campaign],
) -> None:  # fmt: skip
    """All but offers: a moment's work, in one transaction."""
    at = records.seeded_at(plan.day)
    categories = read_tree().categories
    earning = list(earning_offers(categories, products, day=plan.day, seed=plan.seed))
    off = list(closures(shops, day=plan.day, seed=plan.seed))
    patterns = list(slot_patterns(shops, seed=plan.seed))
    async with database.transaction() as tx:
        await records.copy_towns(tx, towns())
        await records.copy_stores(tx, [national(shops), *shops])
        await records.copy_areas(tx, delivery_areas(shops, seed=plan.seed))
        await records.copy_closures(tx, off, at=at)
        await records.copy_categories(tx, categories)
        await records.copy_products(tx, products, at=at)
        await records.copy_campaigns(tx, promotions)
        await records.copy_earning(tx, earning)
        await records.copy_patterns(tx, patterns)
        await records.copy_slots(tx, patterns, _closed(off), first=plan.day, days=SLOT_DAYS)


def _closed(off: Sequence[Closure]) -> dict[date, set[int]]:
    closed: dict[date, set[int]] = {}
    for closure in off:
        closed.setdefault(closure.day, set()).add(closure.store_id)
    return closed


async def _stock(
    database: Database, plan: _Plan, shops: Sequence[Shop], products: Sequence[Product],
    promotions: Sequence[Campaign], progress: Progress,
) -> int:  # fmt: skip
    """Each store's offers, by a few connections that take stores from one pile."""
    shelving = assortments.shelving(products, promotions, seed=plan.seed)
    selling = [national(shops), *(shop for shop in shops if shop.has_drive)]
    pile = [selling[first : first + CHUNK_STORES] for first in range(0, len(selling), CHUNK_STORES)]
    pile.reverse()
    done = {"stores": 0, "offers": 0}

    async def loader() -> None:
        async with database.one_statement() as connection:
            await assortments.prepare(connection, shelving=shelving)
            while pile:
                for shop in pile.pop():
                    stocked = await assortments.stock_store(
                        connection, shop=shop, shelving=shelving, today=plan.day, seed=plan.seed
                    )
                    done["offers"] += stocked
                    done["stores"] += 1
                progress("Offers", done["stores"], len(selling))
            await connection.execute("drop table seed_good, seed_ending")

    await asyncio.gather(*(loader() for _ in range(LOADERS)))
    return done["offers"]


async def _told(database: Database, plan: _Plan, *, already: bool) -> Seeded:
    async with database.read() as reader:
        row = await reader.fetchrow(
            """
            select (select count(*) from store where store_id > 0) stores,
                   (select count(*) from product) products,
                   (select accepted from import_run where kind = 'seed' and source = $1) offers,
                   (select count(*) from slot) slots, pg_database_size(current_database()) bytes""",
            plan.source,
        )
    if row is None:
        raise AssertionError("a select without from gives one row")
    return Seeded(
        scale=plan.scale,
        seed=plan.seed,
        already=already,
        stores=row["stores"],
        products=row["products"],
        offers=row["offers"] or 0,
        slots=row["slots"],
        database_bytes=row["bytes"],
    )
