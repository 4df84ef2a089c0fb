"""
Identifiers made by us, ordered by time, that carry where their row lives.

Layout of the 128 bits (RFC 9562 version 8, custom): 48 bits of Unix milliseconds, version,
12 random bits, variant, 16 bits of place, 46 random bits. ``place`` is a store number, so a
lone order or basket id leads to its store's rows without a look-up across stores.
PostgreSQL 15 has no time-ordered uuid of its own.
"""

import secrets
from datetime import datetime
from uuid import UUID

_PLACE_SHIFT = 46
PLACE_MAX = 0xFFFF


def new_id(now: datetime, place: int = 0) -> UUID:
    """A fresh id for a row that lives at ``place`` (0 … 65,535)."""
    if not 0 <= place <= PLACE_MAX:
        raise ValueError(f"place {place} is not within 0 … {PLACE_MAX}")
    millis = int(now.timestamp() * 1000) & 0xFFFF_FFFF_FFFF
    noise = secrets.randbits(58)
    high = millis << 80 | 0x8 << 76 | (noise >> 46) << 64
    low = 0b10 << 62 | place << _PLACE_SHIFT | (noise & ((1 << _PLACE_SHIFT) - 1))
    return UUID(int=high | low)


def place_of(identifier: UUID) -> int:
    """The place carried by an id made by `new_id`."""
    return (identifier.int >> _PLACE_SHIFT) & PLACE_MAX


def parse_id(text: str) -> UUID | None:
    """The id written in ``text``, or None when it isn't one."""
    try:
        return UUID(text)
    except ValueError:
        return None
