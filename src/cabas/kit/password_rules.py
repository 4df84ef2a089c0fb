"""
Which new passwords are refused: too short, or among the first that anyone would try.

No rule of composition: length and not being common are what counts. Common ones are told by
pattern (a known word with a year or a mark behind it, a row of keys, a repetition, one's own
name), which catches thousands with a page of words.
"""

import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from importlib import resources
from typing import Final

from cabas.kit.passwords import SECRET_LENGTH_MAX

PASSWORD_LENGTH_MIN: Final = 8
_TAIL_MAX = 6
_PERSONAL_LENGTH_MIN = 4

_WORDS = frozenset((resources.files("cabas.kit") / "common_words.txt").read_text("utf-8").split())
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890123456789",
    "azertyuiopqsdfghjklmwxcvbn",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "1a2z3e4r5t6y7u8i9o0p",
    "1q2w3e4r5t6y7u8i9o0p",
)
_DISGUISES = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"}
)


class Weakness(StrEnum):
    """Why a password is refused."""

    TOO_SHORT = "password_too_short"
    TOO_LONG = "password_too_long"
    COMMON = "password_common"
    PERSONAL = "password_personal"


def weakness(password: str, *, personal: Iterable[str] = ()) -> Weakness | None:
    """
    What is wrong with a new password, or None.

    :param personal: the person's e-mail and name: nobody's first guess should open the account.
    """
    if len(password) < PASSWORD_LENGTH_MIN:
        return Weakness.TOO_SHORT
    if len(password) > SECRET_LENGTH_MAX:
        return Weakness.TOO_LONG
    plain = _fold(password)
    if any(_is_word_with_tail(plain, word) for part in personal for word in _words_of(part)):
        return Weakness.PERSONAL
    return Weakness.COMMON if _is_common(plain) else None


def _is_common(plain: str) -> bool:
    if _is_repetition(plain) or _is_row(plain):
        return True
    half = plain[: len(plain) // 2]
    if half * 2 == plain and half in _WORDS:
        return True
    heads = (plain[:length] for length in range(len(plain), max(1, len(plain) - _TAIL_MAX) - 1, -1))
    return any(
        (head in _WORDS or head.translate(_DISGUISES) in _WORDS) and _is_word_with_tail(plain, head)
        for head in heads
    )


def _is_word_with_tail(plain: str, word: str) -> bool:
    """The word, then at most a few characters that are not letters: ``soleil2026!``."""
    if not plain.startswith(word):
        return False
    rest = plain[len(word) :]
    return len(rest) <= _TAIL_MAX and not any(letter.isalpha() for letter in rest)


def _is_repetition(plain: str) -> bool:
    """``aaaaaaaa``, ``abcabcabc``, ``20262026``: a short piece over and over."""
    return any(
        plain == (plain[:size] * len(plain))[: len(plain)] for size in range(1, min(4, len(plain) // 2) + 1)
    )


def _is_row(plain: str) -> bool:
    """Keys or letters in a row, either way; a piece of a row and a short tail counts too."""
    for row in _ROWS:
        for direction in (row, row[::-1]):
            for length in range(len(plain), max(5, len(plain) - _TAIL_MAX) - 1, -1):
                if plain[:length] in direction and not any(c.isalpha() for c in plain[length:]):
                    return True
    return False


def _words_of(text: str) -> list[str]:
    folded = _fold(text)
    for mark in "@.-_+'’":
        folded = folded.replace(mark, " ")
    words = folded.split()
    joined = [folded.replace(" ", ""), _fold(text), _fold(text).split("@")[0]]
    return [word for word in (*words, *joined) if len(word) >= _PERSONAL_LENGTH_MIN]


def _fold(text: str) -> str:
    """Lower case without accents."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(letter)
    )
