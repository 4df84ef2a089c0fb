"""Reads a row's values whatever their type: CSV text, JSON values, Parquet lists of texts by language."""

import html
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from cabas.kit.text import clean_line, search_key

TEXT_MAX = 10_000
LIST_MAX = 100
_LANGUAGES = ("fr", "main", "en")
_YES = frozenset({"1", "true", "yes", "y", "oui", "o", "vrai", "x"})
_NO = frozenset({"0", "false", "no", "n", "non", "faux"})


class Fields:
    """What a row says, by column. A column may have several names: the first that says something counts."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def raw(self, *names: str) -> Any:
        """The first value that isn't empty, as it came; None when there is none."""
        for name in names:
            value = self._values.get(name)
            if value is not None and value != "" and value != []:
                return value
        return None

    def text(self, *names: str, length_max: int = TEXT_MAX) -> str:
        """One clean line; "" when nothing is said."""
        for name in names:
            told = self._values.get(name)
            if told and (value := clean_line(_words(told)[:length_max])):
                return value
        return ""

    def texts(self, *names: str) -> list[str]:
        """A list, or a text of values apart by commas."""
        value = self.raw(*names)
        items = value if isinstance(value, list) else str(value or "").split(",")
        return [cleaned for item in items[:LIST_MAX] if (cleaned := clean_line(_words(item)))]

    def number(self, *names: str) -> Decimal | None:
        """A number, with a decimal comma or point; None when nothing is said or it isn't one."""
        value = self.raw(*names)
        return None if value is None else decimal_of(str(value))

    def flag(self, *names: str) -> bool | None:
        """Yes or no in English or French; None when nothing is said."""
        word = search_key(str(self.raw(*names) or ""))
        return True if word in _YES else False if word in _NO else None


def decimal_of(text: str) -> Decimal | None:
    """``1 234,50`` → 1234.50; None when it isn't a finite number."""
    bare = text.strip().replace("\u00a0", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
    try:
        number = Decimal(bare)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < 10**15 else None


def _words(value: Any) -> str:
    """Text of a value; of a list by language (``{lang, text}``) the French, else the main, else the English."""
    if isinstance(value, str):
        return html.unescape(value) if "&" in value else value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        told = {str(item.get("lang")): item.get("text") for item in value if isinstance(item, dict)}
        return str(next((told[language] for language in _LANGUAGES if told.get(language)), "") or "")
    return "" if isinstance(value, dict) else str(value)
