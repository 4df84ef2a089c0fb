"""Bulk writes of the seed: one function a table, COPY throughout."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from cabas.domain.loyalty.model import EarningOffer
from cabas.domain.slots.calendar import PatternRow, slots_of_day
from cabas.kit.clock import paris_midnight
from cabas.kit.db import Transaction
from cabas.kit.text import search_key
from cabas.seed.campaigns import Campaign
from cabas.seed.catalogue import Category
from cabas.seed.closures import Closure
from cabas.seed.deliveries import DeliveryArea
from cabas.seed.products import Product
from cabas.seed.shops import Shop
from cabas.seed.towns import Town

AUTHOR = "seed"
SEEDED = (
    "store", "store_closure", "delivery_area", "town", "category", "product", "product_particulars",
    "promotion", "loyalty_offer", "offer", "slot_pattern", "slot",
)  # fmt: skip
_STORE = (
    "store_id", "slug", "name", "format", "street", "postcode", "city", "department", "region", "latitude",
    "longitude", "phone", "email", "legal_entity", "opening_hours", "services", "has_drive", "delivers",
    "drive_minimum_cents", "preparation", "search_name",
)  # fmt: skip
_PRODUCT = (
    "gtin", "name", "brand", "category_id", "picture", "sold_by", "net_quantity", "net_unit", "unit_basis",
    "vat_basis_points", "zone", "origin", "nutri_score", "labels", "alcohol_permille", "minimum_age",
    "deposit_cents", "retractable", "sort_name", "sellable",
)  # fmt: skip
_PARTICULARS = (
    "gtin", "description", "ingredients", "allergens", "traces", "nutrition", "storage", "instructions",
    "operator_name", "operator_address", "search_words",
)  # fmt: skip
_SLOT = (
    "store_id", "slot_id", "channel", "starts_at", "ends_at", "opens_at", "closes_at", "fee_cents",
    "capacity",
)  # fmt: skip


async def empty_tables(tx: Transaction) -> None:
    """Take away what an interrupted seeding left."""
    await tx.execute(f"truncate {', '.join(SEEDED)} cascade")


async def copy_towns(tx: Transaction, towns: Sequence[Town]) -> None:
    columns = ("town_id", "name", "postcode", "department", "region", "latitude", "longitude", "population")
    rows = [(*_values(town, columns), search_key(town.name)) for town in towns]
    await tx.copy("town", columns=(*columns, "search_name"), records=rows)


async def copy_stores(tx: Transaction, shops: Sequence[Shop]) -> None:
    await tx.copy("store", columns=_STORE, records=[_values(shop, _STORE) for shop in shops])


async def copy_areas(tx: Transaction, areas: Iterable[DeliveryArea]) -> None:
    columns = ("store_id", "postcode", "fee_cents", "minimum_cents")
    await tx.copy("delivery_area", columns=columns, records=[_values(area, columns) for area in areas])


async def copy_closures(tx: Transaction, closures: Iterable[Closure], *, at: datetime) -> None:
    columns = ("store_id", "day", "reason")
    rows = [(*_values(closure, columns), AUTHOR, at) for closure in closures]
    await tx.copy("store_closure", columns=(*columns, "closed_by", "closed_at"), records=rows)


async def copy_categories(tx: Transaction, categories: Sequence[Category]) -> None:
    columns = ("category_id", "parent_id", "level", "slug", "name", "picture", "sort")
    await tx.copy(
        "category", columns=columns, records=[_values(category, columns) for category in categories]
    )


async def copy_products(tx: Transaction, products: Sequence[Product], *, at: datetime) -> None:
    rows = [(*_values(product, _PRODUCT), at) for product in products]
    await tx.copy("product", columns=(*_PRODUCT, "changed_at"), records=rows)
    particulars = [(*_values(product.particulars, _PARTICULARS), AUTHOR) for product in products]
    await tx.copy("product_particulars", columns=(*_PARTICULARS, "source"), records=particulars)


async def copy_campaigns(tx: Transaction, campaigns: Sequence[Campaign]) -> None:
    columns = ("promotion_id", "kind", "terms", "label", "starts_at", "ends_at")
    await tx.copy(
        "promotion", columns=columns, records=[_values(campaign, columns) for campaign in campaigns]
    )


async def copy_earning(tx: Transaction, offers: Sequence[EarningOffer]) -> None:
    columns = (
        "offer_id",
        "store_id",
        "label",
        "kind",
        "amount",
        "gtin",
        "category_id",
        "starts_at",
        "ends_at",
    )
    await tx.copy("loyalty_offer", columns=columns, records=[_values(offer, columns) for offer in offers])


async def copy_patterns(tx: Transaction, patterns: Sequence[PatternRow]) -> None:
    columns = ("weekday", "starts_at", "ends_at", "capacity", "fee_cents", "cutoff_minutes")
    rows = [(row.store_id, row.channel.value, *_values(row, columns)) for row in patterns]
    await tx.copy("slot_pattern", columns=("store_id", "channel", *columns), records=rows)


async def copy_slots(
    tx: Transaction, patterns: Sequence[PatternRow], closed: dict[date, set[int]], *, first: date, days: int
) -> None:
    """The slots of ``days`` days from ``first``, without those of closed stores."""
    for day in (first + timedelta(days=ahead) for ahead in range(days)):
        planned = slots_of_day(patterns, day=day, closed_stores=closed.get(day, frozenset()))
        rows = [
            (slot.store_id, slot.slot_id, slot.channel.value, *_values(slot, _SLOT[3:])) for slot in planned
        ]
        await tx.copy("slot", columns=_SLOT, records=rows)


async def select_seeding(tx: Transaction, *, source: str) -> tuple[bool, bool]:
    """Whether this very seeding has been begun, and whether it was finished."""
    row = await tx.fetchrow(
        "select finished_at from import_run where kind = $1 and source = $2", AUTHOR, source
    )
    return row is not None, row is not None and row["finished_at"] is not None


async def any_store(tx: Transaction) -> bool:
    return bool(await tx.fetchval("select exists (select from store)"))


async def begin_seeding(tx: Transaction, *, source: str, now: datetime) -> None:
    await tx.execute(
        """
        insert into import_run (kind, source, position, accepted, rejected, updated_at)
             values ($1, $2, 0, 0, 0, $3)
        on conflict (kind, source) do update set updated_at = excluded.updated_at, finished_at = null""",
        AUTHOR,
        source,
        now,
    )


async def finish_seeding(tx: Transaction, *, source: str, offers: int, now: datetime) -> None:
    await tx.execute(
        """
        update import_run set position = $3, accepted = $3, updated_at = $4, finished_at = $4
         where kind = $1 and source = $2""",
        AUTHOR,
        source,
        offers,
        now,
    )


def seeded_at(day: date) -> datetime:
    """When seeded rows say they were written: the day's first instant, so that a day's rows are the same."""
    return paris_midnight(day)


def _values(row: object, columns: Sequence[str]) -> tuple[object, ...]:
    return tuple(getattr(row, column) for column in columns)
