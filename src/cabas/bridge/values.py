"""Values as old systems write them."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

CARD_STATES = {"A": "active", "B": "blocked", "C": "closed"}
HOLD_STATES = {"H": "held", "S": "spent", "R": "released", "X": "expired"}


def cents_of(text: Any) -> int:
    """Cents of ``12.50`` or ``12,50`` euros. :raises ValueError: not an amount in whole cents."""
    try:
        cents = Decimal(str(text).strip().replace(",", ".")) * 100
    except InvalidOperation as problem:
        raise ValueError(f"{text!r} is not an amount") from problem
    if not cents.is_finite() or cents != int(cents):
        raise ValueError(f"{text!r} is not an amount in whole cents")
    return int(cents)


def euros(cents: int) -> str:
    """``12.50``"""
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"


def day_of(text: Any) -> date | None:
    """:raises ValueError: not written 2026-11-24."""
    return date.fromisoformat(str(text)[:10]) if text else None


def time_of(text: Any) -> datetime:
    """:raises ValueError: not RFC 3339, or without a zone."""
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment


def pick(source: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """
    The same values under other names: ``pick(told, email="mail", name="fullName")``. Those that are None are left out.

    :raises KeyError: there is none of that name.
    """
    return {ours: source[theirs] for ours, theirs in names.items() if source[theirs] is not None}
