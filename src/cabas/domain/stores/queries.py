"""Public reads of stores."""

from cabas.domain.stores.model import StoreSummary
from cabas.kit.db import Connection


async def directory(reader: Connection) -> list[StoreSummary]:
    """Every store of the network, and the national catalogue (store 0)."""
    rows = await reader.fetch(
        """
        select store_id, slug, name, format, street, postcode, city, department, region, latitude, longitude,
               services, has_drive, delivers, drive_fee_cents, drive_minimum_cents
          from store
         order by store_id"""
    )
    return [StoreSummary(**{**dict(row.items()), "services": tuple(row["services"])}) for row in rows]
