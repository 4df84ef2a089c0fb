"""
The method: level × weekly rhythm × effects of the day, from three memories, averaged.

Each factor is a figure that can be shown to a store's manager. Chosen by rolling back-tests on the public
series, where it beats ETS, Theta and CES (docs/algorithms/forecast.md).
"""

from typing import NamedTuple

import numpy as np

from cabas.domain.forecast import days
from cabas.domain.forecast.panel import Panel, Values

MEMORIES = ((6.0, 2.0), (16.0, 4.0), (40.0, 16.0))
"""Weeks after which what was seen counts half: for the rhythm, for the level."""
OWN_COUNT = 15.0
"""A series has half its own rhythm, half the common one, when a usual step of it holds so much."""
RANGE_SPREADS = 1.2816
"""80 % of what comes lies between so many spreads below and above."""


class Forecast(NamedTuple):
    """Steps × series: the mean, and the range that 8 of 10 values fall in; ``moved``: by series, see `bounds`."""

    mean: Values
    low: Values
    high: Values
    moved: Values


def seasonal_naive(panel: Panel, horizon: int) -> Values:
    """The last week again and again; what is unknown in it is taken from the weeks before."""
    week, values = panel.week, panel.values
    last = values[-week:].copy()
    back = 2
    while np.isnan(last).any() and back * week <= len(values):
        before = values[-back * week : len(values) - (back - 1) * week]
        last = np.where(np.isnan(last), before, last)
        back += 1
    repeated: Values = np.nan_to_num(last)[np.arange(horizon) % week]
    return repeated


def forecast(panel: Panel, horizon: int, *, country: str = "FR") -> Forecast:
    """
    The next `horizon` steps of each series. The same panel gives the same figures.

    :param panel: at least one week.
    :param country: whose holidays shoppers keep, ISO 3166.
    """
    learned = days.learn(panel, horizon, country)
    steps = len(panel.values)
    known = ~np.isnan(panel.values) * learned.known[:, None]
    usual = np.nan_to_num(panel.values) / (learned.effect[:steps] * learned.odd)[:, None]
    means, fits = [], []
    for rhythm_weeks, level_weeks in MEMORIES:
        rhythm, level = _factors(usual, known, panel.week, rhythm_weeks, level_weeks)
        means.append(level * rhythm[np.arange(horizon) % panel.week])
        fits.append(level * rhythm[(np.arange(steps) - steps) % panel.week])
    mean = np.mean(means, axis=0) * learned.effect[steps:, None]
    fit = np.mean(fits, axis=0)
    moved = _moved(usual, fit, known)
    return Forecast(mean, *bounds(mean, moved), moved)


def bounds(mean: Values, moved: Values) -> tuple[Values, Values]:
    """Low and high around `mean`, whose spread is √(mean + moved·mean²): single orders, and all together."""
    spread = RANGE_SPREADS * np.sqrt(mean + moved * mean**2)
    return np.maximum(mean - spread, 0), mean + spread


def _factors(
    usual: Values, known: Values, week: int, rhythm_weeks: float, level_weeks: float
) -> tuple[Values, Values]:
    """``rhythm``: week × series, mean 1, from the step that comes next; ``level``: by series."""
    steps, series = usual.shape
    weeks = -(-steps // week)
    missing = weeks * week - steps
    shape = (weeks, week, series)
    weight = np.concatenate([np.zeros((missing, series)), known]).reshape(shape)
    value = np.concatenate([np.zeros((missing, series)), usual]).reshape(shape) * weight
    age = np.arange(weeks)[::-1]
    fading = 0.5 ** (age / rhythm_weeks)
    common = _means(value.sum(axis=2, keepdims=True), weight.mean(axis=2, keepdims=True), fading)
    common = common / np.maximum(common.mean(axis=0), 1e-9)
    own = _means(value, weight, fading)
    seen = np.tensordot(fading, weight, 1) > 0
    count = own.sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    trust = count / (count + OWN_COUNT)
    own *= (common * seen).sum(axis=0) / np.maximum(own.sum(axis=0), 1e-9)
    rhythm = np.where(seen, trust * own + (1 - trust) * common, common)
    fading = 0.5 ** (age / level_weeks)
    asked = np.tensordot(fading, weight * rhythm, 1).sum(axis=0)
    level = np.tensordot(fading, value, 1).sum(axis=0) / np.maximum(asked, 1e-9)
    return rhythm, level


def _means(value: Values, weight: Values, fading: Values) -> Values:
    means: Values = np.tensordot(fading, value, 1) / np.maximum(np.tensordot(fading, weight, 1), 1e-9)
    return means


def _moved(usual: Values, fit: Values, known: Values) -> Values:
    """What moves all of a step's orders together, by series: 0 when only chance does."""
    lately = slice(len(usual) // 2, None)
    past, fitted, weight = usual[lately], fit[lately], known[lately]
    beyond = (weight * ((past - fitted) ** 2 - fitted)).sum(axis=0)
    moved: Values = np.maximum(beyond / np.maximum((weight * fitted**2).sum(axis=0), 1e-9), 0.0)
    return moved
