"""
How values are written for programs: GTINs, cursors, stores.

Amounts are integers of cents and never carry a unit in their names; ``currency`` says which.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from typing import Annotated, Any, Final

import msgspec
from litestar.params import PathParameter, QueryParameter

from cabas.domain.stores.model import StoreSummary
from cabas.domain.stores.queries import StoreUnknown
from cabas.kit.errors import Invalid
from cabas.kit.money import CURRENCY
from cabas.web.request import ShopRequest

__all__ = ["CURRENCY"]

PAGE_MAX: Final = 100
CURSOR_LENGTH_MAX: Final = 200
QUERY_LENGTH_MAX: Final = 200
STORE_LENGTH_MAX: Final = 80

GTIN_PATTERN: Final = r"^([0-9]{8}|[0-9]{12,14})$"
SLOT_PATTERN: Final = r"^[0-9]{11}$"
_GTIN_DIGITS = 13
_BIGINT_MAX = 2**63 - 1
_STORE_NUMBER = re.compile(r"[0-9]{1,5}")

GtinPath = Annotated[
    str,
    PathParameter(
        pattern=GTIN_PATTERN, description="GTIN of 8, 12, 13 or 14 digits; leading zeros may stay."
    ),
]
StorePath = Annotated[
    str,
    PathParameter(min_length=1, max_length=STORE_LENGTH_MAX, description="The store's number, or its slug."),
]
Cursor = Annotated[
    str | None,
    QueryParameter(
        name="cursor", max_length=CURSOR_LENGTH_MAX, description="`next` of the page before; opaque."
    ),
]


class BadCursor(Invalid):
    """The cursor is none of ours: ask for the first page again."""

    code = "bad_cursor"


def gtin_text(gtin: int) -> str:
    """``3017620422003``: 13 digits, or 14 for a trade unit's."""
    return f"{gtin:0{_GTIN_DIGITS}d}"


def store_named(request: ShopRequest, name: str) -> StoreSummary:
    """
    The store of this number or slug.

    :raises StoreUnknown: there is none.
    """
    directory = request.site.directory
    found = directory.store(int(name)) if _STORE_NUMBER.fullmatch(name) else directory.store_by_slug(name)
    if found is None or found.store_id == 0:
        raise StoreUnknown
    return found


def write_cursor(*position: int | str) -> str:
    return urlsafe_b64encode(msgspec.json.encode(position)).rstrip(b"=").decode()


def read_cursor(cursor: str, *kinds: type[Any]) -> tuple[Any, ...]:
    """
    The position that `write_cursor` wrote.

    :raises BadCursor: it isn't one.
    """
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position: list[Any] = msgspec.json.decode(raw, type=list[Any])
    except (ValueError, Base64Error, msgspec.DecodeError) as problem:
        raise BadCursor from problem
    if len(position) != len(kinds) or not all(map(_is, position, kinds)):
        raise BadCursor
    return tuple(position)


def _is(part: Any, kind: type[Any]) -> bool:
    return type(part) is kind and (kind is not int or 0 <= part <= _BIGINT_MAX)
