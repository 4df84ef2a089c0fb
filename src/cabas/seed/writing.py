"""How names are folded for search keys and addresses, and set in French type."""

from cabas.kit.text import search_key


def slug(text: str) -> str:
    """``Fruits et légumes`` → ``fruits-et-legumes``."""
    return search_key(text).replace(" ", "-")


def typographic(text: str) -> str:
    """The apostrophe as it is printed."""
    return text.replace("'", "’")


def capitalised(text: str) -> str:
    """First letter in upper case, even after ``**``; the rest as it is."""
    start = len(text) - len(text.lstrip("*"))
    return text[:start] + text[start : start + 1].upper() + text[start + 1 :]
