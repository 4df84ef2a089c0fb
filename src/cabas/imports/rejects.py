"""
The file beside the import's: which rows did not go in, or went in without being for sale, and why.

Rows are written before their batch is committed; an interrupted import takes away those beyond its
position before it goes on, so that each row is told once.
"""

import csv
import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec

from cabas.imports.files import Unreadable

HEADER = ("row", "outcome", "reason", "message", "key")
REJECTED, NOT_SELLABLE = "rejected", "not_sellable"


class Note(msgspec.Struct, frozen=True):
    """``reason``: a code, or several with spaces between when the row went in but isn't for sale."""

    row: int
    outcome: str
    reason: str
    message: str
    key: str = ""


class Rejects:
    """Notes in a CSV file, counted by reason. The file is made with its first note."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.by_reason: dict[str, Counter[str]] = {REJECTED: Counter(), NOT_SELLABLE: Counter()}
        self.rows: Counter[str] = Counter()

    def begin(self, *, after: int) -> None:
        """
        Keep what is told of rows up to ``after`` (0: a fresh start), drop the rest.

        :raises Unreadable: the file is somebody else's, or can't be written.
        """
        try:
            kept = [note for note in self._read() if note.row <= after]
            self._count(kept)
            if kept:
                fresh = self.path.with_name(f"{self.path.name}.new")
                self._append(fresh, kept)
                fresh.replace(self.path)
            else:
                self.path.unlink(missing_ok=True)
        except OSError as problem:
            raise Unreadable(f"{self.path}: {problem.strerror}; name another file by --rejects") from problem

    def add(self, notes: list[Note]) -> None:
        """Write them, safely on disk before this returns."""
        if notes:
            self._append(self.path, notes)
            self._count(notes)

    def _read(self) -> Iterable[Note]:
        if not self.path.exists():
            return []
        with self.path.open(newline="", encoding="utf-8", errors="replace") as file:
            rows = csv.reader(line.replace("\x00", "") for line in file)
            if tuple(next(rows, ())) != HEADER:
                raise Unreadable(f"{self.path} is not a list of rejected rows: name another by --rejects")
            return [
                Note(int(row[0]), *row[1:]) for row in rows if len(row) == len(HEADER) and row[0].isdigit()
            ]

    def _append(self, path: Path, notes: Iterable[Note]) -> None:
        try:
            with path.open("a", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                if file.tell() == 0:
                    writer.writerow(HEADER)
                writer.writerows(msgspec.structs.astuple(note) for note in notes)
                file.flush()
                os.fsync(file.fileno())
        except OSError as problem:
            raise Unreadable(f"{path}: {problem.strerror}; name another file by --rejects") from problem

    def _count(self, notes: Iterable[Note]) -> None:
        for note in notes:
            self.rows[note.outcome] += 1
            self.by_reason[note.outcome].update(note.reason.split())
