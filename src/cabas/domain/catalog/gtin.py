"""
GTIN, the number of a trade item (GS1): 8, 12, 13 or 14 digits of which the last checks the others.

All four lengths live in one space: the number with zeros in front up to 14 digits, kept as an integer.
"""

from cabas.kit.errors import Invalid

LENGTHS = frozenset({8, 12, 13, 14})
DIGITS_MAX = 14


class BadGtin(Invalid):
    """It is not a GTIN; `reason` says why: ``missing``, ``not_digits``, ``length`` or ``check_digit``."""

    code = "bad_gtin"

    def __init__(self, reason: str) -> None:
        super().__init__(f"bad GTIN: {reason}", reason=reason)
        self.reason = reason


def read_gtin(text: str) -> int:
    """
    The number written in ``text``; spaces and dashes between digits don't count.

    :raises BadGtin: nothing there, other signs than digits, another length, or a wrong check digit.
    """
    digits = text.translate(_SEPARATORS)
    if not digits:
        raise BadGtin("missing")
    if not (digits.isascii() and digits.isdigit()):
        raise BadGtin("not_digits")
    if len(digits) not in LENGTHS:
        raise BadGtin("length")
    number = int(digits)
    if number == 0 or not checks(number):
        raise BadGtin("check_digit")
    return number


def checks(number: int) -> bool:
    """Whether the last digit is the check digit of those before."""
    return with_check_digit(number // 10) == number


def with_check_digit(body: int) -> int:
    """``body`` and its check digit: weights 3 and 1 in turn, from the right."""
    total, weight, rest = 0, 3, body
    while rest:
        rest, digit = divmod(rest, 10)
        total += digit * weight
        weight = 4 - weight
    return body * 10 + (-total) % 10


_SEPARATORS = str.maketrans("", "", " \u00a0\u202f-\t")
