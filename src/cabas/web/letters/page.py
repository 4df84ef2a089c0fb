"""
A letter as a list of blocks, which two templates lay out: HTML, and plain text that says the same.

No picture is fetched and nobody is followed: a mail tells its sender nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from cabas.domain.messages.model import Attachment, Message
from cabas.kit.db import Connection
from cabas.kit.messages import Catalogue

Block = Mapping[str, Any]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """``blocks``: made by the functions below. ``short`` and ``path``: the notification, and what it opens."""

    subject: str
    short: str
    path: str
    blocks: Sequence[Block]
    attachments: Sequence[Attachment] = ()


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """What a letter is written at: the message, the words, what can be looked up."""

    reader: Connection
    message: Message
    t: Catalogue
    site: str
    now: datetime

    @property
    def language(self) -> str:
        return self.t.language

    def link(self, path: str) -> str:
        return f"{self.site}{path}"


def text(words: str) -> Block:
    return {"kind": "text", "text": words}


def button(words: str, href: str) -> Block:
    return {"kind": "button", "text": words, "href": href}


def facts(title: str, rows: Sequence[tuple[str, str]]) -> Block:
    """Names and values; a row without a value is left out."""
    shown = [{"label": label, "value": value} for label, value in rows if value]
    return {"kind": "facts", "title": title, "rows": shown}


def lines(title: str, rows: Sequence[Mapping[str, str]]) -> Block:
    """``rows``: {name, detail, amount}."""
    return {"kind": "lines", "title": title, "rows": list(rows)}


def links(title: str, rows: Sequence[tuple[str, str]]) -> Block:
    return {"kind": "links", "title": title, "rows": [{"text": words, "href": href} for words, href in rows]}


def small(title: str, *paragraphs: str) -> Block:
    """What the law wants said, after what the reader wants to know."""
    return {"kind": "small", "title": title, "paragraphs": [words for words in paragraphs if words]}
