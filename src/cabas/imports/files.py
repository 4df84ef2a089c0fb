"""A file's bytes as lines of bounded length, plain or gzip, and its fingerprint."""

import gzip
import hashlib
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

LINE_BYTES_MAX = 1_000_000
"""A line, or a CSV record over several lines, that is longer is refused; the next is read."""
_GZIP = b"\x1f\x8b"
_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")


class Unreadable(Exception):
    """Nothing can be read from this file; the message says why."""


class CutShort(Exception):
    """The file ends before its end: the rest of it is missing."""


class Source:
    """An open file. ``done``: bytes read of ``size`` (compressed ones when it is compressed)."""

    def __init__(self, raw: IO[bytes], size: int) -> None:
        self._raw = raw
        self.size = size
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        # No larger buffer around it: of damaged data, what is in a buffer would be lost.
        self._stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if packed else raw

    @property
    def done(self) -> int:
        return min(self._raw.tell(), self.size)

    def lines(self) -> Iterator[bytes | None]:
        """
        Each line without its end; None for one that is too long.

        :raises CutShort: the compressed data end early or are damaged.
        :raises Unreadable: the text is UTF-16.
        """
        first = True
        while True:
            line = self._bounded_line()
            if line == b"":
                return
            if first and line is not None:
                if line.startswith(_WIDE_BOMS):
                    raise Unreadable("the text is UTF-16: save it as UTF-8")
                line = line.removeprefix(_BOM)
            first = False
            yield line if line is None else line.rstrip(b"\r\n")

    def _bounded_line(self) -> bytes | None:
        line = self._read()
        if len(line) <= LINE_BYTES_MAX or line.endswith(b"\n"):
            return line
        while line and not line.endswith(b"\n"):
            line = self._read()
        return None

    def _read(self) -> bytes:
        try:
            return self._stream.readline(LINE_BYTES_MAX + 1)
        except (EOFError, gzip.BadGzipFile, zlib.error) as problem:
            raise CutShort from problem


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """
    :raises Unreadable: it isn't there, isn't a file or may not be read.
    """
    try:
        raw = path.open("rb")
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror}") from problem
    with raw:
        yield Source(raw, path.stat().st_size)


def fingerprint(path: Path) -> str:
    """
    SHA-256 of all its bytes: a file with one price changed is another file.

    :raises Unreadable: it can't be read, or is empty.
    """
    try:
        with path.open("rb") as raw:
            digest = hashlib.file_digest(raw, "sha256").hexdigest()
            if raw.tell() == 0:
                raise Unreadable(f"{path}: the file is empty")
            return digest
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror}") from problem


def text_of(line: bytes) -> str:
    """UTF-8, else the Western European of Windows and Latin-1; NUL bytes are dropped."""
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        try:
            text = line.decode("cp1252")
        except UnicodeDecodeError:
            text = line.decode("latin-1")
    return text.replace("\x00", "") if "\x00" in text else text
