"""Public reads of stores."""

from collections.abc import Sequence
from datetime import date

from cabas.domain.stores.model import Store, StoreSummary
from cabas.kit.db import Connection, Record
from cabas.kit.errors import NotFound

STORE_COLUMNS = """s.store_id, s.slug, s.name, s.format, s.street, s.postcode, s.city, s.department, s.region,
    s.latitude, s.longitude, s.services, s.has_drive, s.delivers, s.drive_fee_cents, s.drive_minimum_cents"""


class StoreUnknown(NotFound):
    """The network has no such store."""

    code = "store_unknown"


async def directory(reader: Connection) -> list[StoreSummary]:
    """Every store of the network, and the national catalogue (store 0)."""
    rows = await reader.fetch(f"select {STORE_COLUMNS} from store s order by s.store_id")
    return [as_summary(row) for row in rows]


async def store(reader: Connection, *, store_id: int, today: date) -> Store:
    """
    One store in full, with its closures from ``today`` on.

    :raises StoreUnknown: no such store.
    """
    row = await reader.fetchrow(
        f"""
        select {STORE_COLUMNS}, s.phone, s.email, s.legal_entity, s.opening_hours
          from store s
         where s.store_id = $1""",
        store_id,
    )
    if row is None:
        raise StoreUnknown
    closures = await reader.fetch(
        """
        select day, reason
          from store_closure
         where store_id = $1 and day >= $2
         order by day
         limit 60""",
        store_id,
        today,
    )
    return Store(
        summary=as_summary(row),
        phone=row["phone"],
        email=row["email"],
        legal_entity=row["legal_entity"],
        opening_hours=row["opening_hours"],
        closures={closed["day"]: closed["reason"] for closed in closures},
    )


async def stores_in_full(reader: Connection, *, store_ids: Sequence[int], today: date) -> dict[int, Store]:
    """Several stores with their hours and the closures of the two weeks from ``today`` (the finder's list)."""
    rows = await reader.fetch(
        f"""
        select {STORE_COLUMNS}, s.phone, s.email, s.legal_entity, s.opening_hours,
               coalesce((select jsonb_object_agg(c.day::text, c.reason)
                           from store_closure c
                          where c.store_id = s.store_id and c.day between $2 and $2::date + 14), '{{}}') as closures
          from store s
         where s.store_id = any($1::int[])""",
        list(store_ids),
        today,
    )
    return {
        row["store_id"]: Store(
            summary=as_summary(row),
            phone=row["phone"],
            email=row["email"],
            legal_entity=row["legal_entity"],
            opening_hours=row["opening_hours"],
            closures={date.fromisoformat(day): reason for day, reason in row["closures"].items()},
        )
        for row in rows
    }


def as_summary(row: Record) -> StoreSummary:
    fields = StoreSummary.__struct_fields__
    return StoreSummary(
        **{field: row[field] for field in fields if field != "services"}, services=tuple(row["services"])
    )
