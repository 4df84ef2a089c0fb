"""How far off the forecast would have been: made again and again as it stood, held against what came."""

import msgspec
import numpy as np

from cabas.domain.forecast.method import forecast, seasonal_naive
from cabas.domain.forecast.panel import BadPanel, Panel, Values

ORIGINS_MAX = 60
LEAST_WEEKS = 2


class Backtest(msgspec.Struct, frozen=True, kw_only=True):
    """
    ``error``: WAPE, the sum of |forecast - truth| over the sum of the truth, all series, origins and steps.
    ``mase``: mean over series of the error over that of a week-ago guess within the first history.
    ``in_range``: share of the truth inside the range that should hold 80 %.
    """

    error: float
    error_seasonal_naive: float
    mase: float
    mase_seasonal_naive: float
    in_range: float
    series: int
    origins: int
    horizon: int

    @property
    def ratio(self) -> float:
        return self.error / self.error_seasonal_naive


def origins(steps: int, horizon: int, week: int) -> list[int]:
    """
    Rows known at each origin, the last as late as can be, over the second half of the rows.

    A horizon apart, a week at most; farther when there would be too many, but on all weekdays.

    :raises BadPanel: too few rows for one honest trial.
    """
    least = LEAST_WEEKS * week
    last = steps - horizon
    if horizon < 1 or last < least:
        raise BadPanel(f"{steps} rows are too few: {least + max(horizon, 1)} are needed for this horizon")
    first = min(last, max(least, steps // 2))
    apart = min(horizon, week)
    times = -(-(last - first + 1) // (apart * ORIGINS_MAX))
    apart *= times + (times > 1 and apart * times % week == 0)
    return list(range(last, first - 1, -apart))[::-1]


def backtest(panel: Panel, horizon: int, *, country: str = "FR") -> Backtest:
    """:raises BadPanel: too few rows, or nothing but noughts in what is to be forecast."""
    known = origins(len(panel.values), horizon, panel.week)
    misses, naive_misses, truths, inside = [], [], [], []
    for rows in known:
        past = msgspec.structs.replace(panel, values=panel.values[:rows])
        truth = panel.values[rows : rows + horizon]
        told = forecast(past, horizon, country=country)
        misses.append(np.abs(told.mean - truth))
        naive_misses.append(np.abs(seasonal_naive(past, horizon) - truth))
        truths.append(truth)
        low, high = np.floor(told.low), np.ceil(told.high)
        inside.append(np.where(np.isnan(truth), np.nan, (low <= truth) & (truth <= high)))
    asked = float(np.nansum(truths))
    error_naive = float(np.nansum(naive_misses)) / max(asked, 1e-9)
    if asked == 0 or error_naive == 0:
        raise BadPanel("nothing to forecast: the rows are noughts, or the same each week")
    scale = _scale(panel.values[: known[0]], panel.week)
    return Backtest(
        error=float(np.nansum(misses)) / asked,
        error_seasonal_naive=error_naive,
        mase=_scaled(np.array(misses), scale),
        mase_seasonal_naive=_scaled(np.array(naive_misses), scale),
        in_range=float(np.nanmean(inside)),
        series=len(panel.names),
        origins=len(known),
        horizon=horizon,
    )


def _scale(history: Values, week: int) -> Values:
    steps = np.abs(history[week:] - history[:-week])
    known = ~np.isnan(steps)
    scale: Values = np.nansum(steps, axis=0) / np.maximum(known.sum(axis=0), 1)
    return scale


def _scaled(misses: Values, scale: Values) -> float:
    """Over the series that have a scale and a truth; 0 when there is none."""
    known = (~np.isnan(misses)).sum(axis=(0, 1))
    usable = (scale > 0) & (known > 0)
    if not usable.any():
        return 0.0
    means = np.nansum(misses, axis=(0, 1))[usable] / known[usable]
    return float((means / scale[usable]).mean())
