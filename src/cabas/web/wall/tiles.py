"""
The wall in words and numbers: plain values for its template.

A tile is ``{key, title, value, unit, state, kind "" | "warn" | "ko", lines [str], age (seconds), stale_after, …}``:
dull when all is well; its state is said in a word as well as by its colour.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from cabas.domain.ladder.model import Level
from cabas.kit.messages import Catalogue
from cabas.web.wall.snapshot import SLOW, Now, Sold

STALE_SECONDS = 10
SOLD_WARN, SOLD_KO = 80, 95
BUSY_WARN = 80
PENDING_WARN_SECONDS, PENDING_KO_SECONDS = 30, 120
BAR_HEIGHT = 40


def all_of(
    now: Now, sold: Sold, *, ages: tuple[timedelta, timedelta], at: datetime, t: Catalogue
) -> list[dict[str, Any]]:
    fresh, slow = (max(0, round(age.total_seconds())) for age in ages)
    tiles = (
        _pace(now, sold, t),
        _ladder(now, t),
        _room(now, at, t),
        _receipts(now, t),
        _places(sold, t),
    )
    return [
        {
            "lines": [],
            "bars": [],
            "regions": [],
            "unit": "",
            "age": slow if tile["key"] == "places" else fresh,
            "stale_after": STALE_SECONDS + (SLOW.seconds if tile["key"] == "places" else 0),
            "title": t(f"wall.{tile['key']}"),
            **tile,
        }
        for tile in tiles
    ]


def _pace(now: Now, sold: Sold, t: Catalogue) -> dict[str, Any]:
    rate = now.pace.per_second
    return {
        "key": "pace",
        "value": t("wall.decimal", n=round(rate, 1)) if rate < 100 else t("wall.count", n=round(rate)),
        "unit": t("wall.orders_per_second"),
        "state": t("wall.minute", n=now.pace.minute),
        "kind": "",
        "lines": [t("wall.today", n=sold.orders_today)],
        "bars": _bars(now.pace.bars),
    }


def _bars(counts: Sequence[int]) -> list[dict[str, int]]:
    top = max(*counts, 1)
    heights = [-(-BAR_HEIGHT * count // top) for count in counts]
    return [
        {"x": number * 4, "y": BAR_HEIGHT - height, "height": height} for number, height in enumerate(heights)
    ]


def _ladder(now: Now, t: Catalogue) -> dict[str, Any]:
    worst = max(now.processes, key=lambda one: one.level, default=None)
    if worst is None:
        return {"key": "ladder", "value": "–", "state": t("wall.no_process"), "kind": "ko"}
    in_flight, limit = (
        sum(one.in_flight for one in now.processes),
        round(sum(one.limit_now for one in now.processes)),
    )
    busy = 100 * in_flight // limit if limit else 0
    kind = "ko" if worst.level >= Level.LAST_COPIES else "warn" if worst.level or busy >= BUSY_WARN else ""
    return {
        "key": "ladder",
        "value": f"L{worst.level}",
        "state": t(f"overload.console_word_{worst.reason}"),
        "kind": kind,
        "lines": [
            t("wall.in_flight", n=in_flight, limit=limit),
            t("wall.goodput", n=round(sum(one.goodput_per_s for one in now.processes))),
            t("wall.queued", n=sum(one.queued for one in now.processes), processes=len(now.processes)),
        ],
    }


def _room(now: Now, at: datetime, t: Catalogue) -> dict[str, Any]:
    event = now.room.event
    if event is None:
        return {"key": "room", "value": t("wall.count", n=0), "state": t("wall.room_closed"), "kind": ""}
    guards = event.guards(at)
    waiting = max(sum(now.room.joined.values()) - round(event.called), 0)
    return {
        "key": "room",
        "value": t("wall.count", n=waiting),
        "state": t("wall.room_open" if guards else "wall.room_before"),
        "kind": "warn" if guards else "",
        "lines": [
            t("wall.admitted", n=round(event.per_second)),
            t("wall.inside", n=now.room.counts.exchanged, ordered=now.room.counts.finished),
        ],
    }


def _receipts(now: Now, t: Catalogue) -> dict[str, Any]:
    backlog = now.backlog
    oldest = round(backlog.oldest_seconds)
    late = backlog.receipts_late
    kind = "ko" if late or oldest >= PENDING_KO_SECONDS else "warn" if oldest >= PENDING_WARN_SECONDS else ""
    return {
        "key": "receipts",
        "value": t("wall.count", n=late),
        "unit": t("wall.late_unit"),
        "state": t("wall.late_stores", n=backlog.stores_late) if late else t("wall.all_received"),
        "kind": kind,
        "lines": [t("wall.pending", n=backlog.pending, seconds=oldest)],
    }


def _places(sold: Sold, t: Catalogue) -> dict[str, Any]:
    capacity = sum(one.capacity for one in sold.regions)
    taken = sum(one.taken for one in sold.regions)
    percent = 100 * taken // capacity if capacity else 0
    return {
        "key": "places",
        "value": t("wall.percent", n=percent),
        "unit": t("wall.sold"),
        "state": t("wall.places_of", taken=taken, capacity=capacity),
        "kind": _sold_kind(percent),
        "regions": [
            {
                "name": one.region,
                "percent": one.sold_percent,
                "text": t("wall.percent", n=one.sold_percent),
                "left": t("wall.left", n=one.capacity - one.taken),
                "kind": _sold_kind(one.sold_percent),
            }
            for one in sold.regions
        ],
    }


def _sold_kind(percent: int) -> str:
    return "ko" if percent >= SOLD_KO else "warn" if percent >= SOLD_WARN else ""
