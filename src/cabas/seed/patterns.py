"""The week of slots of each drive, with capacities that follow from its work."""

import random
from collections.abc import Iterator, Sequence
from datetime import time

from cabas.domain.slots.calendar import PatternRow
from cabas.domain.slots.model import Channel
from cabas.seed.chance import stream
from cabas.seed.shops import Shop

MEAN_LINES_PER_ORDER = 38
DRIVE_CUTOFF_MINUTES = 120
DELIVERY_CUTOFF_MINUTES = 180
DELIVERY_MINUTES = 120
DELIVERY_SHARE = 0.3
"""Of what a store can prepare, what its vans can take along."""
PEAK = range(17, 19)
PEAK_FEE_CENTS = 100
PEAK_FEE_SHARE = 0.12
FIRST_SLOT_AFTER_MINUTES = 30


def slot_capacity(*, pickers: int, lines_per_picker_hour: int, minutes: int, share: float = 1.0) -> int:
    """Orders that can be prepared in so many minutes: at least one."""
    lines = pickers * lines_per_picker_hour * minutes / 60 * share
    return max(1, int(lines // MEAN_LINES_PER_ORDER))


def slot_patterns(shops: Sequence[Shop], *, seed: int) -> Iterator[PatternRow]:
    """Drive slots inside opening hours, Monday to Saturday and some Sundays; delivery by two hours."""
    for shop in shops:
        if not shop.has_drive:
            continue
        draw = stream(seed, "pattern", shop.store_id)
        yield from _drive(draw, shop)
        if shop.delivers:
            yield from _delivery(shop)


def _drive(draw: random.Random, shop: Shop) -> Iterator[PatternRow]:
    minutes = 30 if shop.format == "hyper" or draw.random() < 0.25 else 60
    peak_fee = PEAK_FEE_CENTS if draw.random() < PEAK_FEE_SHARE else 0
    sundays = draw.random() < 0.5
    capacity = _capacity(shop, minutes)
    for weekday in range(1, 8 if sundays else 7):
        for starts_at, ends_at in _spans(shop, weekday, minutes):
            yield PatternRow(
                store_id=shop.store_id,
                channel=Channel.DRIVE,
                weekday=weekday,
                starts_at=starts_at,
                ends_at=ends_at,
                capacity=capacity,
                fee_cents=peak_fee if weekday <= 5 and starts_at.hour in PEAK else 0,
                cutoff_minutes=DRIVE_CUTOFF_MINUTES,
            )


def _delivery(shop: Shop) -> Iterator[PatternRow]:
    capacity = _capacity(shop, DELIVERY_MINUTES, DELIVERY_SHARE)
    for weekday in range(1, 7):
        for starts_at, ends_at in _spans(shop, weekday, DELIVERY_MINUTES):
            yield PatternRow(
                store_id=shop.store_id,
                channel=Channel.DELIVERY,
                weekday=weekday,
                starts_at=starts_at,
                ends_at=ends_at,
                capacity=capacity,
                fee_cents=0,
                cutoff_minutes=DELIVERY_CUTOFF_MINUTES,
            )


def _capacity(shop: Shop, minutes: int, share: float = 1.0) -> int:
    work = shop.preparation
    return slot_capacity(
        pickers=work["pickers"],
        lines_per_picker_hour=work["lines_per_picker_hour"],
        minutes=minutes,
        share=share,
    )


def _spans(shop: Shop, weekday: int, minutes: int) -> Iterator[tuple[time, time]]:
    """Whole spans on round hours within the day's opening hours."""
    for opens, closes in shop.opening_hours[str(weekday)]:
        start = -(-(_minutes(opens) + FIRST_SLOT_AFTER_MINUTES) // 30) * 30
        while start + minutes <= _minutes(closes):
            yield _time(start), _time(start + minutes)
            start += minutes


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def _time(minutes: int) -> time:
    return time(minutes // 60, minutes % 60)
