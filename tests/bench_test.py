"""`cabas bench forecast` as it is typed, on the public series where they are, and on files that are none."""

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from cabas import bench as bench_command
from cabas.__main__ import main

SERIES = Path(os.environ.get("CABAS_SHARED_DATA", "../shared/data")) / "demand"


@pytest.fixture(autouse=True)
def _kept(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    kept: list[dict[str, object]] = []
    monkeypatch.setattr(bench_command, "_keep", kept.append)
    return kept


@pytest.mark.skipif(not SERIES.is_dir(), reason=f"the public series are not in {SERIES}")
@pytest.mark.parametrize(
    ("name", "horizon"),
    [
        ("orders_daily_by_store20_train.csv", 14),
        ("orders_hourly_all_stores_train.csv", 336),
        ("units_daily_by_department_train.csv", 14),
        ("units_daily_by_type150_train.csv", 14),
    ],
)
def test_public_series(name: str, horizon: int, _kept: list[dict[str, object]]) -> None:  # noqa: PT019
    told = CliRunner().invoke(
        main, ["bench", "forecast", str(SERIES / name), "--horizon", str(horizon), "--json"]
    )
    assert told.exit_code == 0, told.output
    figures = json.loads(told.output)
    assert figures["error"] <= 0.85 * figures["error_seasonal_naive"]
    assert figures["series"] > 0
    assert _kept == [figures]


def test_bad_files_end_it_with_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "series.csv"
    path.write_text("date,a\n2017-01-02,1\n2017-01-03,x\n")
    told = CliRunner().invoke(main, ["bench", "forecast", str(path)])
    assert told.exit_code == 1
    assert "line 3" in told.output
    unknown = CliRunner().invoke(main, ["bench", "forecast", str(path), "--country", "XX"])
    assert unknown.exit_code == 1
