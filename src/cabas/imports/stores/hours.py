"""Opening hours as OpenStreetMap writes them: ``Mo-Fr 08:30-12:30,14:00-19:30; Sa 08:30-20:00; Su off``."""

import re

from cabas.domain.stores.managing import BadHours, read_spans
from cabas.imports.rejection import Rejected

Hours = dict[str, list[list[str]]]
_DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_RULE = re.compile(r"((?:(?:mo|tu|we|th|fr|sa|su|ph|sh)[-,\s]*)+)?(.*)", re.DOTALL)
_CLOSED = ("off", "closed")
_HOLIDAYS = ("ph", "sh")
LENGTH_MAX = 500


def read_hours(text: str) -> Hours:
    """
    Spans by ISO weekday, ``{"1": [["08:30", "20:00"]], … "7": []}``. A later rule counts for its days;
    days no rule names are closed; rules for holidays only are passed over (closures are kept apart).

    :raises Rejected: months, sunsets, spans past midnight and whatever else can't be read.
    """
    plain = text.strip().lower()
    hours: Hours = {str(day): [] for day in range(1, 8)}
    if plain == "24/7":
        return {day: [["00:00", "24:00"]] for day in hours}
    try:
        for rule in filter(None, (part.strip() for part in plain[:LENGTH_MAX].split(";"))):
            match = _RULE.fullmatch(rule)
            if match is None:
                raise BadHours
            spans = _spans(match[2].strip())
            for day in _days(match[1]):
                hours[day] = spans
    except BadHours as problem:
        raise Rejected("bad_opening_hours", f"The opening hours {text[:80]!r} can't be read.") from problem
    return hours


def _spans(text: str) -> list[list[str]]:
    if text in _CLOSED:
        return []
    spans = read_spans(re.sub(r"\b(\d):", r"0\1:", text))
    if not spans:
        raise BadHours
    return spans


def _days(text: str | None) -> list[str]:
    """``mo-we, sa`` → 1 2 3 6; none told: all days."""
    if text is None:
        return [str(day) for day in range(1, 8)]
    days: list[str] = []
    for part in filter(None, re.split(r"[,\s]+", re.sub(r"\s*-\s*", "-", text.strip()))):
        first, _, last = part.partition("-")
        if part in _HOLIDAYS:
            continue
        if first not in _DAYS or (last and last not in _DAYS):
            raise BadHours
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        days += [str((start + step) % 7 + 1) for step in range((end - start) % 7 + 1)]
    return days
