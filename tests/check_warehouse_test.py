"""`cabas check warehouse` on a warehouse that was really exported and built, and on differences of each kind."""

import os
import shutil
import subprocess
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import duckdb
import pytest

from cabas.check_warehouse import Reconciled, reconcile
from cabas.connectors.warehouse_parquet import ParquetFiles
from cabas.domain.analytics import reconciling
from cabas.domain.orders import dispatch
from cabas.domain.orders import operations as orders
from cabas.export import run as export
from cabas.kit.clock import FixedClock, paris_day
from cabas.kit.db import Database
from cabas.kit.objects import Objects
from cabas.policies import ORDER_BOUNDS
from factories import orders as order_factory
from factories.customers import make_customer
from factories.shop import SHOP, make_shop

HOUSE = Path(__file__).parent.parent
DBT = HOUSE / ".venv-warehouse" / "bin" / "dbt"
PASTA, APPLES, RICE = SHOP.pasta[0], SHOP.weighed, SHOP.promoted


@pytest.mark.skipif(not DBT.exists(), reason="no dbt here: tools/setup.sh warehouse installs it")
async def test_marts_and_orders_agree_until_one_is_touched(
    database: Database, database_url: str, tmp_path: Path, now: datetime
):
    await _three_days(database, now)
    objects = Objects.at(f"file://{tmp_path / 'objects'}")
    await export(database, ParquetFiles(objects), FixedClock(now + timedelta(minutes=5)))
    _write_again(tmp_path / "objects" / "facts" / "order_event")
    _build(tmp_path)
    marts, tomorrow = tmp_path / "warehouse" / "marts.duckdb", paris_day(now) + timedelta(days=1)

    agreed = await reconcile(database_url, marts, day=None, today=tomorrow)

    assert agreed.ok, agreed.differences
    assert (agreed.unsent, agreed.store_days) == (0, 3)
    assert agreed.first == paris_day(now) - timedelta(days=2)
    async with database.transaction() as tx:
        await tx.execute("update orders set fee_cents = fee_cents + 1, total_cents = total_cents + 1,"
                         " maximum_cents = maximum_cents + 1 where placed_at = $1", now)  # fmt: skip

    differing = await reconcile(database_url, marts, day=paris_day(now), today=tomorrow)

    assert [(one.figure, one.here - one.marts) for one in differing.differences] == [
        ("fee_cents", 1),
        ("ordered_cents", 1),
    ]
    assert (await reconcile(database_url, marts, day=paris_day(now) - timedelta(days=1), today=tomorrow)).ok


async def test_what_was_not_exported_is_told(
    database: Database, database_url: str, tmp_path: Path, now: datetime
):
    await _shop(database, now)
    await _order(database, now, {PASTA: 1})
    marts = tmp_path / "marts.duckdb"
    _empty_marts(marts)

    found = await reconcile(database_url, marts, day=paris_day(now), today=paris_day(now))

    assert not found.ok
    assert found.unsent == 1
    assert {"orders", "goods_cents", "ordered_cents"} <= {one.figure for one in found.differences}
    assert all(one.marts == 0 for one in found.differences)


def test_what_was_made_up_is_taken_off():
    day = date(2026, 11, 24)
    row = dict.fromkeys(reconciling.FIGURES, 7) | {"day": day, "store_id": 3}
    made_up = {"simulated_orders": 5, "simulated_cents": 4, "simulated_sales_cents": 7}

    told = reconciling.told_by_marts([row | made_up])

    assert told == {(day, 3): {"orders": 2, "ordered_cents": 3, "sales_cents": 0}}
    here = {(day, 3): {"orders": 2, "ordered_cents": 4, "goods_cents": 9}}
    [found] = reconciling.differences(here, told)
    assert (found.figure, found.here, found.marts) == ("ordered_cents", 4, 3)


def test_an_order_that_only_the_marts_know_is_a_difference():
    day = date(2026, 11, 24)
    marts = {(day, 3): dict.fromkeys(reconciling.FIGURES, 0) | {"orders": 1}}
    assert [one.figure for one in reconciling.differences({}, marts)] == ["orders"]


def test_it_is_told_in_words(capsys: pytest.CaptureFixture[str]):
    day = date(2026, 11, 24)
    one = reconciling.Difference(day, 3, "sales_cents", 1_234, 1_200)
    from cabas import check_warehouse  # noqa: PLC0415

    check_warehouse._show(
        Reconciled(ok=False, first=day, last=day, store_days=4, unsent=2, differences=[one])
    )
    told = capsys.readouterr().out
    assert "store 3 sales_cents: 1,234 here, 1,200 in the marts" in told
    assert "2 facts are not exported yet" in told


async def _three_days(database: Database, now: datetime) -> None:
    """Placed, changed, cancelled and handed over, the last on a later day than it was placed."""
    await _shop(database, now)
    early, before = now - timedelta(days=2), now - timedelta(days=1)
    await _order(database, early, {PASTA: 2, APPLES: 1500, RICE: 3})
    changed, cancelled = await _order(database, before, {PASTA: 2}), await _order(database, before, {RICE: 1})
    await _order(database, now, {PASTA: 1, RICE: 2})
    async with database.transaction() as tx:
        shopper = await tx.fetchval("select shopper_id from orders where order_id = $1", changed)
        await orders.change_lines(
            tx, order_id=changed, shopper_id=shopper, quantities={PASTA: 5}, bounds=ORDER_BOUNDS, now=before
        )
        shopper = await tx.fetchval("select shopper_id from orders where order_id = $1", cancelled)
        await orders.cancel(tx, order_id=cancelled, shopper_id=shopper, reason="", now=before)
    async with database.transaction() as tx:
        for state in (orders.OrderState.PREPARING, orders.OrderState.READY, orders.OrderState.HANDED_OVER):
            await orders.move_to(tx, store_id=1, order_id=changed, state=state, actor="store:Karim", now=now)
    await _dispatch(database, now + timedelta(seconds=1))


async def _shop(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        await make_shop(tx, now=now - timedelta(days=3))


async def _order(database: Database, now: datetime, lines: dict[int, int]) -> UUID:
    async with database.transaction() as tx:
        customer = await make_customer(tx, email=f"{uuid4()}@exemple.fr", now=now)
        placed = await order_factory.make_order(
            tx, now=now, lines=lines, shopper_id=customer, customer_id=customer
        )
    await _dispatch(database, now + timedelta(seconds=1))
    return placed.order_id


async def _dispatch(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        while await dispatch.dispatch_batch(tx, now=now):
            pass


def _write_again(folder: Path) -> None:
    """As after a restore: facts are in the files twice, and counted once."""
    files = list(folder.glob("*/*.parquet"))
    for path in files:
        shutil.copy(path, path.with_name(f"again-{path.name}"))
    assert files


def _build(folder: Path) -> None:
    """Only what `mart_day` is made of, without the models' own tests: a few seconds of dbt."""
    subprocess.run(
        [HOUSE / "tools" / "warehouse.sh", "--select", "+mart_day", "--resource-type", "model"],
        env={
            **os.environ,
            "CABAS_DATA": str(folder),
            "CABAS_FACTS": str(folder / "objects" / "facts"),
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
        },
        check=True,
        timeout=600,
    )


def _empty_marts(path: Path) -> None:
    columns = ", ".join(f"{name} bigint" for name in (*reconciling.FIGURES, *reconciling.MADE_UP.values()))
    with duckdb.connect(path) as connection:
        connection.execute(f"create table mart_day (day date, store_id int, {columns})")
