"""
Token buckets in the memory of one process: limits that must cost the path they guard next to nothing.

They are per process and forgotten when it ends, so they bound what one source may take, not to the unit
(docs/decisions/0023). Limits that must be exact are rows: see `cabas.kit.limiter`.
"""

from collections import OrderedDict
from datetime import timedelta
from typing import Final

import msgspec

KEPT_MAX: Final = 20_000


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """``burst`` at once, then one more every ``period / burst``."""

    burst: int
    period: timedelta


class Buckets:
    """One bucket a key; the least used go first when there are too many, which is a full bucket again."""

    def __init__(self, rate: Rate, *, kept_max: int = KEPT_MAX) -> None:
        self._burst = float(rate.burst)
        self._per_second = rate.burst / rate.period.total_seconds()
        self._kept_max = kept_max
        self._of: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Key → (tokens, at), ``at`` in seconds of a monotonic clock."""

    def take(self, key: str, now: float) -> float:
        """One token. Returns 0.0, or in how many seconds there is one, in which case none is taken."""
        tokens, at = self._of.get(key, (self._burst, now))
        tokens = min(self._burst, tokens + max(now - at, 0.0) * self._per_second)
        if tokens < 1.0:
            return (1.0 - tokens) / self._per_second
        self._of[key] = (tokens - 1.0, now)
        self._of.move_to_end(key)
        if len(self._of) > self._kept_max:
            self._of.popitem(last=False)
        return 0.0
