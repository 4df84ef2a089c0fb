"""
`cabas seed --history`: a made-up year of the network, as if `cabas export` had written it day by day.

Each slot day is made by itself, from draws of its own, so that the same number gives the same files whatever made
them; nothing but a day is ever held in memory. Made-up facts have negative ``store_seq`` and ``simulated``.
"""

import asyncio
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import date, timedelta
from multiprocessing import get_context

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from cabas.connectors.warehouse_parquet.arrow import schema_of
from cabas.domain.analytics.facts import (
    ASSORTMENT,
    BASKET_HOUR,
    CALENDAR,
    FORGOTTEN,
    ORDER_END,
    ORDER_EVENT,
    PRODUCT,
    REQUEST,
    SLOT,
    STORE,
    Dataset,
)
from cabas.kit.objects import Objects
from cabas.seed import history_facts, history_network
from cabas.seed.catalogue import read_tree
from cabas.seed.history_day import DaySlots, Orders, SlotTable, fill_slots, orders_of, slot_tables, stream_of
from cabas.seed.history_goods import Goods, goods_of, shelf_of
from cabas.seed.history_plan import Plan, plan
from cabas.seed.loading import Scale, products_of
from cabas.seed.network import demo_shops, network
from cabas.seed.patterns import slot_patterns
from cabas.seed.shops import Shop

NATION_ORDERS = 11_000_000
NATION_STORES = 1437
PART_ORDERS = 40_000
"""Orders that are in memory at once, with their lines."""

COMPRESSION_LEVEL = 3
Progress = Callable[[int, int], None]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """What was made: ``[first, last]`` are slot days."""

    orders: int
    lines: int
    stores: int
    first: date
    last: date
    file_bytes: int


class Made(msgspec.Struct, frozen=True):
    orders: int
    lines: int
    file_bytes: int


class Ground(msgspec.Struct, frozen=True):
    """What each day is made from."""

    plan: Plan
    tables: dict[int, SlotTable]
    goods: Goods
    seed: int
    address: str


def orders_of_scale(scale: Scale) -> int:
    """Eleven million for the nation; as many a store in the demo."""
    return NATION_ORDERS if scale == "nation" else NATION_ORDERS * 40 // NATION_STORES


def make(
    *,
    scale: Scale,
    seed: int,
    orders: int,
    until: date,
    address: str,
    progress: Progress,
    processes: int | None = None,
) -> History:
    """
    Write the slot days before ``until``; a day that is made again replaces itself.

    :param orders: about so many in the last 364 days.
    :param address: of `cabas.kit.objects`.
    """
    shops = [shop for shop in network(seed=seed) if shop.has_drive]
    if scale == "demo":
        shops = demo_shops(shops)
    products = products_of(scale, seed=seed)
    ground = Ground(
        plan=plan(shops, until=until, orders=orders, seed=seed),
        tables=slot_tables(list(slot_patterns(shops, seed=seed)), shops),
        goods=goods_of(products, seed=seed),
        seed=seed,
        address=address,
    )
    made = [_write_lists(ground, shops, until)]
    with _pool(ground, processes) as pool:
        for done, day in enumerate(pool.map(_make_day, range(ground.plan.days)), start=1):
            made.append(day)
            progress(done, ground.plan.days)
    return History(
        orders=sum(one.orders for one in made),
        lines=sum(one.lines for one in made),
        stores=len(shops),
        first=ground.plan.first,
        last=until - timedelta(days=1),
        file_bytes=sum(one.file_bytes for one in made),
    )


def _pool(ground: Ground, processes: int | None) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        processes or os.cpu_count() or 1,
        mp_context=get_context("spawn"),
        initializer=_receive,
        initargs=(ground,),
    )


_received: list[Ground] = []
"""What this process makes days from."""


def _receive(ground: Ground) -> None:
    _received[:] = [ground]


def _make_day(place: int) -> Made:
    return asyncio.run(write_day(_received[0], place))


async def write_day(ground: Ground, place: int) -> Made:
    """All files of one slot day. Those of its orders lie under the days they were placed on."""
    objects = Objects.at(ground.address)
    slots = fill_slots(ground.plan, ground.tables, place, seed=ground.seed)
    parts: list[Orders] = []
    lines = file_bytes = 0
    for number, orders in enumerate(
        orders_of(ground.plan, slots, place, seed=ground.seed, at_most=PART_ORDERS)
    ):
        parts.append(orders)
        lines += int(orders.line_count.sum())
        for dataset, name, table in _order_tables(ground, slots, orders, place, number):
            file_bytes += await _write(objects, dataset, name, table)
    draw = stream_of(ground.seed, slots.day, "network")
    percents = shelf_of(ground.goods, slots.day).percents
    for dataset, table in (
        (SLOT, history_network.slots_table(slots, ground.plan, parts)),
        (BASKET_HOUR, history_network.baskets_table(slots, ground.plan, draw)),
        (REQUEST, history_network.requests_table(slots, ground.plan, draw)),
        (ASSORTMENT, history_network.assortment_table(slots, ground.plan, ground.goods, percents, draw)),
    ):
        file_bytes += await _write(objects, dataset, "history", table)
    return Made(sum(len(part.slot) for part in parts), lines, file_bytes)


def _order_tables(
    ground: Ground, slots: DaySlots, orders: Orders, place: int, number: int
) -> Iterator[tuple[Dataset, str, pa.Table]]:
    name = f"history-{slots.day.isoformat()}-{number}"
    draw = stream_of(ground.seed, slots.day, "lines", number)
    shelf = shelf_of(ground.goods, slots.day)
    lines = history_facts.lines_of(orders, ground.goods, shelf, ground.plan, draw)
    first_seq = 1 + (place * 64 + number) * 2 * PART_ORDERS
    yield (
        ORDER_EVENT,
        name,
        history_facts.events_table(
            orders, lines, slots, ground.goods, shelf, ground.plan, first_seq=first_seq
        ),
    )
    yield (
        ORDER_EVENT,
        f"{name}-cancelled",
        history_facts.cancellations_table(orders, slots, ground.plan, first_seq=first_seq + PART_ORDERS),
    )
    yield ORDER_END, name, history_facts.ends_table(orders, lines, slots, ground.goods, ground.plan, draw)


async def _write(objects: Objects, dataset: Dataset, name: str, table: pa.Table) -> int:
    """One file a day that has rows."""
    size = 0
    for day in pc.unique(table["day"]).to_pylist():
        own = table.filter(pc.equal(table["day"], pa.scalar(day, pa.date32())))
        content = _encoded(own)
        await objects.put(f"{dataset.folder(day)}/{name}.parquet", content)
        size += len(content)
    return size


def _encoded(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", compression_level=COMPRESSION_LEVEL)
    return bytes(sink.getvalue())


def _write_lists(ground: Ground, shops: list[Shop], until: date) -> Made:
    """Stores, products and days, under the day before ``until``: the export's own come after them."""
    day = until - timedelta(days=1)

    async def write() -> int:
        objects = Objects.at(ground.address)
        tree = read_tree()
        products = products_of("nation" if len(shops) > 40 else "demo", seed=ground.seed)
        size = await _write(objects, STORE, "history", history_network.stores_table(shops, day))
        nobody = f"{FORGOTTEN.folder(day)}/history.parquet"
        await objects.put(nobody, _encoded(schema_of(FORGOTTEN).empty_table()))
        size += await _write(objects, PRODUCT, "history", history_network.products_table(products, tree, day))
        return size + await _write(objects, CALENDAR, "history", history_network.calendar_table(day))

    return Made(0, 0, asyncio.run(write()))
