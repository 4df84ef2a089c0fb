"""
Orders by store, channel and the hour slots start: the days of each store, shared out over their hours.

A day of a store holds enough to see its rhythm, an hour of it doesn't; the share of an hour is learnt from all
stores as far as the store's own orders say little.
"""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cabas.domain.forecast.method import Forecast, bounds, forecast
from cabas.domain.forecast.panel import BadPanel, Panel, Values

SHARE_WEEKS = 8.0
"""Weeks after which what was seen of the hours counts half."""
SHARE_OWN = 40.0
"""Orders (faded) of a weekday at which its own hours count as much as all stores' do."""
WEEK = 7
HOURS = 24
CHANNELS = ("drive", "delivery")
HISTORY = """
    select day, hour, store_id, (channel <> 'drive')::int as channel, orders
      from mart_slot_hour
     where day < ?"""
"""What `SlotHours.of` wants of the marts: the days that are over before the one given."""

Ints = NDArray[np.int64]


class SlotHours(NamedTuple):
    """
    The history, columns of one length: ``day`` since the first day (0, 1…), ``hour``, ``store_id``, ``channel``
    (place in `CHANNELS`), ``orders``. A row says that places were offered, even if nobody took one.
    """

    first: date
    day: Ints
    hour: Ints
    store_id: Ints
    channel: Ints
    orders: Values

    @classmethod
    def of(cls, columns: Mapping[str, NDArray[Any]]) -> "SlotHours":
        """:param columns: of `HISTORY`, ``day`` as datetime64. :raises BadPanel: no rows."""
        if not len(columns["day"]):
            raise BadPanel("the marts know no slots yet")
        days = columns["day"].astype("datetime64[D]")
        first = days.min()
        return cls(
            first.astype(date),
            (days - first).astype(np.int64),
            columns["hour"].astype(np.int64),
            columns["store_id"].astype(np.int64),
            columns["channel"].astype(np.int64),
            columns["orders"].astype(np.float64),
        )


class SlotForecast(NamedTuple):
    """``columns`` of one length: ``day hour store_id channel orders low high``; ``network`` is days × 1."""

    first: date
    columns: dict[str, NDArray[Any]]
    network: Forecast


def by_slot(
    history: SlotHours, days: int, *, begins: date | None = None, country: str = "FR"
) -> SlotForecast:
    """
    The `days` after the history, for each hour in which that weekday lately had places.

    :param begins: the first of them, if the days before it had no places; the day after the last known one otherwise.
    :raises BadPanel: less than two weeks of history.
    """
    steps = int(history.day.max()) + 1
    if begins is not None:
        steps = max(steps, (begins - history.first).days)
    if steps < 2 * WEEK:
        raise BadPanel(f"{steps} days of slots are known: two weeks are needed")
    keys, pair = np.unique(history.store_id * len(CHANNELS) + history.channel, return_inverse=True)
    store, channel = np.divmod(keys, len(CHANNELS))
    panel = _daily(history, pair, steps, [str(key) for key in keys])
    told = forecast(panel, days, country=country)
    network = forecast(_network(panel), days, country=country)
    share = _shares(history, pair, channel, steps)
    weekday = (steps + np.arange(days)) % WEEK
    mean = told.mean[:, :, None] * share[weekday]
    low, high = bounds(mean, told.moved[None, :, None])
    at_day, at_pair, at_hour = np.nonzero(share[weekday])
    first = history.first + timedelta(days=steps)
    chosen = (at_day, at_pair, at_hour)
    return SlotForecast(
        first,
        {
            "day": np.datetime64(first) + at_day,
            "hour": at_hour.astype(np.int16),
            "store_id": store[at_pair].astype(np.int32),
            "channel": np.array(CHANNELS)[channel[at_pair]],
            "orders": mean[chosen].round(3),
            "low": low[chosen].round(3),
            "high": high[chosen].round(3),
        },
        network,
    )


def _daily(history: SlotHours, pair: Ints, steps: int, names: list[str]) -> Panel:
    """A day without places says nothing about what is asked for when there are some."""
    place = history.day * len(names) + pair
    orders = np.bincount(place, history.orders, steps * len(names))
    offered = np.bincount(place, minlength=steps * len(names)) > 0
    values = np.where(offered, orders, np.nan).reshape(steps, len(names))
    return Panel(names, datetime.combine(history.first, time()), timedelta(days=1), values)


def _network(panel: Panel) -> Panel:
    return Panel(["network"], panel.start, panel.step, np.nansum(panel.values, axis=1, keepdims=True))


def _shares(history: SlotHours, pair: Ints, channel: Ints, steps: int) -> Values:
    """Weekday (from the history's first day on) × series × hour → share of the day; 0 where there are no places."""
    shape = (WEEK, len(channel), HOURS)
    place = (history.day % WEEK * shape[1] + pair) * HOURS + history.hour
    size = shape[0] * shape[1] * shape[2]
    fading = 0.5 ** ((steps - 1 - history.day) / (WEEK * SHARE_WEEKS))
    own = np.bincount(place, history.orders * fading, size).reshape(shape)
    lately = int(history.day.max()) + 1 - 4 * WEEK
    offered = np.bincount(place[history.day >= lately], minlength=size).reshape(shape) > 0
    common = np.zeros(shape)
    for name in np.unique(channel):
        its = channel == name
        common[:, its] = own[:, its].sum(axis=1, keepdims=True) + 1e-6
    common = np.where(offered, common, 0)
    common /= np.maximum(common.sum(axis=2, keepdims=True), 1e-12)
    mixed = np.where(offered, own + SHARE_OWN * common, 0)
    shares: Values = mixed / np.maximum(mixed.sum(axis=2, keepdims=True), 1e-12)
    return shares
