"""
The opening: every night at 00:00 (Paris) the slots of one more day open. From 20:00 the home page says
which day, and counts down by the server's clock; until 00:30 it says they are open.
"""

from datetime import datetime, time, timedelta
from typing import Any

import msgspec

from cabas.kit.clock import PARIS, paris_midnight
from cabas.kit.messages import Catalogue
from cabas.policies import DEFAULTS
from cabas.web.dates import long_day

STRIP_FROM, STRIP_UNTIL = time(20), time(0, 30)


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """``opens_at``: the midnight; ``[day_starts, day_ends)``: the day whose slots open. All UTC."""

    opens_at: datetime
    day_starts: datetime
    day_ends: datetime
    open: bool


def opening_of(now: datetime) -> Opening:
    """The opening a shopper is getting ready for: the next one, or that of the last half-hour."""
    local = now.astimezone(PARIS)
    after = local.time() < STRIP_UNTIL
    day = local.date() if after else local.date() + timedelta(days=1)
    opened_day = day + timedelta(days=DEFAULTS.booking_days)
    return Opening(
        opens_at=paris_midnight(day),
        day_starts=paris_midnight(opened_day),
        day_ends=paris_midnight(opened_day + timedelta(days=1)),
        open=after,
    )


def opening_near(now: datetime) -> Opening | None:
    """The opening that is near enough to be talked about, or None in the day."""
    if STRIP_UNTIL <= now.astimezone(PARIS).time() < STRIP_FROM:
        return None
    return opening_of(now)


def strip_values(now: datetime, t: Catalogue) -> dict[str, Any] | None:
    """For `home.html`; None when midnight is far."""
    opening = opening_near(now)
    if opening is None:
        return None
    return {**clock_values(opening, now, t), "day": long_day(opening.day_starts, t.language)}


def clock_values(opening: Opening, now: datetime, t: Catalogue) -> dict[str, Any]:
    """What a countdown needs: both instants by the server's clock, and the time left in words."""
    minutes = max(int((opening.opens_at - now).total_seconds()) // 60, 0)
    return {
        "open": opening.open,
        "left": t("home.midnight_left", hours=minutes // 60, minutes=minutes % 60),
        "opens_at": opening.opens_at.isoformat(),
        "server_now": now.isoformat(),
    }
