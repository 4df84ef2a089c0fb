"""Finding a store: by place, postcode or town; who delivers where. Distances are great circles, in km."""

import msgspec

from cabas.domain.stores.model import StoreSummary
from cabas.domain.stores.queries import STORE_COLUMNS, as_summary
from cabas.kit.db import Connection
from cabas.kit.text import search_key

LISTED_MAX = 50
QUERY_LENGTH_MAX = 80
_DISTANCE = """
    6371 * 2 * asin(sqrt(
        sin(radians(s.latitude - $1) / 2) ^ 2
        + cos(radians($1)) * cos(radians(s.latitude)) * sin(radians(s.longitude - $2) / 2) ^ 2))"""


class NearStore(msgspec.Struct, frozen=True):
    store: StoreSummary
    distance_km: float


class Town(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    postcode: str
    department: str
    latitude: float
    longitude: float


class DeliveryArea(msgspec.Struct, frozen=True, kw_only=True):
    store: StoreSummary
    fee_cents: int
    minimum_cents: int


async def stores_near(
    reader: Connection, *, latitude: float, longitude: float, limit: int = 20
) -> list[NearStore]:
    """Stores with Drive or delivery, nearest first."""
    rows = await reader.fetch(
        f"""
        select {STORE_COLUMNS}, {_DISTANCE} as distance_km
          from store s
         where s.store_id <> 0 and (s.has_drive or s.delivers)
         order by distance_km, s.store_id
         limit $3""",
        latitude,
        longitude,
        min(limit, LISTED_MAX),
    )
    return [NearStore(as_summary(row), row["distance_km"]) for row in rows]


async def towns(reader: Connection, *, text: str, limit: int = 8) -> list[Town]:
    """Towns whose postcode or name begins with ``text``, the most populous first."""
    wanted = search_key(text[:QUERY_LENGTH_MAX])
    if not wanted:
        return []
    column = "postcode" if wanted.isdigit() else "search_name"
    rows = await reader.fetch(
        f"""
        select name, postcode, department, latitude, longitude
          from town
         where {column} >= $1 and {column} < $1 || chr(1114111)
         order by (search_name = $1) desc, population desc, postcode
         limit $2""",
        wanted,
        limit,
    )
    return [Town(**dict(row.items())) for row in rows]


async def find_stores(reader: Connection, *, text: str, limit: int = 20) -> list[NearStore]:
    """
    Stores for what a shopper typed: nearest to the town or postcode it names, else whose name holds it.

    ``[]`` when neither is known.
    """
    found = await towns(reader, text=text, limit=1)
    if found:
        return await stores_near(
            reader, latitude=found[0].latitude, longitude=found[0].longitude, limit=limit
        )
    wanted = search_key(text[:QUERY_LENGTH_MAX])
    if not wanted:
        return []
    rows = await reader.fetch(
        f"""
        select {STORE_COLUMNS}
          from store s
         where s.store_id <> 0 and (s.has_drive or s.delivers) and strpos(s.search_name, $1) > 0
         order by s.name
         limit $2""",
        wanted,
        min(limit, LISTED_MAX),
    )
    return [NearStore(as_summary(row), 0.0) for row in rows]


async def delivering_to(reader: Connection, *, postcode: str) -> list[DeliveryArea]:
    """Stores that deliver to this postcode, the cheapest first."""
    rows = await reader.fetch(
        f"""
        select {STORE_COLUMNS}, a.fee_cents, a.minimum_cents
          from delivery_area a
          join store s on s.store_id = a.store_id
         where a.postcode = $1 and s.delivers
         order by a.fee_cents, a.minimum_cents, s.store_id
         limit $2""",
        postcode,
        LISTED_MAX,
    )
    return [
        DeliveryArea(store=as_summary(row), fee_cents=row["fee_cents"], minimum_cents=row["minimum_cents"])
        for row in rows
    ]
