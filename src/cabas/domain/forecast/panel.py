"""Series side by side on one regular clock, and the reading of a file of them."""

import csv
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

CELLS_MAX = 20_000_000
STEPS = (timedelta(days=1), timedelta(hours=1))


class BadPanel(Exception):
    """The file doesn't hold such series; the text says where and what."""


class Panel(msgspec.Struct, frozen=True):
    """
    ``values``: steps × series, ≥ 0, NaN where nothing is known; row n is of ``start + n·step``.

    ``step`` is a day or an hour. Times are local and have no zone: the weekly rhythm is what counts.
    """

    names: list[str]
    start: datetime
    step: timedelta
    values: Values

    @property
    def per_day(self) -> int:
        return timedelta(days=1) // self.step

    @property
    def week(self) -> int:
        """Steps of a week, the season of shopping."""
        return 7 * self.per_day

    def days(self, count: int) -> list[date]:
        """The day of each of the first `count` steps; those after the last row are the future."""
        return [(self.start + self.step * number).date() for number in range(count)]


def read(path: Path) -> Panel:
    """
    A CSV file whose first column is a day or an hour (ISO 8601) and whose others are one series each.

    Rows come in order; a row that is left out and an empty cell are unknown, not nought.

    :raises BadPanel: with the line and the fault.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise BadPanel(f"{path} can't be read as CSV: {problem}") from problem
    rows = [row for row in rows if row]
    if len(rows) < 2 or len(rows[0]) < 2:
        raise BadPanel(f"{path} has no series: a column of days or hours and one column a series are needed")
    header, body = rows[0], rows[1:]
    if len(header) * len(body) > CELLS_MAX:
        raise BadPanel(f"{path} is too large: {CELLS_MAX:,} cells at most")
    times = [_time(row[0], line) for line, row in enumerate(body, 2)]
    step = _step(times)
    values = np.full(((times[-1] - times[0]) // step + 1, len(header) - 1), np.nan)
    for line, (at, row) in enumerate(zip(times, body, strict=True), 2):
        if len(row) != len(header):
            raise BadPanel(f"line {line}: {len(row)} cells, {len(header)} columns")
        values[(at - times[0]) // step] = _numbers(row[1:], line)
    return Panel([name.strip() for name in header[1:]], times[0], step, values)


def _time(text: str, line: int) -> datetime:
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError as problem:
        raise BadPanel(f"line {line}: {text[:40]!r} is neither a day nor an hour") from problem


def _step(times: Sequence[datetime]) -> timedelta:
    gaps = [after - before for before, after in pairwise(times)]
    if not gaps:
        raise BadPanel("one row is no series")
    for line, gap in enumerate(gaps, 3):
        if gap <= timedelta(0):
            raise BadPanel(f"line {line}: not after the line before it")
    step = min(gaps)
    if step not in STEPS:
        raise BadPanel(f"the rows are {step} apart: a day or an hour is needed")
    for line, gap in enumerate(gaps, 3):
        if gap % step:
            raise BadPanel(f"line {line}: {gap} after the line before it, not a multiple of {step}")
    if (times[-1] - times[0]) // step > 20 * len(times):
        raise BadPanel("most rows are missing")
    return step


def _numbers(cells: Sequence[str], line: int) -> list[float]:
    try:
        numbers = [float(cell) if cell.strip() else float("nan") for cell in cells]
    except ValueError as problem:
        raise BadPanel(f"line {line}: {problem}") from problem
    for cell, number in zip(cells, numbers, strict=True):
        if number < 0 or number == float("inf"):
            raise BadPanel(f"line {line}: {cell[:40]!r} is no count")
    return numbers
