"""What was sent to stores reaches the files exactly once, however the export is interrupted."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow.parquet as pq
import pytest

from cabas.connectors.warehouse_parquet import ParquetFiles
from cabas.domain.analytics import exporting
from cabas.domain.analytics.exporting import export_days, export_events, settled
from cabas.domain.analytics.facts import ORDER_END, ORDER_EVENT, SLOT, Dataset
from cabas.domain.analytics.ports import FilesUnreachable
from cabas.domain.orders import dispatch
from cabas.domain.orders import operations as orders
from cabas.kit.clock import FixedClock, paris_day
from cabas.kit.db import Database
from cabas.kit.objects import Objects
from cabas.policies import ORDER_BOUNDS
from factories import orders as order_factory
from factories.customers import make_customer
from factories.shop import SHOP, make_shop

PASTA, APPLES, RICE = SHOP.pasta[0], SHOP.weighed, SHOP.promoted


class Interrupted(Exception):
    """The process is gone."""


class DyingFiles(ParquetFiles):
    """Gone before the file of that place is written."""

    def __init__(self, objects: Objects, *, dies_at: int) -> None:
        super().__init__(objects)
        self._left = dies_at

    async def write(self, dataset: Dataset, **named: Any) -> int:
        if self._left == 0:
            raise Interrupted
        self._left -= 1
        return await super().write(dataset, **named)


async def test_each_fact_is_written_once_over_many_runs(database: Database, folder: Path, now: datetime):
    await _shop(database, now)
    first = await _order(database, now, {PASTA: 2, APPLES: 1500, RICE: 3})
    await _run(database, folder, now)
    second = await _order(database, now, {PASTA: 1})
    await _run(database, folder, now)
    await _run(database, folder, now)

    events = _read(folder, ORDER_EVENT)

    assert [(event["store_seq"], event["order_id"]) for event in events] == [
        (1, first.bytes),
        (2, second.bytes),
    ]
    assert [len(event["lines"]) for event in events] == [3, 1]


async def test_amounts_and_lines_are_those_of_the_order(database: Database, folder: Path, now: datetime):
    await _shop(database, now)
    order_id = await _order(database, now, {PASTA: 2, APPLES: 1500, RICE: 3})
    await _run(database, folder, now)
    async with database.read() as reader:
        order = await reader.fetchrow("select * from orders where order_id = $1", order_id)

    [event] = _read(folder, ORDER_EVENT)

    for amount in ("goods_cents", "discount_cents", "deposit_cents", "fee_cents", "total_cents"):
        assert event[amount] == order[amount], amount
    assert (
        sum(line["total_cents"] for line in event["lines"]) == order["goods_cents"] - order["discount_cents"]
    )
    assert {line["promotion"] for line in event["lines"] if line["gtin"] == RICE} != {""}
    assert [line["by_weight"] for line in event["lines"] if line["gtin"] == APPLES] == [True]


async def test_changes_and_cancellations_follow(database: Database, folder: Path, now: datetime):
    await _shop(database, now)
    order_id = await _order(database, now, {PASTA: 2})
    async with database.transaction() as tx:
        shopper = await tx.fetchval("select shopper_id from orders where order_id = $1", order_id)
        await orders.change_lines(
            tx, order_id=order_id, shopper_id=shopper, quantities={PASTA: 5}, bounds=ORDER_BOUNDS, now=now
        )
    async with database.transaction() as tx:
        await orders.cancel(tx, order_id=order_id, shopper_id=shopper, reason="", now=now)
        while await dispatch.dispatch_batch(tx, now=now):
            pass
    await _run(database, folder, now)

    events = _read(folder, ORDER_EVENT)

    told = [(event["kind"], event["revision"], len(event["lines"]), event["total_cents"]) for event in events]
    assert [kind for kind, *_ in told] == ["order_placed", "order_changed", "order_cancelled"]
    assert told[1][1:3] == (2, 1)
    assert told[2][2:] == (0, 0)


@pytest.mark.parametrize("dies_at", [0, 1])
async def test_a_run_killed_in_the_middle_is_finished_by_the_next(
    database: Database, folder: Path, now: datetime, dies_at: int
):
    await _shop(database, now)
    yesterday = await _order(database, now - timedelta(days=1), {PASTA: 1}, dispatch_at=now)
    today = await _order(database, now, {PASTA: 2})
    dying = DyingFiles(_objects(folder), dies_at=dies_at)
    with pytest.raises(Interrupted):
        async for _ in export_events(database, dying, FixedClock(now)):
            pass
    later = await _order(database, now + timedelta(minutes=1), {PASTA: 3})

    await _run(database, folder, now + timedelta(minutes=2))

    events = _read(folder, ORDER_EVENT)
    assert sorted(event["order_id"] for event in events) == sorted(
        one.bytes for one in (yesterday, today, later)
    )
    assert len(_contents(folder)) == 3


async def test_a_killed_process_that_wrote_all_but_said_nothing_repeats_nothing(
    database: Database, folder: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
):
    await _shop(database, now)
    await _order(database, now, {PASTA: 1})

    async def gone(*_: object, **__: object) -> bool:
        raise Interrupted

    with monkeypatch.context() as patched:
        patched.setattr(exporting.records, "finish_batch", gone)
        with pytest.raises(Interrupted):
            await _run(database, folder, now)
    before = _contents(folder)
    await _run(database, folder, now)

    after = _contents(folder)
    assert after == before
    assert len(before) == 1


async def test_what_was_sent_late_lies_under_the_day_it_happened(
    database: Database, folder: Path, now: datetime
):
    await _shop(database, now)
    await _order(database, now, {PASTA: 1})
    await _run(database, folder, now)
    early = now - timedelta(days=1)
    late = await _order(database, early, {PASTA: 4}, dispatch_at=now + timedelta(hours=1))

    await _run(database, folder, now + timedelta(hours=2))

    [event] = [one for one in _read(folder, ORDER_EVENT) if one["order_id"] == late.bytes]
    assert event["day"] == event["placed_day"] == paris_day(early)


async def test_batches_are_bounded_and_lose_nothing(database: Database, folder: Path, now: datetime):
    await _shop(database, now)
    for number in range(5):
        await _order(database, now, {PASTA: number + 1})

    batches = [step async for step in export_events(database, _files(folder), FixedClock(now), batch_facts=2)]

    assert [step.facts for step in batches] == [2, 2, 1]
    assert [event["store_seq"] for event in _read(folder, ORDER_EVENT)] == [1, 2, 3, 4, 5]


async def test_a_day_is_written_again_until_it_is_settled(database: Database, folder: Path, now: datetime):
    await _shop(database, now)
    order_id = await _order(database, now, {PASTA: 1})
    await _days(database, folder, now)
    assert _read(folder, ORDER_END) == []
    async with database.transaction() as tx:
        for state in (orders.OrderState.PREPARING, orders.OrderState.READY, orders.OrderState.HANDED_OVER):
            await orders.move_to(tx, store_id=1, order_id=order_id, state=state, actor="store:Karim", now=now)

    await _days(database, folder, now + timedelta(days=1))

    [end] = _read(folder, ORDER_END)
    assert (end["day"], end["state"], end["final_cents"]) == (
        paris_day(now),
        "handed_over",
        end["total_cents"],
    )
    assert not settled(paris_day(now), written_at=now + timedelta(days=2))
    assert settled(paris_day(now), written_at=now + timedelta(days=3))


async def test_slots_say_what_is_booked_in_them(database: Database, folder: Path, now: datetime):
    await _shop(database, now)
    await _order(database, now, {PASTA: 1, RICE: 1})

    await _days(database, folder, now)

    booked = [slot for slot in _read(folder, SLOT) if slot["orders"]]
    assert [(slot["taken"], slot["orders"], slot["lines"]) for slot in booked] == [(1, 1, 2)]


async def test_a_storage_that_is_away_stops_the_run_and_nothing_else(
    database: Database, folder: Path, now: datetime
):
    await _shop(database, now)
    await _order(database, now, {PASTA: 1})
    blocked = _block(folder)
    with pytest.raises(FilesUnreachable):
        await _run(database, folder, now)
    blocked.unlink()

    await _run(database, folder, now)

    assert len(_read(folder, ORDER_EVENT)) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "objects"


def _objects(folder: Path) -> Objects:
    return Objects.at(f"file://{folder}")


def _files(folder: Path) -> ParquetFiles:
    return ParquetFiles(_objects(folder))


async def _shop(database: Database, now: datetime) -> None:
    async with database.transaction() as tx:
        await make_shop(tx, now=now - timedelta(days=2))


async def _order(
    database: Database, now: datetime, lines: dict[int, int], *, dispatch_at: datetime | None = None
):
    async with database.transaction() as tx:
        customer = await make_customer(tx, email=f"{uuid4()}@exemple.fr", now=now)
        placed = await order_factory.make_order(
            tx, now=now, lines=lines, shopper_id=customer, customer_id=customer
        )
    async with database.transaction() as tx:
        await dispatch.dispatch_batch(tx, now=dispatch_at or now + timedelta(seconds=1))
    return placed.order_id


async def _run(database: Database, folder: Path, now: datetime) -> None:
    async for _ in export_events(database, _files(folder), FixedClock(now)):
        pass


async def _days(database: Database, folder: Path, now: datetime) -> None:
    async for _ in export_days(database, _files(folder), FixedClock(now)):
        pass


def _read(folder: Path, dataset: Dataset) -> Sequence[dict[str, Any]]:
    paths = sorted(folder.glob(f"facts/{dataset.name}/*/*.parquet"))
    rows = [row for path in paths for row in pq.ParquetFile(path).read().to_pylist()]
    return sorted(rows, key=lambda row: [row.get(name) or 0 for name in ("store_seq", "slot_id")])


def _contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.glob("facts/order_event/*/*.parquet")}


def _block(folder: Path) -> Path:
    """A file where a folder should be."""
    folder.mkdir()
    blocked = folder / "facts"
    blocked.write_text("")
    return blocked
