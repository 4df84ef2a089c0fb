"""A store, with what the test doesn't say filled in."""

from typing import Any

from cabas.domain.stores import queries
from cabas.domain.stores.model import StoreSummary
from cabas.kit.db import Transaction
from cabas.kit.text import search_key

HOURS = {str(day): [["08:30", "20:00"]] for day in range(1, 7)} | {"7": []}
SELLER = {"name": "Four SAS", "registration": "RCS Tours 1", "address": "1 rue du Four", "capital": "1 €"}


async def make_store(
    tx: Transaction,
    *,
    store_id: int = 1,
    name: str = "Tours Nord",
    city: str = "Tours",
    postcode: str = "37100",
    latitude: float = 47.42,
    longitude: float = 0.69,
    has_drive: bool = True,
    delivers: bool = False,
    opening_hours: dict[str, Any] | None = None,
) -> StoreSummary:
    await tx.execute(
        """
        insert into store (store_id, slug, name, format, street, postcode, city, department, region, latitude,
                           longitude, phone, email, legal_entity, opening_hours, has_drive, delivers,
                           search_name)
             values ($1, $2, $3, $4, '1 rue du Four', $5, $6, left($5, 2), '', $7, $8, '', '', $9, $10, $11,
                     $12, $13)""",
        store_id,
        f"{search_key(name).replace(' ', '-')}-{store_id}",
        name,
        "super" if store_id else "national",
        postcode,
        city,
        latitude,
        longitude,
        SELLER,
        opening_hours or HOURS,
        has_drive,
        delivers,
        search_key(f"{name} {city} {postcode}"),
    )
    return next(one for one in await queries.directory(tx) if one.store_id == store_id)


async def make_town(
    tx: Transaction,
    *,
    town_id: int = 1,
    name: str = "Tours",
    postcode: str = "37000",
    latitude: float = 47.39,
    longitude: float = 0.69,
    population: int = 100_000,
) -> None:
    await tx.execute(
        """
        insert into town (town_id, name, postcode, department, region, latitude, longitude, population,
                          search_name)
             values ($1, $2, $3, left($3, 2), '', $4, $5, $6, $7)""",
        town_id,
        name,
        postcode,
        latitude,
        longitude,
        population,
        search_key(name),
    )


async def make_delivery_area(
    tx: Transaction, *, store_id: int = 1, postcode: str = "37100", fee_cents: int = 490
) -> None:
    await tx.execute(
        "insert into delivery_area (store_id, postcode, fee_cents, minimum_cents) values ($1, $2, $3, 3000)",
        store_id,
        postcode,
        fee_cents,
    )
