"""Cards as a demonstration has them: what is one, and which are accepted, confirmed or declined."""

import re
from datetime import UTC, datetime
from enum import StrEnum

NUMBER_LENGTH_MIN, NUMBER_LENGTH_MAX = 12, 19
_CONFIRMED = frozenset({"4000000000003220"})
_DECLINED = frozenset({"4000000000000002"})
_EXPIRY = re.compile(r"(0[1-9]|1[0-2])\s*/\s*(\d{2}|20\d{2})", re.ASCII)


class Verdict(StrEnum):
    ACCEPTED = "accepted"
    CONFIRMED = "confirmed"
    """Once its holder has confirmed it."""
    DECLINED = "declined"


class CardError(ValueError):
    """``field``: ``number``, ``expiry`` or ``code``."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def check_card(number: str, expiry: str, code: str) -> str:
    """The number's bare digits. :raises CardError: which field is wrong."""
    digits = re.sub(r"[\s-]", "", number)
    if not re.fullmatch(rf"[0-9]{{{NUMBER_LENGTH_MIN},{NUMBER_LENGTH_MAX}}}", digits) or not _luhn(digits):
        raise CardError("number")
    found = _EXPIRY.fullmatch(expiry.strip())
    now = datetime.now(UTC)
    if found is None or (2000 + int(found[2]) % 100, int(found[1])) < (now.year, now.month):
        raise CardError("expiry")
    if not re.fullmatch(r"[0-9]{3}", code.strip()):
        raise CardError("code")
    return digits


def verdict_of(number: str) -> Verdict:
    if number in _DECLINED:
        return Verdict.DECLINED
    return Verdict.CONFIRMED if number in _CONFIRMED else Verdict.ACCEPTED


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
