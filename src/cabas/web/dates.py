"""Dates and times as a reader in Paris sees them; the data stays in UTC."""

from datetime import date, datetime
from functools import lru_cache

from babel.dates import format_date

from cabas.kit.clock import PARIS


def clock_time(moment: datetime, language: str) -> str:
    """``18 h 30`` in French, ``18:30`` elsewhere."""
    local = moment.astimezone(PARIS)
    if language == "fr":
        return f"{local.hour}\u00a0h\u00a0{local.minute:02d}" if local.minute else f"{local.hour}\u00a0h"
    return f"{local:%H:%M}"


@lru_cache(maxsize=4096)
def _day(day: date, language: str, pattern: str) -> str:
    return format_date(day, pattern, locale=language)


def day_in_words(day: date, language: str) -> str:
    """``mercredi 25 novembre 2026``."""
    return _day(day, language, "EEEE d MMMM y")


def long_day(moment: datetime, language: str) -> str:
    """``mercredi 25 novembre``."""
    return _day(moment.astimezone(PARIS).date(), language, "EEEE d MMMM")


def short_day(moment: datetime, language: str) -> str:
    """``mer. 25``."""
    return _day(moment.astimezone(PARIS).date(), language, "EEE d")


def span(start: datetime, end: datetime, language: str) -> str:
    """``18 h à 18 h 30``."""
    word = "à" if language == "fr" else "to"
    return f"{clock_time(start, language)} {word} {clock_time(end, language)}"


def short_slot(start: datetime, now: datetime, language: str) -> str:
    """The time alone today, the day and time otherwise."""
    if start.astimezone(PARIS).date() == now.astimezone(PARIS).date():
        return clock_time(start, language)
    return f"{short_day(start, language)}, {clock_time(start, language)}"


def full(moment: datetime, language: str) -> str:
    """``mercredi 25 novembre 2026 à 18 h 30``."""
    word = "à" if language == "fr" else "at"
    day = _day(moment.astimezone(PARIS).date(), language, "EEEE d MMMM y")
    return f"{day} {word} {clock_time(moment, language)}"
