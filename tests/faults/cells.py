"""
What each thing that is asked of an outside service is answered under each fault of it.

last   the last balance known, with the time it was known
none   nothing: none is known
no     `Unavailable` within the deadline; asked again once the service is back, with the same key, it is done once
once   nothing at all is felt: it waits in the outbox, and is done once when the service is back
"""

from typing import Final

import msgspec

TABLE: Final = """
              latency  error  hang  reset  half  wrong  drip
known         last     last   last  last   last  last   last
unknown       none     none   none  none   none  none   none
earn          once     once   once  once   once  once   once
spend         once     once   once  once   once  once   once
reserve       no       no     no    no     no    no     no
find          no       no     no    no     no    no     no
create        no       no     no    no     no    no     no
consents      no       no     no    no     no    no     no
erase         once     once   once  once   once  once   once
"""

DOES: Final = frozenset({"earn", "spend", "reserve", "create", "consents", "erase"})
"""Changes something: also with the fault after it was done, so that only the answer is lost."""


class Cell(msgspec.Struct, frozen=True):
    """``effect``: it is done, and then the answer suffers."""

    asked: str
    fault: str
    effect: bool
    expected: str

    def __str__(self) -> str:
        return f"{self.asked}-{self.fault}{'-done' if self.effect else ''}"


def cells() -> list[Cell]:
    """The whole matrix."""
    head, *rows = TABLE.strip().splitlines()
    faults = head.split()
    found = []
    for row in rows:
        asked, *expected = row.split()
        for fault, answer in zip(faults, expected, strict=True):
            effects = (False, True) if asked in DOES else (False,)
            found += [Cell(asked, fault, effect, answer) for effect in effects]
    return found


SHORT: Final = frozenset(
    {
        "known-hang",
        "unknown-drip",
        "earn-half-done",
        "spend-error",
        "reserve-hang-done",
        "find-wrong",
        "create-reset-done",
        "erase-reset-done",
    }
)
"""Each row once, each fault once; `make chaos` runs all of them."""
