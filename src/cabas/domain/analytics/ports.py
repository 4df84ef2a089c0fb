"""What analytics needs from outside."""

from datetime import date
from typing import Protocol

from cabas.domain.analytics.facts import Dataset, Rows


class FactFiles(Protocol):
    """Where facts are written to."""

    async def write(self, dataset: Dataset, *, day: date, name: str, rows: Rows) -> int:
        """
        Write one whole file, or replace the one of that name; returns its bytes. Nobody ever sees a half.

        :raises FilesUnreachable: it can't be written now; ask again later.
        """
        ...


class FilesUnreachable(ConnectionError):
    """The storage doesn't answer, or refuses us."""
