"""The method on series whose truth is known: what it must find, what must not throw it off."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from cabas.domain.forecast import backtest as backtests
from cabas.domain.forecast.backtest import backtest, origins
from cabas.domain.forecast.method import forecast, seasonal_naive
from cabas.domain.forecast.panel import BadPanel, Panel, Values

DAY = timedelta(days=1)
RHYTHM = np.array([0.8, 0.7, 0.9, 1.0, 1.4, 1.6, 0.6])


def _panel(values: Values, *, start: str = "2025-01-06", step: timedelta = DAY) -> Panel:
    names = [str(number) for number in range(values.shape[1])]
    return Panel(names, datetime.fromisoformat(start), step, values)


def _shops(days: int, *, shops: int = 5, seed: int = 3) -> Values:
    usual = np.outer(RHYTHM[np.arange(days) % 7], np.linspace(10, 80, shops))
    return np.random.default_rng(seed).poisson(usual).astype(np.float64)


def test_a_rhythm_without_chance_goes_on() -> None:
    values = np.outer(RHYTHM[np.arange(70) % 7], [100.0, 1000.0])
    told = forecast(_panel(values), 14)
    assert told.mean == pytest.approx(np.outer(RHYTHM[np.arange(14) % 7], [100.0, 1000.0]), rel=0.02)
    assert (told.low < told.mean).all()
    assert (told.mean < told.high).all()


def test_the_same_history_gives_the_same_figures() -> None:
    panel = _panel(_shops(120))
    first, second = forecast(panel, 14), forecast(panel, 14)
    assert all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


def test_it_is_nearer_than_the_week_before() -> None:
    found = backtest(_panel(_shops(300)), 14)
    assert found.ratio < 0.85
    assert found.mase < found.mase_seasonal_naive
    assert 0.7 < found.in_range < 0.97
    assert (found.series, found.horizon) == (5, 14)


def test_hours_have_a_week_of_their_own() -> None:
    hours = np.maximum(0.2, np.sin(np.arange(24) / 24 * np.pi) * 2)
    usual = (RHYTHM[:, None] * hours).ravel() * 12
    values = np.random.default_rng(5).poisson(np.tile(usual, 12)).astype(np.float64)[:, None]
    panel = _panel(values, step=timedelta(hours=1))
    assert forecast(panel, 336).mean.shape == (336, 1)
    assert backtest(panel, 48).ratio < 0.85


def test_one_rush_changes_no_usual_day() -> None:
    values = _shops(140)
    calm = forecast(_panel(values), 14).mean
    values[-3] *= 12
    stirred = forecast(_panel(values), 14).mean
    assert stirred == pytest.approx(calm, rel=0.25)
    assert seasonal_naive(_panel(values), 14).max() > 5 * stirred.max()


def test_a_holiday_seen_before_is_known_again() -> None:
    """Armistice day of 2024 sold a third; that of 2025 is forecast below a usual Tuesday."""
    values = np.outer(np.ones(400), [100.0, 300.0])
    panel = _panel(values, start="2024-10-07")
    armistice = 35
    values[armistice] /= 3
    told = forecast(panel, 14).mean
    comes = (datetime(2025, 11, 11) - panel.start).days - len(values)  # noqa: DTZ001 - local
    assert comes == 0 or 0 < comes < 14
    assert told[comes, 0] < 0.85 * told[comes - 2, 0]
    assert forecast(panel, 14, country="DE").mean[comes, 0] > 1.1 * told[comes, 0]


def test_closed_days_and_unknown_ones_say_nothing() -> None:
    values = np.outer(RHYTHM[np.arange(140) % 7], [100.0, 200.0])
    usual = forecast(_panel(values.copy()), 7).mean
    values[60:67] = 0
    values[80:83] = np.nan
    assert forecast(_panel(values), 7).mean == pytest.approx(usual, rel=0.05)


def test_series_that_are_always_nought_stay_so() -> None:
    values = _shops(100)
    values[:, 2] = 0
    told = forecast(_panel(values), 14)
    assert told.mean[:, 2].max() == 0
    assert np.isfinite(told.high).all()


def test_sundays_off_stay_off() -> None:
    values = np.outer(np.array([1, 1, 1, 1, 1, 1, 0.0])[np.arange(140) % 7], [100.0, 200.0])
    assert forecast(_panel(values), 7).mean[6].max() == pytest.approx(0, abs=1e-6)


def test_origins_look_at_nothing_that_comes_after(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def looked(panel: Panel, horizon: int, *, country: str) -> object:
        seen.append(len(panel.values))
        return forecast(panel, horizon, country=country)

    monkeypatch.setattr(backtests, "forecast", looked)
    backtest(_panel(_shops(100)), 14)
    assert seen == origins(100, 14, 7) == [51, 58, 65, 72, 79, 86]


def test_many_origins_fall_on_all_hours_and_days() -> None:
    known = origins(24 * 300, 1, 168)
    assert len(known) <= backtests.ORIGINS_MAX
    assert len({rows % 7 for rows in origins(3000, 1, 7)}) == 7
    assert known[-1] == 24 * 300 - 1


def test_too_little_is_refused() -> None:
    with pytest.raises(BadPanel, match="too few"):
        backtest(_panel(_shops(20)), 14)
    with pytest.raises(BadPanel, match="nothing to forecast"):
        backtest(_panel(np.zeros((60, 2))), 7)
