"""
One line of text that a stranger typed, made fit to be kept and shown.

Control characters (NUL breaks PostgreSQL, line breaks forge headers) and the marks that turn
the direction of text around are taken out; accents are composed, so that the same name is the
same bytes. Right-to-left letters, emoji and ``<`` are text like any other: showing is escaped.
"""

import re
import unicodedata

_DROPPED = frozenset({"Cc", "Cs"})
_DIRECTION_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")
_LOOKED_AT_MAX = 20_000
_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "’": "'"})
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def clean_line(text: str) -> str:
    """``text`` on one line, trimmed, composed (NFC), without what doesn't print."""
    spaced = " ".join(unicodedata.normalize("NFC", text[:_LOOKED_AT_MAX]).split())
    if spaced.isprintable():  # almost all text: nothing to take out
        return spaced
    return "".join(letter for letter in spaced if _printable(letter)).strip()


def folded(text: str) -> str:
    """Lower case, without accents or ligatures: ``Œufs à la neige`` → ``oeufs a la neige``."""
    if text.isascii():  # nothing to fold
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).lower()


def search_key(text: str) -> str:
    """`folded` words apart by single spaces, whatever stood between: ``saint etienne``."""
    return " ".join(_NOT_A_WORD.sub(" ", folded(text)).split())


def _printable(letter: str) -> bool:
    return letter not in _DIRECTION_MARKS and unicodedata.category(letter) not in _DROPPED
