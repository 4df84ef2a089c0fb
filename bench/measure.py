"""What all measurements share: where results go, how they are shown, and on what machine they were made."""

import os
import platform
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
_console = Console(width=100)


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. ``ratio``: of the figure to the limit, as the measurement defines it."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    ratio: float | None = None
    wanted: str = ""
    """What it should be: ``≥ 15 %``."""


def keep(name: str, figures: Mapping[str, object]) -> Path:
    """Write ``bench/results/NAME.json``: one flat object, with ``machine``, ``commit`` and ``at``."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    at = datetime.now(UTC).isoformat(timespec="seconds")
    content = {**figures, "machine": machine(), "commit": commit(), "at": at}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n")
    return path


def show(title: str, figures: Sequence[Figure], *, notes: Sequence[str] = ()) -> None:
    """A table for people: figure, limit, ratio."""
    table = Table(title=title, title_justify="left")
    for column in ("", "figure", "limit", "ratio", "wanted"):
        table.add_column(column, justify="left" if column in ("", "wanted") else "right")
    for figure in figures:
        table.add_row(
            figure.name,
            f"{_number(figure.value)} {figure.unit}",
            "" if figure.limit is None else f"{_number(figure.limit)} {figure.unit}",
            "" if figure.ratio is None else f"{figure.ratio:.3f}",
            figure.wanted,
        )
    _console.print(table)
    for note in notes:
        _console.print(f"  {note}", style="dim")


def machine() -> str:
    """``2 × Some CPU, 24 GB, Linux 6.1, Python 3.11.7``."""
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return (
        f"{os.cpu_count()} × {_processor()}, {gigabytes:.0f} GB, {system}, Python {platform.python_version()}"
    )


def commit() -> str:
    """The commit that was measured, with ``+`` when files had changed since; "" outside a clone."""
    here = Path(__file__).parent.parent
    known = _git(here, "rev-parse", "--short", "HEAD")
    return f"{known}+" if known and _git(here, "status", "--porcelain", "-uno") else known


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is being done, and how long it took."""
    _console.print(f"  {text}…", end=" ")
    started = time.perf_counter()
    yield
    _console.print(f"{time.perf_counter() - started:.1f} s", style="dim")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments],  # noqa: S607 - git is found on the PATH or the result is ""
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()
