"""
What each thing that is asked of an outside service is answered under each fault of it: loyalty and registry behind a
bridge, and the bank.

last   the last balance known, with the time it was known
none   nothing: none is known
no     `Unavailable` within the deadline; asked again once the service is back, with the same key, it is done once
once   nothing at all is felt: it waits in the outbox, and is done once when the service is back
"""

import os
from typing import Final

import msgspec

OUTSIDE: Final = """
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

BANK: Final = """
              latency  error  hang  reset  half  wrong  drip
open          no       no     no    no     no    no     no
look          no       no     no    no     no    no     no
capture       no       no     no    no     no    no     no
release       no       no     no    no     no    no     no
refund        no       no     no    no     no    no     no
"""

DOES: Final = frozenset(
    {"earn", "spend", "reserve", "create", "consents", "erase", "open", "capture", "release", "refund"}
)
"""Changes something: also with the fault after it was done, so that only the answer is lost."""


class Cell(msgspec.Struct, frozen=True):
    """``effect``: it is done, and then the answer suffers."""

    asked: str
    fault: str
    effect: bool
    expected: str

    def __str__(self) -> str:
        return f"{self.asked}-{self.fault}{'-done' if self.effect else ''}"


def cells(table: str) -> list[Cell]:
    """All of a table's."""
    head, *rows = table.strip().splitlines()
    faults = head.split()
    found = []
    for row in rows:
        asked, *expected = row.split()
        for fault, answer in zip(faults, expected, strict=True):
            effects = (False, True) if asked in DOES else (False,)
            found += [Cell(asked, fault, effect, answer) for effect in effects]
    return found


def chosen(table: str) -> list[Cell]:
    """All of a table's when ``CABAS_FAULTS=whole`` (`make chaos`), else its short form."""
    whole = os.environ.get("CABAS_FAULTS") == "whole"
    return [cell for cell in cells(table) if whole or str(cell) in SHORT]


SHORT: Final = frozenset(
    {
        "known-hang",
        "unknown-drip",
        "earn-half-done",
        "spend-error",
        "reserve-hang-done",
        "find-wrong",
        "create-reset-done",
        "consents-half",
        "erase-latency-done",
        "open-half-done",
        "look-drip",
        "capture-reset-done",
        "release-wrong",
        "refund-error-done",
    }
)
"""Each row once, and each fault."""
