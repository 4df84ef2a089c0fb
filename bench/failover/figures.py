"""What the deaths of primaries cost, added over several runs."""

import statistics
from collections import Counter
from collections.abc import Sequence

import msgspec

from bench import measure
from bench.measure import Figure

LIMIT_SECONDS = 45.0
PAGES_ANSWERED_SHARE = 0.99
"""Within the reader's two seconds; a machine that hangs takes those of its first moment with it."""


class Fall(msgspec.Struct, frozen=True):
    """
    One death of a primary, in seconds from the kill; ``frozen``: it hung instead, and came back after.

    ``elected``: another node leads. ``recovered``: an order sent after the kill was acknowledged. ``pages`` were asked
    for in between, and ``read`` of them answered; the slowest took ``slowest``.
    """

    elected: float
    recovered: float
    pages: int
    read: int
    slowest: float
    frozen: bool
    failed_pages: list[str]


class Figures(msgspec.Struct, kw_only=True):
    """``bench/results/failover.json``; the names are those of the issue, more beside them."""

    failovers: int = 0
    frozen: int = 0
    """Of them, by a machine that hung."""

    rpo_orders: int = 0
    rto_p95_s: float = 0.0
    rto_median_s: float = 0.0
    rto_max_s: float = 0.0
    elected_median_s: float = 0.0
    orders: int = 0
    pages_meanwhile: int = 0
    pages_answered: int = 0
    slowest_page_s: float = 0.0
    ttl_s: int = 0
    pooled: bool = False
    """By PgBouncer, a connection for each transaction."""

    check_ok: bool = True
    recovered_s: list[float] = []
    elected_s: list[float] = []

    @property
    def good(self) -> bool:
        return (
            not self.rpo_orders
            and self.check_ok
            and self.rto_p95_s <= LIMIT_SECONDS
            and self.pages_answered >= PAGES_ANSWERED_SHARE * self.pages_meanwhile
        )


def told(falls: Sequence[Fall], *, lost: int, orders: int, breaches: Sequence[str], add: bool) -> Figures:
    """:param add: to those that were kept before."""
    figures = _kept() if add else Figures()
    figures.recovered_s += [round(one.recovered, 1) for one in falls]
    figures.elected_s += [round(one.elected, 1) for one in falls]
    figures.failovers = len(figures.recovered_s)
    figures.frozen += sum(one.frozen for one in falls)
    figures.rpo_orders += lost
    figures.orders += orders
    figures.pages_meanwhile += sum(one.pages for one in falls)
    figures.pages_answered += sum(one.read for one in falls)
    figures.slowest_page_s = round(max([figures.slowest_page_s, *(one.slowest for one in falls)]), 2)
    figures.rto_p95_s = _p95(figures.recovered_s)
    figures.rto_median_s = round(statistics.median(figures.recovered_s), 1)
    figures.rto_max_s = max(figures.recovered_s)
    figures.elected_median_s = round(statistics.median(figures.elected_s), 1)
    figures.check_ok = figures.check_ok and not breaches
    return figures


def show(figures: Figures, falls: Sequence[Fall], troubles: Counter[str], breaches: Sequence[str]) -> None:
    """A table for people, with what was answered meanwhile."""
    failed = Counter(page for one in falls for page in one.failed_pages)
    measure.show(
        "The primary killed under orders",
        [
            Figure(name="failovers", value=figures.failovers, unit=""),
            Figure(name="of them by a machine that hung", value=figures.frozen, unit=""),
            Figure(name="orders acknowledged", value=figures.orders, unit=""),
            Figure(name="orders lost", value=figures.rpo_orders, unit="", limit=0, wanted="0"),
            Figure(
                name="until orders are taken again, p95",
                value=figures.rto_p95_s,
                unit="s",
                limit=LIMIT_SECONDS,
                ratio=figures.rto_p95_s / LIMIT_SECONDS,
            ),
            Figure(name="the same, median", value=figures.rto_median_s, unit="s"),
            Figure(name="until another node leads, median", value=figures.elected_median_s, unit="s"),
            Figure(name="pages asked for meanwhile", value=figures.pages_meanwhile, unit=""),
            Figure(
                name="of them answered",
                value=figures.pages_answered,
                unit="",
                limit=figures.pages_meanwhile,
                ratio=figures.pages_answered / max(figures.pages_meanwhile, 1),
                wanted=f"≥ {PAGES_ANSWERED_SHARE:.0%}",
            ),
            Figure(name="the slowest page", value=figures.slowest_page_s, unit="s"),
        ],
        notes=[
            f"ttl {figures.ttl_s} s, {'by' if figures.pooled else 'without'} PgBouncer; nothing of ours was restarted",
            *(f"{count} × page {what}" for what, count in failed.most_common(5)),
            *(f"{count} × {what}" for what, count in troubles.most_common(8)),
            *breaches,
        ],
    )


def _p95(values: Sequence[float]) -> float:
    """The smallest value that 95 % of them don't exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * 95 // 100) - 1)]


def _kept() -> Figures:
    try:
        return msgspec.json.decode((measure.RESULTS / "failover.json").read_bytes(), type=Figures)
    except (OSError, msgspec.DecodeError):
        return Figures()
