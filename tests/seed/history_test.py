"""A made-up year is in the export's form, adds up, and is the same each time."""

from datetime import date
from pathlib import Path
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cabas.connectors.warehouse_parquet.arrow import schema_of
from cabas.domain.analytics.facts import ORDER_END, ORDER_EVENT, SLOT, Dataset
from cabas.kit.ids import place_of
from cabas.seed.history import Ground, write_day
from cabas.seed.history_day import slot_tables
from cabas.seed.history_goods import goods_of
from cabas.seed.history_plan import DAYS, YEAR_DAYS, plan
from cabas.seed.network import demo_shops
from cabas.seed.patterns import slot_patterns

UNTIL = date(2026, 11, 24)
SEED = 2026
DAY = 300
ORDERS = 60_000


async def test_a_day_has_the_exports_columns(ground: Ground, tmp_path: Path):
    await write_day(ground, DAY)

    for dataset in (ORDER_EVENT, ORDER_END, SLOT):
        assert _read(tmp_path, dataset).schema.equals(schema_of(dataset)), dataset.name


async def test_the_same_number_gives_the_same_files(ground: Ground, tmp_path: Path):
    await write_day(ground, DAY)
    first = _contents(tmp_path)

    await write_day(ground, DAY)

    assert _contents(tmp_path) == first
    assert first


async def test_orders_add_up_and_no_slot_is_oversold(ground: Ground, tmp_path: Path):
    await write_day(ground, DAY)
    orders = _read(tmp_path, ORDER_EVENT).to_pylist()
    placed = [order for order in orders if order["kind"] == "order_placed"]

    for order in placed:
        assert order["goods_cents"] == sum(
            line["total_cents"] + line["discount_cents"] for line in order["lines"]
        )
        assert order["line_count"] == len(order["lines"])
        assert order["placed_at"] < order["slot_starts_at"]
        assert place_of(UUID(bytes=order["order_id"])) == order["store_id"]
    slots = _read(tmp_path, SLOT).to_pylist()
    assert all(slot["taken"] <= slot["capacity"] for slot in slots)
    assert sum(slot["orders"] for slot in slots) == len(placed) - (len(orders) - len(placed))


async def test_each_order_ends_once(ground: Ground, tmp_path: Path):
    await write_day(ground, DAY)

    ends = _read(tmp_path, ORDER_END).to_pylist()
    placed = [order for order in _read(tmp_path, ORDER_EVENT).to_pylist() if order["kind"] == "order_placed"]

    assert sorted(end["order_id"] for end in ends) == sorted(order["order_id"] for order in placed)
    for end in ends:
        assert (end["state"] == "handed_over") == (end["final_cents"] is not None)
        if end["final_cents"] is not None:
            assert 0 <= end["final_cents"] <= end["total_cents"]
            counts = (end[f"lines_{name}"] for name in ("picked", "short", "missing", "substituted"))
            assert sum(counts) == end["lines_asked"]


def test_a_year_has_its_orders_its_season_and_its_rushes(shops):
    made = plan(demo_shops(shops), until=UNTIL, orders=ORDERS, seed=SEED)

    assert made.demand[-YEAR_DAYS:].sum() == pytest.approx(ORDERS)
    assert made.days == DAYS
    assert made.day(DAYS - 1) == date(2026, 11, 23)
    assert (made.rush > 1).sum() == 4
    assert np.all(np.diff(made.pool, axis=0) >= 0)


@pytest.fixture(scope="session")
def demo_products(nation_products):
    return nation_products[::20]


@pytest.fixture
def ground(shops, demo_products, tmp_path: Path) -> Ground:
    some = demo_shops(shops)
    return Ground(
        plan=plan(some, until=UNTIL, orders=ORDERS, seed=SEED),
        tables=slot_tables(list(slot_patterns(some, seed=SEED)), some),
        goods=goods_of(demo_products, seed=SEED),
        seed=SEED,
        address=f"file://{tmp_path}",
    )


def _read(folder: Path, dataset: Dataset) -> pa.Table:
    paths = sorted(folder.glob(f"facts/{dataset.name}/*/*.parquet"))
    return pa.concat_tables(pq.ParquetFile(path).read() for path in paths)


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.parquet")}
