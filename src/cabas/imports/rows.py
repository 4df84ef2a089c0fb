"""Rows of a JSONL, CSV or Parquet file, one after the other, whatever the file's size."""

import csv
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import msgspec

from cabas.imports.files import LINE_BYTES_MAX, CutShort, Source, Unreadable, text_of
from cabas.imports.rejection import Rejected

Format = Literal["jsonl", "csv", "parquet"]
Values = Mapping[str, Any]
PARQUET_ROWS = 1_000
RECORD_LINES_MAX = 200
"""A quoted CSV value may hold line ends; one that runs on for longer has lost its closing quote."""
_DELIMITERS = ("\t", ";", ",", "|")
_SUFFIXES: dict[str, Format] = {
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
_TOO_LONG = Rejected("line_too_long", f"The line is longer than {LINE_BYTES_MAX:,} bytes.")
_CUT_SHORT = Rejected("file_cut_short", "The file ends here, in the middle: its compressed data are damaged.")
_decoder = msgspec.json.Decoder()


class Row(msgspec.Struct, frozen=True):
    """
    ``number``: as an editor or a spreadsheet counts (a CSV's header is 1).
    ``values`` by column, or why the row can't be read.
    """

    number: int
    values: Values | Rejected


def format_of(path: Path) -> Format:
    """By the file's name, else by its first byte."""
    name = path.name.removesuffix(".gz")
    known = _SUFFIXES.get(Path(name).suffix.lower())
    if known:
        return known
    with path.open("rb") as raw:
        head = raw.read(64).lstrip()
    if head.startswith(b"PAR1"):
        return "parquet"
    return "jsonl" if head.startswith(b"{") else "csv"


def rows_of(source: Source, *, format_: Format) -> Iterator[Row]:
    """JSONL or CSV, from the beginning. A Parquet file is read by `parquet_rows`."""
    reader = jsonl_rows if format_ == "jsonl" else csv_rows
    number = 0
    try:
        for row in reader(source.lines()):
            number = row.number
            yield row
    except CutShort:
        yield Row(number + 1, _CUT_SHORT)


def jsonl_rows(lines: Iterable[bytes | None]) -> Iterator[Row]:
    """One object a line; empty lines are passed over."""
    for number, line in enumerate(lines, start=1):
        if line is None:
            yield Row(number, _TOO_LONG)
        elif line.strip(b" \t\x00"):
            yield Row(number, _object(line))


def _object(line: bytes) -> Values | Rejected:
    try:
        values = _decoder.decode(text_of(line))
    except (msgspec.DecodeError, RecursionError, ValueError) as problem:
        return Rejected("malformed_json", f"The line is not JSON: {problem}")
    if not isinstance(values, dict):
        return Rejected("malformed_json", "The line is not a JSON object.")
    return values


def csv_rows(lines: Iterable[bytes | None]) -> Iterator[Row]:
    """
    The first line names the columns; its most frequent of tab, semicolon, comma and bar divides them.

    :raises Unreadable: the header can't be read.
    """
    source = iter(lines)
    header = next(source, b"")
    if header is None or not header.strip():
        raise Unreadable("the first line must name the columns")
    text = text_of(header)
    delimiter = max(_DELIMITERS, key=text.count)
    columns = [name.strip().lower() for name in next(csv.reader([text], delimiter=delimiter))]
    for number, fields in enumerate(_records(source, delimiter), start=2):
        if isinstance(fields, Rejected):
            yield Row(number, fields)
        elif any(fields):
            yield Row(number, _named(columns, fields))


def _named(columns: Sequence[str], fields: Sequence[str]) -> Values | Rejected:
    """A short row lacks its last values; a long one can't be trusted."""
    if len(fields) > len(columns) and any(fields[len(columns) :]):
        return Rejected("too_many_values", f"{len(fields)} values for {len(columns)} columns.")
    return dict(zip(columns, fields, strict=False))


def _records(source: Iterator[bytes | None], delimiter: str) -> Iterator[list[str] | Rejected]:
    while True:
        line = next(source, b"\n")
        if line == b"\n":  # lines come without their end: this one is ours
            return
        if line is None:
            yield _TOO_LONG
            continue
        text = text_of(line)
        if '"' not in text:
            yield text.split(delimiter)
            continue
        fields, source = _quoted(text, source, delimiter)
        yield fields


def _quoted(
    text: str, source: Iterator[bytes | None], delimiter: str
) -> tuple[list[str] | Rejected, Iterator[bytes | None]]:
    """A record with quotes, over as many lines as it takes; and the lines that follow it."""
    taken: list[bytes | None] = []
    size = len(text)
    while _open(text, delimiter):
        line = next(source, None)
        taken.append(line)
        size += len(line or b"")
        if line is None or size > LINE_BYTES_MAX or len(taken) >= RECORD_LINES_MAX:
            lost = Rejected("unclosed_quote", "A quoted value is never closed.")
            return lost, chain([kept for kept in taken if kept is not None], source)
        text = f"{text}\n{text_of(line)}"
    return next(csv.reader([text], delimiter=delimiter)), source


def _open(text: str, delimiter: str) -> bool:
    try:
        next(csv.reader([text], delimiter=delimiter, strict=True))
    except csv.Error as problem:
        return "unexpected end" in str(problem)
    return False


def parquet_rows(path: Path, *, wanted: Collection[str]) -> Iterator[tuple[Row, float]]:
    """
    Rows numbered from 1, each with the share of the file that is done. Only the ``wanted`` columns are read.

    :raises Unreadable: it isn't a Parquet file, or the extra ``warehouse`` isn't installed.
    """
    try:
        import pyarrow.parquet  # noqa: PLC0415 - 165 MB that only this kind of file needs
    except ImportError as problem:
        raise Unreadable(f"{path}: Parquet needs the extra: pip install 'cabas[warehouse]'") from problem
    try:
        file = pyarrow.parquet.ParquetFile(path, pre_buffer=False)
    except (pyarrow.ArrowException, OSError) as problem:
        raise Unreadable(f"{path}: not a Parquet file ({problem})") from problem
    names = [name for name in file.schema_arrow.names if name.lower() in wanted]
    total = file.metadata.num_rows
    number = 0
    with file:
        for batch in file.iter_batches(batch_size=PARQUET_ROWS, columns=names, use_threads=False):
            for values in batch.to_pylist():
                number += 1
                yield Row(number, {name.lower(): value for name, value in values.items()}), number / total
