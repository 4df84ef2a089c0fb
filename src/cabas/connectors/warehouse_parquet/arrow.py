"""From the form of the facts to Arrow's types, and rows to tables."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from cabas.domain.analytics import facts
from cabas.domain.analytics.facts import Column, Dataset, Rows

_TYPES = {
    facts.DATE: pa.date32(),
    facts.INSTANT: pa.timestamp("us", tz="UTC"),
    facts.TEXT: pa.string(),
    facts.FLAG: pa.bool_(),
    facts.KEY: pa.binary(16),
    facts.INT16: pa.int16(),
    facts.INT32: pa.int32(),
    facts.INT64: pa.int64(),
    facts.FLOAT: pa.float64(),
}


def schema_of(dataset: Dataset) -> pa.Schema:
    return pa.schema([pa.field(column.name, type_of(column)) for column in dataset.columns])


def type_of(column: Column) -> pa.DataType:
    if column.lines:
        return pa.list_(pa.field("element", struct_of(column)))
    return _TYPES[column.kind]


def struct_of(column: Column) -> pa.DataType:
    """Of one line."""
    return pa.struct([pa.field(line.name, type_of(line)) for line in column.lines])


def table_of(dataset: Dataset, rows: Rows) -> pa.Table:
    """
    :raises KeyError: a column is missing.
    :raises pyarrow.ArrowInvalid: a value doesn't fit its column.
    """
    arrays = [_array(column, rows[column.name]) for column in dataset.columns]
    return pa.Table.from_arrays(arrays, schema=schema_of(dataset))


def _array(column: Column, values: Sequence[Any]) -> pa.Array:
    if not column.lines:
        return pa.array(values, type=type_of(column))
    offsets, lines = [0], []
    for own in values:
        lines += own
        offsets.append(len(lines))
    parts = list(zip(*lines, strict=True)) or [()] * len(column.lines)
    fields = [pa.array(part, type=type_of(line)) for line, part in zip(column.lines, parts, strict=True)]
    members = pa.StructArray.from_arrays(fields, fields=list(struct_of(column)))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), members, type=type_of(column))
