"""Public reads of the catalogue: the tree, what checkout needs of offers; lists and products stand beside."""

from collections.abc import Sequence
from datetime import datetime

from cabas.domain.catalog.listing import cards_by_gtin, category_page, deals, facets, sells_alcohol
from cabas.domain.catalog.model import Category, CategoryTree, Offer, RunningPromotion
from cabas.domain.catalog.product import alternatives, product_page
from cabas.kit.db import Connection

__all__ = [
    "alternatives",
    "cards_by_gtin",
    "categories",
    "category_page",
    "deals",
    "facets",
    "offers_for",
    "product_page",
    "sells_alcohol",
]


async def categories(reader: Connection) -> CategoryTree:
    rows = await reader.fetch(
        """
        select category_id, parent_id, level, slug, name, picture
          from category
         order by sort, category_id"""
    )
    return CategoryTree(tuple(Category(**dict(row.items())) for row in rows))


async def offers_for(
    reader: Connection, *, store_id: int, gtins: Sequence[int], now: datetime
) -> dict[int, Offer]:
    """What the store asks now for these products, by GTIN; products it has no offer for are left out."""
    if not gtins:
        return {}
    rows = await reader.fetch(
        """
        select p.gtin, p.name, p.brand, p.net_quantity, p.net_unit, p.sold_by, o.price_cents,
               o.unit_price_cents, p.unit_basis, p.vat_basis_points, p.deposit_cents, p.zone, o.location,
               p.picture, p.minimum_age, p.retractable, p.category_id, p.sellable, o.status,
               m.kind, m.terms, m.label, m.ends_at
          from offer o
          join product p on p.gtin = o.gtin
          left join promotion m on m.promotion_id = o.promotion_id and m.starts_at <= $3 and m.ends_at > $3
         where o.store_id = $1 and o.gtin = any($2::bigint[])""",
        store_id,
        gtins,
        now,
    )
    offers = {}
    for row in rows:
        values = dict(row.items())
        kind, terms, label, ends_at = (values.pop(name) for name in ("kind", "terms", "label", "ends_at"))
        running = RunningPromotion(kind=kind, terms=terms, label=label, ends_at=ends_at) if kind else None
        offers[values["gtin"]] = Offer(**values, promotion=running)
    return offers
