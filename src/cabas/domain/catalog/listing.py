"""
Lists of products: category pages, chosen products, and how filters would narrow them.

The category page is the hottest read of the shop: one statement, which walks the index
``offer_on_shelf (store_id, shelf_id, rank)`` and joins only the rows it shows.
"""

from collections.abc import Sequence
from datetime import datetime

from cabas.domain.catalog.model import Card, CardPage, Category, Facets, Filters, Sort
from cabas.kit.db import Connection

PAGE = 24
PAGE_MAX = 50
CHOSEN_MAX = 300
CARD_COLUMNS = """p.gtin, p.name, p.brand, p.net_quantity, p.net_unit, p.sold_by, o.price_cents, o.unit_price_cents,
    p.unit_basis, p.zone, p.nutri_score, p.labels, p.origin, p.picture, o.status::int, o.back_on, p.minimum_age::int,
    p.deposit_cents, p.category_id, m.kind, m.terms, m.label, m.ends_at"""
_PROMOTION = (
    "left join promotion m on m.promotion_id = o.promotion_id and m.starts_at <= $1 and m.ends_at > $1"
)
_ORDER = {
    Sort.RELEVANCE: "o.rank",
    Sort.PRICE: "o.price_cents, o.rank",
    Sort.UNIT_PRICE: "o.unit_price_cents, o.rank",
    Sort.NUTRI_SCORE: "p.nutri_score nulls last, o.rank",
    Sort.PROMOTION: "(m.promotion_id is null), o.rank",
}
_SORTS_BY_OFFER = frozenset({Sort.RELEVANCE, Sort.PRICE, Sort.UNIT_PRICE, Sort.PROMOTION})
_SCOPES = {1: "aisle", 2: "shelf", 3: "leaf"}


async def category_page(
    reader: Connection,
    *,
    store_id: int,
    category: Category,
    now: datetime,
    sort: Sort = Sort.RELEVANCE,
    filters: Filters | None = None,
    page: int = 1,
    limit: int = PAGE,
) -> CardPage:
    """One page (1 … `PAGE_MAX`) of the category, with everything below it."""
    narrowed = filters if filters is not None and filters.any else None
    offset = (min(max(page, 1), PAGE_MAX) - 1) * limit
    low, high = shelf_range(category)
    leaf = category.category_id if category.level == 3 else 0
    if narrowed is None and sort in _SORTS_BY_OFFER:
        rows = await reader.fetch(
            _BY_OFFER[sort, _SCOPES[category.level]],
            now,
            store_id,
            low,
            high,
            leaf,
            limit + 1,
            offset,
        )
    else:
        wanted = narrowed or Filters()
        rows = await reader.fetch(
            _NARROWED[sort],
            now,
            store_id,
            low,
            high,
            leaf,
            limit + 1,
            offset,
            wanted.promotion,
            list(wanted.labels),
            wanted.nutri_max,
            wanted.zone,
            wanted.price_cents_max,
        )
    # A product that may not be sold leaves a gap, not an end.
    cards = [Card(*row) for row in rows[:limit] if row["gtin"] is not None]
    return CardPage(cards, len(rows) > limit)


def shelf_range(category: Category) -> tuple[int, int]:
    """The shelves a category covers, both ends included."""
    shelf = category.category_id // 100
    return (shelf, shelf + 99) if category.level == 1 else (shelf, shelf)


def _by_offer(sort: Sort, scope: str) -> str:
    """Sorted by the offer alone: the page is cut before products are joined."""
    return f"""
        select {CARD_COLUMNS}
          from ({_AISLE_BY_RANK if (sort, scope) == (Sort.RELEVANCE, "aisle") else _cut(sort, scope)}) o
          left join product p on p.gtin = o.gtin and p.sellable
          {_PROMOTION}
         order by {_ORDER[sort]}"""


def _cut(sort: Sort, scope: str) -> str:
    """The page's offers, out of the range of shelves."""
    shelf = "o.shelf_id between $3 and $4" if scope == "aisle" else "o.shelf_id = $3 and $4::int is not null"
    only = "o.category_id = $5" if scope == "leaf" else "$5::int = 0"
    return f"""
            select o.*
              from offer o
              {_PROMOTION if sort is Sort.PROMOTION else ""}
             where o.store_id = $2 and {shelf} and {only} and o.status <> 0
             order by {_ORDER[sort]}
             limit $6 offset $7"""


_AISLE_BY_RANK = """
            select best.*
              from category shelf
             cross join lateral (
                    select *
                      from offer o
                     where o.store_id = $2 and o.shelf_id = shelf.category_id / 100 and o.status <> 0
                     order by o.rank
                     limit $6::int + $7::int) best
             where shelf.level = 2 and shelf.category_id between $3::int * 100 and $4::int * 100 and $5::int = 0
             order by best.rank
             limit $6 offset $7"""
"""The best of each shelf by its index, then merged: an aisle costs its few shelves, not all it holds."""


def _narrowed(sort: Sort) -> str:
    return f"""
        select {CARD_COLUMNS}
          from offer o
          join product p on p.gtin = o.gtin and p.sellable
          {_PROMOTION}
         where o.store_id = $2 and o.shelf_id between $3 and $4 and o.status <> 0
           and ($5 = 0 or o.category_id = $5)
           and (not $8 or m.promotion_id is not null)
           and p.labels @> $9::text[]
           and ($10 = '' or p.nutri_score <= $10)
           and ($11 = '' or p.zone = $11)
           and ($12 = 0 or o.price_cents <= $12)
         order by {_ORDER[sort]}
         limit $6 offset $7"""


_BY_OFFER = {(sort, scope): _by_offer(sort, scope) for sort in _SORTS_BY_OFFER for scope in _SCOPES.values()}
_NARROWED = {sort: _narrowed(sort) for sort in Sort}


def page_statement() -> str:
    """The statement of a level-2 page in the shop's own order, for those who measure it."""
    return _BY_OFFER[Sort.RELEVANCE, "shelf"]


async def cards_by_gtin(
    reader: Connection, *, store_id: int, gtins: Sequence[int], now: datetime
) -> list[Card]:
    """These products as the store offers them, in the order asked; those it doesn't sell are left out."""
    rows = await reader.fetch(
        f"""
        select {CARD_COLUMNS}
          from offer o
          join product p on p.gtin = o.gtin and p.sellable
          {_PROMOTION}
         where o.store_id = $2 and o.gtin = any($3::bigint[]) and o.status <> 0""",
        now,
        store_id,
        list(gtins[:CHOSEN_MAX]),
    )
    found = {row["gtin"]: Card(*row) for row in rows}
    return [found[gtin] for gtin in gtins if gtin in found]


async def deals(reader: Connection, *, store_id: int, now: datetime, limit: int = 8) -> list[Card]:
    """The store's best-ranked offers under a running promotion."""
    rows = await reader.fetch(
        f"""
        select {CARD_COLUMNS}
          from offer o
          join product p on p.gtin = o.gtin and p.sellable
          join promotion m on m.promotion_id = o.promotion_id and m.starts_at <= $1 and m.ends_at > $1
         where o.store_id = $2 and o.status = 1
         order by o.rank
         limit $3""",
        now,
        store_id,
        limit,
    )
    return [Card(*row) for row in rows]


async def sells_alcohol(reader: Connection, *, store_id: int) -> bool:
    """Whether the store has something on sale that the arrêté of 17 October 2016 wants a banner for."""
    found: bool = await reader.fetchval(
        """
        select exists (
            select 1
              from product p
              join offer o on o.store_id = $1 and o.gtin = p.gtin and o.status = 1
             where p.minimum_age = 18 and p.sellable)""",
        store_id,
    )
    return found


async def facets(reader: Connection, *, store_id: int, category: Category, now: datetime) -> Facets:
    """Counts over the whole category: asked for when filters are opened, never with the page."""
    low, high = shelf_range(category)
    leaf = category.category_id if category.level == 3 else 0
    rows = await reader.fetch(
        """
        select p.labels, coalesce(p.nutri_score, '') as nutri, p.zone, m.promotion_id is not null as promoted,
               count(*)::int as n
          from offer o
          join product p on p.gtin = o.gtin and p.sellable
          left join promotion m on m.promotion_id = o.promotion_id and m.starts_at <= $1 and m.ends_at > $1
         where o.store_id = $2 and o.shelf_id between $3 and $4 and o.status <> 0
           and ($5 = 0 or o.category_id = $5)
         group by 1, 2, 3, 4""",
        now,
        store_id,
        low,
        high,
        leaf,
    )
    labels: dict[str, int] = {}
    nutri: dict[str, int] = {}
    zones: dict[str, int] = {}
    for row in rows:
        for label in row["labels"]:
            labels[label] = labels.get(label, 0) + row["n"]
        if row["nutri"]:
            nutri[row["nutri"]] = nutri.get(row["nutri"], 0) + row["n"]
        zones[row["zone"]] = zones.get(row["zone"], 0) + row["n"]
    return Facets(
        total=sum(row["n"] for row in rows),
        promotion=sum(row["n"] for row in rows if row["promoted"]),
        labels=labels,
        nutri_scores=nutri,
        zones=zones,
    )
