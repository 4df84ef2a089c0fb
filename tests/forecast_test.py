"""`cabas forecast` as it is typed, over marts of a few lines, and the file that others read."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner, Result

from cabas.__main__ import main
from cabas.connectors.warehouse_duckdb import Marts, MartsAbsent
from cabas.kit.clock import SystemClock, paris_day


@pytest.fixture
def forecast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.setenv("CABAS_DATA", str(tmp_path))
    return lambda *given: CliRunner().invoke(main, ["forecast", *given])


def _marts(folder: Path, today: date, *, days: int = 60) -> Marts:
    path = folder / "warehouse" / "marts.duckdb"
    path.parent.mkdir()
    with duckdb.connect(path) as connection:
        connection.execute(
            "create table mart_slot_hour"
            " (day date, hour bigint, store_id int, channel varchar, capacity bigint, orders bigint)"
        )
        connection.execute(
            """
            insert into mart_slot_hour
            select ?::date + n::int, hour, store, 'drive', 40, if(n = ?, 9999, store * hour)
              from range(?) days(n), (values (9), (18)) hours(hour), (values (1), (2)) stores(store)""",
            [today - timedelta(days=days), days, days + 1],
        )
    return Marts(path)


def test_what_is_told_is_what_is_written(forecast: Callable[..., Result], tmp_path: Path) -> None:
    today = paris_day(SystemClock().now())
    marts = _marts(tmp_path, today)
    done = forecast("--days", "7", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["known_until"] == (today - timedelta(days=1)).isoformat()
    assert (told["stores"], told["rows"], len(told["days"])) == (2, 7 * 2 * 2, 7)
    rows = marts.forecast("store_id = ?", (2,))
    assert [row["day"] for row in rows[:2]] == [today, today]
    assert {row["hour"] for row in rows} == {9, 18}
    assert all(row["low"] <= row["orders"] <= row["high"] for row in rows)
    assert sum(row["orders"] for row in marts.forecast("day = ?", (today,))) == pytest.approx(81, rel=0.15)
    assert [path.name for path in (tmp_path / "warehouse").glob("forecast*")] == ["forecast.parquet"]


def test_today_is_not_over_and_says_nothing(forecast: Callable[..., Result], tmp_path: Path) -> None:
    _marts(tmp_path, paris_day(SystemClock().now()))
    told = json.loads(forecast("--json").output)
    assert max(day["orders"] for day in told["days"]) < 200


def test_without_marts_it_says_how_to_make_them(forecast: Callable[..., Result], tmp_path: Path) -> None:
    done = forecast()
    assert done.exit_code == 1
    assert "make warehouse" in done.output
    with pytest.raises(MartsAbsent, match="no forecast"):
        Marts(tmp_path / "warehouse" / "marts.duckdb").forecast()


def test_a_short_history_is_refused(forecast: Callable[..., Result], tmp_path: Path) -> None:
    _marts(tmp_path, paris_day(SystemClock().now()), days=5)
    done = forecast()
    assert done.exit_code == 1
    assert "two weeks" in done.output
