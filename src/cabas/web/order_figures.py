"""Orders accepted and refused, counted where shoppers order, and recorded in their trace."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from prometheus_client import Counter

from cabas.kit import tracing
from cabas.kit.errors import Busy, Refusal
from cabas.web.errors import OVERLOADED
from cabas.web.request import ReadOnly

_ACCEPTED: Final = Counter("cabas_orders_accepted", "Orders written; a retry of the same one counts once.")
_REPLAYED: Final = Counter("cabas_orders_replayed", "Answered again for a key that was known.")
_REFUSED: Final = Counter(
    "cabas_orders_refused",
    "Orders not written. Cause rule: a rule of the shop said no. Cause site: the site could not.",
    ("cause", "reason"),
)

# Known before they happen, so that the first one counts.
for _reason in ("busy", "internal", "late", "read_only"):
    _REFUSED.labels("site", _reason)


class Attempt:
    """One order that somebody tries to place."""

    def placed(self, *, created: bool) -> None:
        """It is written. ``created`` false: it was before."""
        (_ACCEPTED if created else _REPLAYED).inc()


@contextmanager
def attempt() -> Iterator[Attempt]:
    """Around the placing of one order, so that whatever ends it is counted."""
    try:
        with tracing.span("place order"):
            yield Attempt()
    except Refusal as refused:
        _refused("site" if isinstance(refused, Busy) else "rule", refused.code)
        raise
    except asyncio.CancelledError:  # its deadline has passed
        _refused("site", "late")
        raise
    except OVERLOADED as problem:
        _refused("site", "read_only" if isinstance(problem, ReadOnly) else "busy")
        raise
    except Exception:
        _refused("site", "internal")
        raise


def _refused(cause: str, reason: str) -> None:
    _REFUSED.labels(cause, reason).inc()
