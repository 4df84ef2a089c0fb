"""The port `FactFiles` on Parquet and `cabas.kit.objects`."""

import asyncio
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq

from cabas.connectors.warehouse_parquet.arrow import table_of
from cabas.domain.analytics.facts import Dataset, Rows
from cabas.domain.analytics.ports import FilesUnreachable
from cabas.kit.objects import UNREACHABLE, Objects

COMPRESSION_LEVEL = 6


class ParquetFiles:
    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def write(self, dataset: Dataset, *, day: date, name: str, rows: Rows) -> int:
        content = await asyncio.to_thread(_encoded, dataset, rows)
        try:
            await self._objects.put(path_of(dataset, day=day, name=name), content)
        except UNREACHABLE as problem:
            raise FilesUnreachable(str(problem)) from problem
        return len(content)


def path_of(dataset: Dataset, *, day: date, name: str) -> str:
    """``facts/slot/day=2026-11-24/snapshot.parquet``."""
    return f"{dataset.folder(day)}/{name}.parquet"


def _encoded(dataset: Dataset, rows: Rows) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table_of(dataset, rows), sink, compression="zstd", compression_level=COMPRESSION_LEVEL)
    return bytes(sink.getvalue())
