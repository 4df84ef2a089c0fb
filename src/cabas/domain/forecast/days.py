"""What a day does to all series alike: the time of the month, holidays, and days that were like no other."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import NamedTuple

import holidays
import numpy as np

from cabas.domain.forecast.panel import Panel, Values

MONTH_PARTS = (3, 6, 9, 12, 19, 25)
"""First days of the parts of a month after its first two days: wages come in at its beginning."""
EVE, DAY, AFTER = -1, 0, 1
DOUBT = 8.0
"""An effect seen n times counts n/(n + 8) of what was seen."""
EFFECT_MAX = 0.7
"""The most that one day says about an effect (log): ×2 or ÷2."""
NEARBY_DAYS = 28
SPREAD_TIMES = 3.0
SPREAD_LEAST = 0.25
CLOSED = -2.5
"""A day of less than a twelfth of the usual (log) was closed: it says nothing about others."""


class Learned(NamedTuple):
    """
    ``effect``: what each day's calendar multiplies by, the days after the history included.
    ``odd``: what else each day of the history was beyond a usual day (1: nothing).
    ``known``: whether a day of the history says anything.
    """

    effect: Values
    odd: Values
    known: Values


def learn(panel: Panel, horizon: int, country: str) -> Learned:
    """Look at all series together, for they share their days. Values are by step, not by day."""
    steps = len(panel.values)
    days = panel.days(steps + horizon)
    numbers = np.array([day.toordinal() for day in days])
    first, of_step = int(numbers[0]), numbers - numbers[0]
    calendar = [date.fromordinal(first + number) for number in range(int(of_step[-1]) + 1)]
    past = int(of_step[steps - 1]) + 1
    totals = np.bincount(of_step[:steps], weights=np.nansum(panel.values, axis=1), minlength=past)
    whole = np.bincount(of_step[:steps], minlength=past) == panel.per_day
    ratio = _usual(totals.astype(np.float64), first)
    open_days = ((ratio > CLOSED) & (totals > 0)) | ~whole
    telling = open_days & whole
    effect = _effects(np.where(telling, ratio, np.nan), calendar, country)
    rest = np.where(telling, ratio - effect[:past], 0.0)
    edge = max(SPREAD_TIMES * 1.4826 * float(np.median(np.abs(rest))), SPREAD_LEAST)
    odd = np.exp(rest - np.clip(rest, -edge, edge))
    return Learned(
        np.exp(effect)[of_step], odd[of_step[:steps]], open_days.astype(np.float64)[of_step[:steps]]
    )


def _usual(totals: Values, first: int) -> Values:
    """log(day / what that weekday was in the weeks around it); very low for a day without anything."""
    weekday = (np.arange(len(totals)) + first) % 7
    overall = max(float(totals.mean()), 1e-9)
    rhythm = np.array([_median(totals[weekday == day], overall) for day in range(7)]) / overall
    level = totals / np.maximum(rhythm, 0.02)[weekday]
    around = [
        _median(level[max(0, n - NEARBY_DAYS) : n + NEARBY_DAYS + 1], overall) for n in range(len(level))
    ]
    usual: Values = np.log(np.maximum(level, 1e-9) / np.maximum(around, 1e-9))
    return usual


def _median(values: Values, otherwise: float) -> float:
    return float(np.median(values)) if len(values) else otherwise


def _effects(ratio: Values, calendar: Sequence[date], country: str) -> Values:
    """Of each calendar day (log): its part of the month, then what holidays do beyond that."""
    past = len(ratio)
    part = np.searchsorted(MONTH_PARTS, [day.day for day in calendar], side="right")
    seen = np.clip(ratio, -EFFECT_MAX, EFFECT_MAX)
    of_part = np.array([_doubted(seen[part[:past] == number]) for number in range(len(MONTH_PARTS) + 1)])
    effect: Values = (of_part - of_part.mean())[part]
    near = _near_holidays(calendar, country)
    for side in (EVE, DAY, AFTER):
        those = [(number, name) for number, (name, at) in near.items() if at == side]
        rest = {number: float(seen[number] - effect[number]) for number, _ in those if number < past}
        common = _doubted(np.array(list(rest.values())))
        for number, name in those:
            own = [rest[other] for other, its in those if its == name and other in rest]
            own = [value for value in own if not np.isnan(value)]
            effect[number] += (sum(own) + 2 * common) / (len(own) + 2)
    return effect


def _doubted(values: Values) -> float:
    values = values[~np.isnan(values)]
    return float(values.sum() / (len(values) + DOUBT))


def _near_holidays(calendar: Sequence[date], country: str) -> dict[int, tuple[str, int]]:
    """Place in the calendar → (name of the holiday, before, on or after it); the day itself goes first."""
    named = {}
    for year in range(calendar[0].year, calendar[-1].year + 2):
        named.update(_holidays(country, year))
    near: dict[int, tuple[str, int]] = {}
    for side in (AFTER, EVE, DAY):
        for number, day in enumerate(calendar):
            name = named.get(day - timedelta(days=side))
            if name:
                near[number] = (name, side)
    return near


@cache
def _holidays(country: str, year: int) -> dict[date, str]:
    return dict(holidays.country_holidays(country, years=year, language=None))
