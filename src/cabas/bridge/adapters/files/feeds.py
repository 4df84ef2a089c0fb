"""
Feeds as files, CSV or fixed width, taken in the order of their names; ``full`` in a name says that it tells of all.

A table for each kind: ``files``, a pattern in the folder; ``fields``, which column (CSV, its first line names them) or
which width (``[["store", 12], ["ean", 14]]``) is what; ``encoding``; ``separator`` of a CSV file.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from cabas.bridge.port import BadOptions, FeedPage
from cabas.bridge.shapes import FeedKind, FeedMode, FeedRow

FIELDS = ("store", "gtin", "price", "stock", "back_on")


class _Told(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    files: str
    fields: dict[str, str] = {}
    widths: list[tuple[str, int]] = []
    encoding: str = "utf-8"
    separator: str = ";"


def feed_files(folder: Path, told: Mapping[str, Any]) -> "dict[FeedKind, FeedFiles]":
    """:raises BadOptions: a table can't be used."""
    try:
        tables = msgspec.convert(dict(told), dict[FeedKind, _Told])
    except msgspec.ValidationError as problem:
        raise BadOptions(f"feeds: {problem}") from problem
    return {kind: FeedFiles(folder, one) for kind, one in tables.items()}


class FeedFiles:
    """The files of one kind. A cursor: name, byte and line up to which it was read."""

    def __init__(self, folder: Path, told: _Told) -> None:
        self._folder, self._told = folder, told
        self._columns = told.fields or {name: name for name in FIELDS}

    def page(self, cursor: str, limit: int) -> FeedPage | None:
        """:raises OSError: a file can't be read."""
        name, offset, line = _cursor(cursor)
        files = self._files()
        if not files:
            return None
        path = next((one for one in files if one.name == name), files[0])
        if path.name != name:
            offset, line = 0, 0
        rows: list[FeedRow] = []
        with path.open("rb") as file:
            header = self._header(file.readline()) if not self._told.widths else []
            if offset == 0:
                offset, line = (file.tell(), 1) if header else (0, 0)
            file.seek(offset)
            while len(rows) < limit and (raw := file.readline()):
                line += 1
                if raw.strip():
                    rows.append(self._row(line, raw, header))
            offset = file.tell()
            last = not file.read(1)
        mode = FeedMode.FULL if "full" in path.name.lower() else FeedMode.DELTA
        if not rows and last:  # an empty file is no empty shop
            self.done(f"{path.name}:0:0")
            return None
        return FeedPage(rows=rows, cursor=f"{path.name}:{offset}:{line}", last=last, mode=mode)

    def done(self, cursor: str) -> None:
        name, _, _ = _cursor(cursor)
        for path in self._files():
            if path.name == name:
                target = path.parent / "done"
                target.mkdir(exist_ok=True)
                path.replace(target / name)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(self._told.files), key=lambda path: path.name)

    def _header(self, raw: bytes) -> list[str]:
        return next(csv.reader([self._text(raw)], delimiter=self._told.separator), [])

    def _row(self, line: int, raw: bytes, header: list[str]) -> FeedRow:
        text = self._text(raw)
        if self._told.widths:
            values = _cut(text, self._told.widths)
        else:
            fields = next(csv.reader([text], delimiter=self._told.separator), [])
            values = dict(zip(header, fields, strict=False))
        told = {ours: values.get(self._columns.get(ours, ""), "").strip() for ours in FIELDS}
        return FeedRow(row=line, **told)

    def _text(self, raw: bytes) -> str:
        text = raw.decode(self._told.encoding, errors="replace").replace("\x00", "")
        return text.removeprefix("\ufeff").rstrip("\r\n")


def _cut(text: str, widths: list[tuple[str, int]]) -> dict[str, str]:
    values, place = {}, 0
    for name, width in widths:
        values[name] = text[place : place + width]
        place += width
    return values


def _cursor(text: str) -> tuple[str, int, int]:
    name, _, rest = text.partition(":")
    offset, _, line = rest.partition(":")
    return name, int(offset or 0), int(line or 0)
