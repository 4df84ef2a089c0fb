"""Statements on offers: one a batch, each by the offers' key."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from cabas.kit.db import Transaction
from cabas.kit.ids import new_id

AUTHOR = "import"


class Offered(msgspec.Struct, frozen=True, kw_only=True):
    """An offer's columns, but its promotion."""

    store_id: int
    gtin: int
    shelf_id: int
    category_id: int
    rank: int
    price_cents: int
    unit_price_cents: int
    status: int
    back_on: date | None
    location: int


COLUMNS = Offered.__struct_fields__


class Reckoned(msgspec.Struct, frozen=True, kw_only=True):
    """What an offer needs to know of its product."""

    category_id: int
    sold_by: str
    net_quantity: int
    unit_basis: str


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """As `cabas.domain.catalog.managing` keeps them: prices, availability, the day it is back."""

    store_id: int
    gtin: int
    before: Mapping[str, Any]
    after: Mapping[str, Any]


async def select_store_numbers(tx: Transaction, *, names: Collection[str]) -> dict[str, int]:
    """By a retailer's code, else by address (slug), else by our number."""
    rows = await tx.fetch(
        """
        select n.name, coalesce(c.store_id, s.store_id, i.store_id) as store_id
          from unnest($1::text[]) n (name)
          left join store_code c on c.code = n.name
          left join store s on s.slug = n.name
          left join store i on i.store_id::text = n.name""",
        list(names),
    )
    return {row["name"]: row["store_id"] for row in rows if row["store_id"] is not None}


async def select_products(tx: Transaction, *, gtins: Collection[int]) -> dict[int, Reckoned]:
    rows = await tx.fetch(
        """
        select gtin, category_id, sold_by, net_quantity, unit_basis
          from product
         where gtin = any($1::bigint[])""",
        list(gtins),
    )
    fields = Reckoned.__struct_fields__
    return {row["gtin"]: Reckoned(**{field: row[field] for field in fields}) for row in rows}


async def lock_offers(tx: Transaction, *, keys: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Offered]:
    """Those of (store, product) that there are, in key order so that two imports can't wait for each other."""
    rows = await tx.fetch(
        f"""
        select {", ".join(f"o.{name}" for name in COLUMNS)}
          from unnest($1::integer[], $2::bigint[]) k (store_id, gtin)
          join offer o on o.store_id = k.store_id and o.gtin = k.gtin
         order by o.store_id, o.gtin
           for update of o""",
        [store for store, _ in keys],
        [gtin for _, gtin in keys],
    )
    return {(row["store_id"], row["gtin"]): Offered(**dict(row.items())) for row in rows}


async def upsert_offers(tx: Transaction, offers: Sequence[Offered]) -> None:
    await tx.execute(
        f"""
        create temp table if not exists import_offer on commit delete rows as
        select {", ".join(COLUMNS)} from offer with no data"""
    )
    await tx.execute("truncate import_offer")
    rows = [msgspec.structs.astuple(offer) for offer in offers]
    await tx.copy("import_offer", columns=COLUMNS, records=rows)
    await tx.execute(
        f"""
        insert into offer ({", ".join(COLUMNS)})
        select {", ".join(COLUMNS)} from import_offer order by store_id, gtin
        on conflict (store_id, gtin) do update
                set {", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])}"""
    )


async def copy_changes(tx: Transaction, changes: Sequence[Change], *, now: datetime) -> None:
    rows = [
        (new_id(now, change.store_id), now, AUTHOR, *msgspec.structs.astuple(change)) for change in changes
    ]
    columns = ("change_id", "changed_at", "changed_by", "store_id", "gtin", "before", "after")
    await tx.copy("offer_change", columns=columns, records=rows)
