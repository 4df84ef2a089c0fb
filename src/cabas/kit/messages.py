"""
Words in the reader's language: ICU MessageFormat catalogues, one folder a language,
one flat JSON file an area. A new language is a new folder.
"""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import msgspec
from icu4py.messageformat import MessageFormat

Argument = int | float | str | Decimal | date | datetime
_ARGUMENT_MARKS = ("{", "'")


class MissingMessage(LookupError):
    """A page asked for words that no catalogue holds."""


class Catalogue:
    """The messages of one language; falls back to the first language for a missing key."""

    def __init__(
        self, language: str, patterns: Mapping[str, str], fallback: "Catalogue | None" = None
    ) -> None:
        self.language = language
        self.keys = frozenset(patterns)
        self._fallback = fallback
        self._plain = {key: text for key, text in patterns.items() if not _has_arguments(text)}
        self._formats = {
            key: MessageFormat(text, language) for key, text in patterns.items() if key not in self._plain
        }

    def __call__(self, key: str, /, **arguments: Argument) -> str:
        plain = self._plain.get(key)
        if plain is not None:
            return plain
        pattern = self._formats.get(key)
        if pattern is not None:
            return pattern.format(arguments)
        if self._fallback is not None:
            return self._fallback(key, **arguments)
        raise MissingMessage(key)

    def plain(self, key: str) -> str | None:
        """The message, when it takes no argument; None for another or a missing one."""
        if key in self._formats or (key not in self._plain and self._fallback is None):
            return None
        text = self._plain.get(key)
        return text if text is not None or self._fallback is None else self._fallback.plain(key)


def load_catalogues(folder: Path, first: str = "fr") -> dict[str, Catalogue]:
    """
    ``folder/<language>/<area>.json`` → a catalogue a language.

    :raises ValueError: two files of a language hold the same key.
    """
    languages = sorted(
        (path.name for path in folder.iterdir() if path.is_dir()), key=lambda name: (name != first, name)
    )
    catalogues: dict[str, Catalogue] = {}
    for language in languages:
        patterns: dict[str, str] = {}
        for file in sorted((folder / language).glob("*.json")):
            for key, text in msgspec.json.decode(file.read_bytes(), type=dict[str, str]).items():
                if key in patterns:
                    raise ValueError(f"message {key!r} stands twice in {language}")
                patterns[key] = text
        catalogues[language] = Catalogue(language, patterns, catalogues.get(first))
    return catalogues


def _has_arguments(text: str) -> bool:
    return any(mark in text for mark in _ARGUMENT_MARKS)
