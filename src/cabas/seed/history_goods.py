"""What a year's baskets are made of: products with their prices, how much they are asked for, and promotions. Pure."""

from collections.abc import Sequence
from datetime import date

import msgspec
import numpy as np

from cabas.seed.campaigns import FOOD_PERCENTS, OTHER_PERCENTS
from cabas.seed.chance import salt
from cabas.seed.history_plan import Floats, Ints
from cabas.seed.products import Product

LINE_CENTS = 258
"""What a line comes to on average, so that 11 million orders of 35 lines make a billion euros."""

PIECES, PIECES_ODDS = (1, 2, 3, 4, 6), (0.74, 0.17, 0.05, 0.02, 0.02)
GRAMS, GRAMS_ODDS = (200, 300, 500, 750, 1000, 1500), (0.1, 0.2, 0.35, 0.1, 0.2, 0.05)
PROMOTION_DAYS = 14
PROMOTED_PER_MILLE = 40
UPLIFT_A_PERCENT = 0.05
"""A promotion of 20 % doubles what is sold."""

SEASON_SWING = 0.25


class Goods(msgspec.Struct, frozen=True):
    """``odds``: how often a line is of this product on an ordinary day; ``percent_max`` 0: never promoted."""

    gtins: Ints
    prices: Ints
    by_weight: Ints
    aisles: Ints
    percent_max: Ints
    odds: Floats
    seed: int


class Shelf(msgspec.Struct, frozen=True):
    """A day's: ``ladder`` is the cumulated odds, ``percents`` the promotion of each product (0: none)."""

    ladder: Floats
    percents: Ints


def goods_of(products: Sequence[Product], *, seed: int) -> Goods:
    kept = [product for product in products if product.sellable]
    prices = np.array([product.price_cents for product in kept], np.int64)
    by_weight = np.array([product.sold_by == "weight" for product in kept], np.int64)
    asked = np.array([product.popularity for product in kept])
    cents = np.where(
        by_weight == 1, prices * _mean(GRAMS, GRAMS_ODDS) / 1000, prices * _mean(PIECES, PIECES_ODDS)
    )
    return Goods(
        gtins=np.array([product.gtin for product in kept], np.int64),
        prices=prices,
        by_weight=by_weight,
        aisles=np.array([product.category_id // 10000 for product in kept], np.int64),
        percent_max=np.array([product.discount_percent_max for product in kept], np.int64),
        odds=_cheaper_more_often(asked, cents),
        seed=seed,
    )


def shelf_of(goods: Goods, day: date) -> Shelf:
    """What is promoted that day, and how likely each product is."""
    fortnight = day.toordinal() // PROMOTION_DAYS
    lot = mixed(goods.gtins + salt(goods.seed, "promotion", fortnight))
    choices = np.array(sorted({*FOOD_PERCENTS, *OTHER_PERCENTS}))
    percents = choices[(lot // 1000) % len(choices)]
    promoted = (lot % 1000 < PROMOTED_PER_MILLE) & (percents <= goods.percent_max)
    percents = np.where(promoted, percents, 0)
    phase = 2 * np.pi * (day.timetuple().tm_yday / 365.25 + goods.aisles * 0.37)
    odds = goods.odds * (1 + SEASON_SWING * np.sin(phase)) * (1 + UPLIFT_A_PERCENT * percents)
    return Shelf(np.cumsum(odds) / odds.sum(), percents)


def label_of(percent: int) -> str:
    """As the shop writes it."""
    return f"−{percent} %" if percent else ""


def mixed(values: Ints) -> Ints:
    """
    Numbers that look drawn: the same for the same value, never negative.

    The finalizer of SplitMix64 (Steele, Lea, Flood 2014), without its last bit.
    """
    with np.errstate(over="ignore"):
        x = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    return (x >> np.uint64(1)).astype(np.int64)


def _mean(values: Sequence[int], odds: Sequence[float]) -> float:
    return sum(value * odd for value, odd in zip(values, odds, strict=True))


def _cheaper_more_often(asked: Floats, cents: Floats) -> Floats:
    """Odds with `LINE_CENTS` on average: what is asked for, the dearer the less."""
    low, high = 0.0, 4.0
    for _ in range(40):
        slope = (low + high) / 2
        odds = asked * cents**-slope
        odds /= odds.sum()
        low, high = (slope, high) if (odds * cents).sum() > LINE_CENTS else (low, slope)
    return odds
