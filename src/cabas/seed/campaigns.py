"""
Promotions: sixty campaigns around a day, within the caps of the Egalim laws.

Food and pet food are reduced by a third at most, other goods by 40 %; what no law lets be reduced is
in no class. The word that article L443-1 forbids for food is never used.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import IntEnum

import msgspec

from cabas.kit.clock import paris_midnight
from cabas.seed.chance import stream

CURRENT, PAST, COMING = 40, 10, 10
FOOD_PERCENTS = (10, 15, 20, 25, 30, 34)
OTHER_PERCENTS = (20, 25, 30, 35, 40)


class Reach(IntEnum):
    """Which goods may carry a campaign."""

    NOTHING = 0
    WEIGHED = 1
    FOOD = 2
    OTHER = 3


class Campaign(msgspec.Struct, frozen=True):
    promotion_id: int
    kind: str
    terms: dict[str, int]
    label: str
    starts_at: datetime
    ends_at: datetime
    reach: Reach


def reach_of(*, discount_percent_max: int, sold_by: str) -> Reach:
    if discount_percent_max == 0:
        return Reach.NOTHING
    if sold_by == "weight":
        return Reach.WEIGHED
    return Reach.OTHER if discount_percent_max == max(OTHER_PERCENTS) else Reach.FOOD


def campaigns(*, day: date, seed: int) -> Iterator[Campaign]:
    """Most run now, from at most three days ago to at most ten days ahead; then past and coming ones."""
    for number in range(1, CURRENT + PAST + COMING + 1):
        draw = stream(seed, "campaign", number)
        if number <= CURRENT:
            first, last = -draw.randint(0, 3), draw.randint(4, 10)
        elif number <= CURRENT + PAST:
            first, last = -draw.randint(20, 30), -draw.randint(4, 12)
        else:
            first, last = draw.randint(3, 7), draw.randint(10, 18)
        reach = (Reach.FOOD, Reach.OTHER, Reach.WEIGHED)[number % 3]
        bundle = reach != Reach.WEIGHED and draw.random() < 0.3
        percent = draw.choice(OTHER_PERCENTS if reach == Reach.OTHER else FOOD_PERCENTS)
        yield Campaign(
            promotion_id=number,
            kind="n_for_m" if bundle else "percentage",
            terms={"take": 3, "pay": 2} if bundle else {"percent": percent},
            label="3 pour 2" if bundle else f"−{percent} %",
            starts_at=paris_midnight(day + timedelta(days=first)),
            ends_at=paris_midnight(day + timedelta(days=last)),
            reach=reach,
        )
