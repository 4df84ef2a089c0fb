"""A day of the made-up year beside its orders: slots, baskets, requests, stocks. And who and what there is."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from cabas.connectors.warehouse_parquet.arrow import table_of
from cabas.domain.analytics.exporting import calendar_of
from cabas.domain.analytics.facts import (
    ASSORTMENT,
    BASKET_HOUR,
    CALENDAR,
    PRODUCT,
    REQUEST,
    SLOT,
    STORE,
)
from cabas.kit.clock import paris_midnight
from cabas.seed.catalogue import Tree
from cabas.seed.history_day import MINUTE, SECOND, DaySlots, Orders
from cabas.seed.history_facts import column_table
from cabas.seed.history_goods import Goods
from cabas.seed.history_plan import Ints, Plan
from cabas.seed.products import Product
from cabas.seed.shops import Shop

BASKET_HOURS, BASKET_ODDS = (0, 8, 12, 18, 21), (0.04, 0.16, 0.25, 0.3, 0.25)
CHECKOUT_SHARE, ORDERED_SHARE = 0.45, 0.62
"""Of baskets, those that come to the summary; of these, those that become an order when there is room."""

OUT_OF_STOCK, OUT_IN_RUSH = 0.021, 0.06
BOOKING_DAYS = 7


def slots_table(slots: DaySlots, plan: Plan, parts: Sequence[Orders]) -> pa.Table:
    live = [(part, part.cancelled == 0) for part in parts]
    size = len(slots.starts_at)
    orders, lines, last = np.zeros(size, np.int64), np.zeros(size, np.int64), np.full(size, -1, np.int64)
    for part, kept in live:
        orders += np.bincount(part.slot[kept], minlength=size)
        lines += np.bincount(part.slot[kept], part.line_count[kept], size).astype(np.int64)
        np.maximum.at(last, part.slot[kept], part.placed_at[kept])
    opens_at = int(paris_midnight(slots.day - timedelta(days=BOOKING_DAYS)).timestamp()) * SECOND
    return column_table(
        SLOT,
        size,
        {
            "day": slots.day,
            "store_id": plan.store_ids[slots.table.store],
            "slot_id": slots.slot_ids,
            "channel": pa.array(["", "drive", "delivery"]).take(pa.array(slots.table.channel)),
            "hour": slots.table.starts_minute // 60,
            "starts_at": slots.starts_at,
            "opens_at": np.full(size, opens_at),
            "closes_at": slots.starts_at - slots.table.cutoff_minutes * MINUTE,
            "capacity": slots.capacity,
            "taken": orders,
            "closed": False,
            "orders": orders,
            "lines": lines,
            "last_placed_at": last,
        },
    )


def baskets_table(slots: DaySlots, plan: Plan, draw: np.random.Generator) -> pa.Table:
    """Who found no place came to the summary and left."""
    stores, hours = len(plan.store_ids), len(BASKET_HOURS)
    odds = np.array(BASKET_ODDS)
    ordered = draw.multinomial(slots.wanted - slots.lost, odds)
    left = draw.multinomial(slots.lost, odds)
    at_checkout = ordered + left + draw.poisson(ordered * (1 / ORDERED_SHARE - 1))
    baskets = at_checkout + draw.poisson(at_checkout * (1 / CHECKOUT_SHARE - 1))
    kept = np.nonzero(baskets.T.reshape(-1))[0]
    return column_table(
        BASKET_HOUR,
        len(kept),
        {
            "day": slots.day,
            "hour": np.repeat(np.array(BASKET_HOURS), stores)[kept],
            "store_id": np.tile(plan.store_ids, hours)[kept],
            "baskets": baskets.T.reshape(-1)[kept],
            "at_checkout": at_checkout.T.reshape(-1)[kept],
            "ordered": ordered.T.reshape(-1)[kept],
        },
    )


def requests_table(slots: DaySlots, plan: Plan, draw: np.random.Generator) -> pa.Table:
    """A tenth of those who want a place in a rush ask for it in advance."""
    asked = draw.binomial(slots.wanted, 0.1) if slots.rush > 1 else np.zeros_like(slots.wanted)
    unplaced = np.minimum(asked, draw.binomial(slots.lost, 0.1))
    kept = np.nonzero(asked)[0]
    return column_table(
        REQUEST,
        len(kept),
        {
            "day": slots.day,
            "store_id": plan.store_ids[kept],
            "waiting": 0,
            "placed": (asked - unplaced)[kept],
            "unplaced": unplaced[kept],
            "withdrawn": 0,
        },
    )


def assortment_table(
    slots: DaySlots, plan: Plan, goods: Goods, promoted: Ints, draw: np.random.Generator
) -> pa.Table:
    """By store and aisle; what sells out in a rush is missing that day."""
    aisles, place = np.unique(goods.aisles, return_inverse=True)
    offers = np.bincount(place)
    on_promotion = np.bincount(place, promoted > 0).astype(np.int64)
    stores = len(plan.store_ids)
    each = np.tile(offers, stores)
    out = draw.binomial(each, OUT_IN_RUSH if slots.rush > 1 else OUT_OF_STOCK)
    return column_table(
        ASSORTMENT,
        len(each),
        {
            "day": slots.day,
            "store_id": np.repeat(plan.store_ids, len(aisles)),
            "aisle_id": np.tile(aisles, stores),
            "offers": each,
            "on_sale": each - out,
            "out_of_stock": out,
            "withdrawn": 0,
            "promoted": np.tile(on_promotion, stores),
        },
    )


def stores_table(shops: Sequence[Shop], day: date) -> pa.Table:
    def value(shop: Shop, name: str) -> Any:
        return (
            shop.preparation.get(name, 0)
            if name in ("pickers", "lines_per_picker_hour")
            else getattr(shop, name)
        )

    names = [column.name for column in STORE.columns[1:]]
    return table_of(
        STORE, {"day": [day] * len(shops), **{name: [value(shop, name) for shop in shops] for name in names}}
    )


def products_table(products: Sequence[Product], tree: Tree, day: date) -> pa.Table:
    names = {category.category_id: category.name for category in tree.categories}
    rows: dict[str, list[Any]] = {
        "day": [day] * len(products),
        "gtin": [product.gtin for product in products],
        "name": [product.name for product in products],
        "brand": [product.brand for product in products],
        "aisle_id": [product.category_id // 10000 for product in products],
        "aisle": [names.get(product.category_id // 10000 * 10000, "") for product in products],
        "category_id": [product.category_id for product in products],
        "category": [names[product.category_id] for product in products],
        "sold_by": [product.sold_by for product in products],
    }
    return table_of(PRODUCT, rows)


def calendar_table(day: date) -> pa.Table:
    return table_of(CALENDAR, calendar_of(day))
