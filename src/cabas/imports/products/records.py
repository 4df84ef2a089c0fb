"""Statements on products: one a batch, through a temporary table."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from cabas.domain.catalog.model import Category
from cabas.imports.products.model import Product
from cabas.kit.db import Transaction

SOURCE = "import"
_PRODUCT = (
    "gtin", "name", "brand", "category_id", "picture", "sold_by", "net_quantity", "net_unit", "unit_basis",
    "vat_basis_points", "zone", "origin", "nutri_score", "labels", "alcohol_permille", "minimum_age",
    "deposit_cents", "retractable", "sort_name", "sellable",
)  # fmt: skip
_PARTICULARS = (
    "gtin", "description", "ingredients", "allergens", "traces", "nutrition", "storage", "instructions",
    "operator_name", "operator_address", "search_words",
)  # fmt: skip
_COLUMNS = (*_PRODUCT, *_PARTICULARS[1:])


async def select_products(tx: Transaction, *, gtins: Sequence[int]) -> dict[int, Product]:
    """Those that are stored, by GTIN."""
    columns = ", ".join([f"p.{name}" for name in _PRODUCT] + [f"d.{name}" for name in _PARTICULARS[1:]])
    rows = await tx.fetch(
        f"""
        select {columns}
          from product p
          join product_particulars d using (gtin)
         where p.gtin = any($1::bigint[])""",
        gtins,
    )
    return {row["gtin"]: Product(**dict(row.items())) for row in rows}


async def stage_products(tx: Transaction, products: Sequence[Product]) -> None:
    """Put them where the statements below take them from."""
    await tx.execute(
        """
        create temp table if not exists import_product on commit delete rows as
        select * from product join product_particulars using (gtin) with no data"""
    )
    await tx.execute("truncate import_product")
    rows = [msgspec.structs.astuple(product) for product in products]
    await tx.copy("import_product", columns=_COLUMNS, records=rows)


async def upsert_products(tx: Transaction, *, now: datetime) -> None:
    await tx.execute(
        f"""
        insert into product ({", ".join(_PRODUCT)}, changed_at)
        select {", ".join(_PRODUCT)}, $1 from import_product
        on conflict (gtin) do update
                set {", ".join(f"{name} = excluded.{name}" for name in _PRODUCT[1:])}, changed_at = $1""",
        now,
    )


async def upsert_particulars(tx: Transaction) -> None:
    await tx.execute(
        f"""
        insert into product_particulars ({", ".join(_PARTICULARS)}, source)
        select {", ".join(_PARTICULARS)}, '{SOURCE}' from import_product
        on conflict (gtin) do update
                set {", ".join(f"{name} = excluded.{name}" for name in _PARTICULARS[1:])}, source = '{SOURCE}'"""
    )


async def follow_in_offers(tx: Transaction, *, gtins: Sequence[int]) -> None:
    """
    Offers repeat a product's shelf and reckon a price per unit from its quantity: they follow it
    (`cabas.domain.catalog.model.unit_price_cents`, here for all stores at once). Store by store, by key.
    """
    await tx.execute(
        """
        update offer o
           set category_id = p.category_id, shelf_id = p.category_id / 100,
               unit_price_cents =
                   case when p.sold_by = 'weight' then o.price_cents
                        else greatest(1, (o.price_cents::bigint * 2 * b.scale + p.net_quantity)
                                         / (2 * p.net_quantity)) end
          from store s
         cross join product p
         cross join lateral (select case p.unit_basis when 'piece' then 1 else 1000 end as scale) b
         where p.gtin = any($1::bigint[]) and o.store_id = s.store_id and o.gtin = p.gtin""",
        gtins,
    )


async def insert_categories(tx: Transaction, categories: Sequence[Category]) -> None:
    """Those that aren't there; a retailer's own stay as they are."""
    for category in categories:
        await tx.execute(
            """
            insert into category (category_id, parent_id, level, slug, name, picture, sort)
                 values ($1, $2, $3, $4, $5, $6, $1)
            on conflict do nothing""",
            *msgspec.structs.astuple(category),
        )
