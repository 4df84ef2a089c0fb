"""Questions to the marts: each opens the file, asks and closes, so that a new file is seen by the next."""

import os
from collections.abc import Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from duckdb import DuckDBPyConnection
    from numpy.typing import NDArray

FORECAST_FILE = "forecast.parquet"
"""Beside the marts: ``day, hour, store_id, channel, orders, low, high`` (means and an 80 % range, orders)."""


class MartsAbsent(Exception):
    """No marts have been built here, or what reads them is not installed; the text says which."""


class Marts:
    """:param path: ``marts.duckdb``. Blocking: ask from a thread where others wait."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def rows(self, query: str, parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """:raises MartsAbsent:"""
        with self._open() as connection:
            found = connection.execute(query, list(parameters))
            names = [column[0] for column in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def columns(self, query: str, parameters: Sequence[object] = ()) -> "dict[str, NDArray[Any]]":
        """The same by column: for millions of rows. :raises MartsAbsent:"""
        with self._open() as connection:
            found: dict[str, NDArray[Any]] = connection.execute(query, list(parameters)).fetchnumpy()
        return found

    @property
    def forecast_path(self) -> Path:
        return self._path.with_name(FORECAST_FILE)

    def forecast(self, where: str = "true", parameters: Sequence[object] = ()) -> list[dict[str, Any]]:
        """
        The forecast's rows that fulfil `where`, by store, day, hour and channel.

        :param where: SQL of ours over the file's columns; values go into `parameters`.
        :raises MartsAbsent: none was made.
        """
        if not self.forecast_path.is_file():
            raise MartsAbsent(f"no forecast in {self.forecast_path}: cabas forecast makes it")
        return self.rows(
            f"select * from read_parquet(?) where {where} order by store_id, day, hour, channel",
            (str(self.forecast_path), *parameters),
        )

    @contextmanager
    def _open(self) -> "Iterator[DuckDBPyConnection]":
        try:
            # Its 60 MB are loaded by those alone who ask.
            import duckdb  # noqa: PLC0415
        except ModuleNotFoundError as problem:
            raise MartsAbsent("the extra warehouse is not installed: cabas[warehouse]") from problem
        if not self._path.is_file():
            raise MartsAbsent(f"no marts in {self._path}: make warehouse builds them")
        connection = duckdb.connect(str(self._path), read_only=True, config={"threads": 1})
        try:
            yield connection
        finally:
            connection.close()


def write_forecast(path: Path, columns: "Mapping[str, NDArray[Any]]") -> None:
    """Put the file into place in one step: readers have the former one or this one."""
    import pyarrow as pa  # noqa: PLC0415 - as above
    import pyarrow.parquet as pq  # noqa: PLC0415

    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    pq.write_table(pa.table(dict(columns)), fresh, compression="zstd")
    fresh.replace(path)
