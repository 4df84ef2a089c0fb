"""The export of a person's data as titled lists of names and values that a person can read."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cabas.kit.messages import Catalogue
from cabas.kit.money import format_cents
from cabas.web import dates


def readable(held: dict[str, Any], t: Catalogue) -> list[dict[str, Any]]:
    """Parts {title, count, rows}; a row is a list of {label, value}. Nothing that is held is left out."""
    parts = []
    for key, value in held.items():
        many = isinstance(value, list)
        rows = value if many else [value]
        parts.append(
            {
                "title": t(f"account.data_{key}"),
                "count": len(value) if many else "",
                "rows": [
                    [{"label": label, "value": text} for label, text in _lines(row, t, (key,))]
                    for row in rows
                ],
            }
        )
    return parts


def _lines(value: object, t: Catalogue, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _lines(inner, t, (*path, str(key)))
    elif isinstance(value, list):
        for number, inner in enumerate(value, 1):
            yield from _lines(inner, t, (*path, str(number)))
    else:
        named = path[1:] or path
        yield " › ".join(_name(key, t) for key in named), _text(path[-1], value, t)


def _name(key: str, t: Catalogue) -> str:
    """In the reader's language where we know it; otherwise the name that the file has."""
    message = f"account.key_{key}"
    return t(message) if message in t.keys else key


def _text(key: str, value: object, t: Catalogue) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return t("account.yes") if value else t("account.no")
    if isinstance(value, int) and key.endswith("_cents"):
        return format_cents(value, t.language)
    if isinstance(value, str) and (key == "at" or key.endswith("_at")):
        return _moment(value, t.language)
    return str(value)


def _moment(text: str, language: str) -> str:
    try:
        return dates.full(datetime.fromisoformat(text), language)
    except ValueError:
        return text
