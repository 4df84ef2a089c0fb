"""What a file of series may look like, and what is said of one that is none."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from cabas.domain.forecast.panel import BadPanel, read


def _file(folder: Path, text: str) -> Path:
    path = folder / "series.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_days_and_hours(tmp_path: Path) -> None:
    daily = read(_file(tmp_path, "date,292,318\n2017-01-02,3,7\n2017-01-03,4,7.5\n"))
    assert daily.names == ["292", "318"]
    assert (daily.start, daily.step, daily.week) == (datetime(2017, 1, 2), timedelta(days=1), 7)  # noqa: DTZ001 - local
    assert daily.values.tolist() == [[3, 7], [4, 7.5]]
    hourly = read(_file(tmp_path, "ts,orders\n2017-01-02 00:00:00,4\n2017-01-02 01:00:00,1\n"))
    assert (hourly.per_day, hourly.week) == (24, 168)
    assert [day.isoformat() for day in hourly.days(25)[-2:]] == ["2017-01-02", "2017-01-03"]


def test_what_is_left_out_is_unknown(tmp_path: Path) -> None:
    panel = read(_file(tmp_path, "date,a,b\n2017-01-02,3,\n2017-01-03,3,1\n2017-01-05,2,1\n\n"))
    assert np.isnan(panel.values).tolist() == [[False, True], [False, False], [True, True], [False, False]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no series"),
        ("date\n2017-01-02\n", "no series"),
        ("date,a\n2017-01-02,1\n", "one row"),
        ("date,a\nyesterday,1\n2017-01-02,1\n", "line 2: 'yesterday'"),
        ("date,a\n2017-01-02,1\n2017-01-03\n", "line 3: 1 cells, 2 columns"),
        ("date,a\n2017-01-02,1\n2017-01-03,many\n", "line 3: could not"),
        ("date,a\n2017-01-02,1\n2017-01-03,-1\n", "line 3: '-1' is no count"),
        ("date,a\n2017-01-02,1\n2017-01-03,inf\n", "line 3: 'inf' is no count"),
        ("date,a\n2017-01-03,1\n2017-01-02,1\n", "line 3: not after"),
        ("date,a\n2017-01-03,1\n2017-01-03,1\n", "line 3: not after"),
        ("date,a\n2017-01-02,1\n2017-01-09,1\n", "7 days"),
        ("ts,a\n2017-01-02 00:00,1\n2017-01-02 01:00,1\n2017-01-02 02:30,1\n", "line 4"),
        ("date,a\n2017-01-02,1\n2017-01-03,1\n2117-01-03,1\n", "most rows are missing"),
    ],
)
def test_bad_files_are_told_where(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadPanel, match=says):
        read(_file(tmp_path, text))


def test_files_that_are_no_text(tmp_path: Path) -> None:
    with pytest.raises(BadPanel, match="can't be read"):
        read(tmp_path / "absent.csv")
    (tmp_path / "image.csv").write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(BadPanel, match="can't be read"):
        read(tmp_path / "image.csv")
