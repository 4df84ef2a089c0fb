"""How names are folded for search keys and addresses, and set in French type."""

import re
import unicodedata

_LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "’": "'"})
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def folded(text: str) -> str:
    """Lower case without accents: what search keys are made of."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LIGATURES))
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter)).lower()


def slug(text: str) -> str:
    """``Fruits et légumes`` → ``fruits-et-legumes``."""
    return _NOT_A_WORD.sub("-", folded(text)).strip("-")


def typographic(text: str) -> str:
    """The apostrophe as it is printed."""
    return text.replace("'", "’")


def capitalised(text: str) -> str:
    """First letter in upper case, even after ``**``; the rest as it is."""
    start = len(text) - len(text.lstrip("*"))
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]
