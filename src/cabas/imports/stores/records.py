"""Statements on stores and the codes other systems know them by."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from cabas.kit.db import Transaction


class Stored(msgspec.Struct, frozen=True, kw_only=True):
    """A store's columns, those an import tells."""

    store_id: int
    slug: str
    name: str
    format: str
    street: str
    postcode: str
    city: str
    department: str
    region: str
    latitude: float
    longitude: float
    phone: str
    email: str
    legal_entity: dict[str, Any]
    opening_hours: dict[str, Any]
    services: list[str]
    has_drive: bool
    delivers: bool
    drive_fee_cents: int
    drive_minimum_cents: int
    search_name: str


COLUMNS = Stored.__struct_fields__


async def select_codes(tx: Transaction) -> dict[str, int]:
    return {row["code"]: row["store_id"] for row in await tx.fetch("select code, store_id from store_code")}


async def select_names(tx: Transaction) -> dict[int, str]:
    """Every store's slug, by its number."""
    return {row["store_id"]: row["slug"] for row in await tx.fetch("select store_id, slug from store")}


async def select_stores(tx: Transaction, *, store_ids: Sequence[int]) -> dict[int, Stored]:
    rows = await tx.fetch(
        f"select {', '.join(COLUMNS)} from store where store_id = any($1::integer[])", store_ids
    )
    return {row["store_id"]: Stored(**dict(row.items())) for row in rows}


async def upsert_stores(tx: Transaction, stores: Sequence[Stored]) -> None:
    await tx.execute(
        f"""
        create temp table if not exists import_store on commit delete rows as
        select {", ".join(COLUMNS)} from store with no data"""
    )
    await tx.execute("truncate import_store")
    rows = [msgspec.structs.astuple(store) for store in stores]
    await tx.copy("import_store", columns=COLUMNS, records=rows)
    await tx.execute(
        f"""
        insert into store ({", ".join(COLUMNS)})
        select {", ".join(COLUMNS)} from import_store
        on conflict (store_id) do update
                set {", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])}"""
    )


async def insert_codes(tx: Transaction, codes: Mapping[str, int]) -> None:
    await tx.execute(
        "insert into store_code (code, store_id) select * from unnest($1::text[], $2::integer[])",
        list(codes),
        list(codes.values()),
    )
