"""Prices as shops write them, and the price per unit the law wants beside."""

from functools import lru_cache

from cabas.kit.money import round_half_up

UNIT_SIZE = {"kg": 1000, "l": 1000, "piece": 1}


@lru_cache(maxsize=65_536)
def shelf_price(cents: int) -> int:
    """The nearest price with a usual ending: 0,87 · 2,35 · 2,39 · 12,49 · 34,90."""
    if cents < 100:
        return max(cents, 9)
    if cents < 500:
        return _nearest(cents, (5, 9), 10)
    if cents < 2000:
        return _nearest(cents, (9, 29, 49, 79, 99), 100)
    return _nearest(cents, (50, 90), 100)


def unit_price(price_cents: int, *, net_quantity: int, basis: str) -> int:
    """Cents a kilogram, litre or piece, half up, at least one."""
    return max(1, round_half_up(price_cents * UNIT_SIZE[basis], net_quantity))


def _nearest(cents: int, endings: tuple[int, ...], period: int) -> int:
    base = cents // period * period
    candidates = [base + shift + ending for shift in (-period, 0, period) for ending in endings]
    return min(candidates, key=lambda price: (abs(price - cents), price))
