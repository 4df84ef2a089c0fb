"""
How a year of orders goes: how many each day, in which stores, and on which days everybody comes at once. Pure.

A day here is the day of the slot. Demand has a season (weeks), a weekday, growth, holidays and rushes.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

import holidays
import msgspec
import numpy as np
from numpy.typing import NDArray

from cabas.seed.chance import stream
from cabas.seed.shops import Shop

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

DAYS = 364 + 28
"""A year to the week, and four weeks more: so that a year's last weeks can be held against the year before."""

YEAR_DAYS = 364
RUSHES = 4
RUSH_FACTORS = (6.0, 9.0, 12.0, 8.0)
RUSH_FIRST_DAY, RUSH_SPACING = 70, 80
GROWTH_A_YEAR = 1.14
WEEKDAYS = (0.92, 0.86, 0.94, 1.0, 1.34, 1.42, 0.52)
"""Monday first: people collect before the weekend, and half of the stores are shut on Sundays."""

_SEASON = (
    (1, 0.97),
    (5, 1.0),
    (13, 1.03),
    (20, 1.0),
    (28, 0.9),
    (33, 0.82),
    (36, 1.04),
    (46, 1.02),
    (51, 1.24),
    (53, 0.95),
)
"""Anchors: ISO week and how it stands to the year; straight lines in between."""
HOLIDAY_FACTOR, EVE_FACTOR = 0.25, 1.25
NOISE = 0.04
FORMAT_WEIGHTS = {"hyper": 1.15, "super": 1.0, "contact": 0.8, "express": 0.9}
NEW_SHARE, NEW_SHARE_IN_RUSH = 0.045, 0.34
POOL_ORDERS = 26
"""A store's customers at the beginning: so many for an order a day."""


class Plan(msgspec.Struct, frozen=True):
    """
    ``demand[day, store]``: orders that people want for that slot day. ``newcomers``: the part of them who are new.

    ``pool[day, store]``: customers known before that day. ``rush``: the factor of the day, 1 on most.
    """

    first: date
    store_ids: Ints
    demand: Floats
    new_share: Floats
    pool: Floats
    rush: Floats

    @property
    def days(self) -> int:
        return len(self.rush)

    def day(self, number: int) -> date:
        return self.first + timedelta(days=number)


def plan(shops: Sequence[Shop], *, until: date, orders: int, seed: int) -> Plan:
    """The days that end the day before ``until``; about ``orders`` orders in the last `YEAR_DAYS` of them."""
    first = until - timedelta(days=DAYS)
    rush = _rushes(seed)
    shape = _shape(first, seed) * rush
    weights = _weights(shops, seed)
    demand = np.outer(shape * orders / shape[-YEAR_DAYS:].sum(), weights)
    new_share = np.where(rush > 1, NEW_SHARE_IN_RUSH, NEW_SHARE)
    arrivals = demand * new_share[:, None]
    pool = POOL_ORDERS * demand[:YEAR_DAYS].mean(axis=0) + np.vstack(
        [np.zeros(len(shops)), np.cumsum(arrivals, axis=0)[:-1]]
    )
    store_ids = np.array([shop.store_id for shop in shops], np.int64)
    return Plan(first, store_ids, demand, new_share, pool, rush)


def _shape(first: date, seed: int) -> Floats:
    """How each day stands to others, rushes left out."""
    draw = stream(seed, "history", "noise")
    days = [first + timedelta(days=number) for number in range(DAYS)]
    off = holidays.country_holidays("FR", years=range(first.year, first.year + 3))
    values = []
    for number, day in enumerate(days):
        factor = season(day) * WEEKDAYS[day.weekday()] * GROWTH_A_YEAR ** (number / YEAR_DAYS)
        if day in off:
            factor *= HOLIDAY_FACTOR
        elif day + timedelta(days=1) in off:
            factor *= EVE_FACTOR
        values.append(factor * math.exp(draw.gauss(0, NOISE)))
    return np.array(values)


def season(day: date) -> float:
    """How its week stands to the year's mean."""
    week = day.isocalendar().week
    for (left, low), (right, high) in pairwise(_SEASON):
        if left <= week <= right:
            return low + (high - low) * (week - left) / (right - left)
    raise AssertionError("the anchors hold weeks 1 to 53")


def _rushes(seed: int) -> Floats:
    """Factors by day: 1, and that of a rush on a few."""
    draw = stream(seed, "history", "rush")
    factors = np.ones(DAYS)
    for number, factor in enumerate(RUSH_FACTORS[:RUSHES]):
        factors[RUSH_FIRST_DAY + RUSH_SPACING * number + draw.randrange(7)] = factor
    return factors


def _weights(shops: Sequence[Shop], seed: int) -> Floats:
    """Each shop's part of the network."""
    values = []
    for shop in shops:
        draw = stream(seed, "history", "weight", shop.store_id)
        work = shop.preparation["pickers"] * shop.preparation["lines_per_picker_hour"]
        values.append(work * FORMAT_WEIGHTS[shop.format] * draw.uniform(0.7, 1.3))
    total = sum(values)
    return np.array([value / total for value in values])
