"""
The visitor's cookie: who browses (account or not), in which store, with which basket.

Signed, not secret, and without a row in the database: a visit costs no write. The basket's
count and total are the last that were shown, so that the header needs no query.
"""

from datetime import datetime
from uuid import UUID

import msgspec

from cabas.kit.ids import new_id
from cabas.kit.signing import Signer

COOKIE = "cabas_visitor"
MAX_AGE_SECONDS = 180 * 24 * 3600


class Visitor(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """
    ``id`` is the shopper id of a guest. ``store_id`` 0: no store chosen yet. ``budget_cents`` 0: none
    set. ``postcode``: where to deliver, "" when not asked yet. New fields go last: cookies are arrays.
    """

    id: UUID
    store_id: int = 0
    cart_id: UUID | None = None
    basket_count: int = 0
    basket_cents: int = 0
    language: str = ""
    theme: str = ""
    budget_cents: int = 0
    postcode: str = ""


def fresh(now: datetime) -> Visitor:
    return Visitor(id=new_id(now))


class VisitorCookie:
    """Writes and reads the cookie's value."""

    def __init__(self, secrets: tuple[bytes, ...]) -> None:
        self._signer = Signer(secrets, "visitor")
        self._csrf = Signer(secrets, "csrf")

    def write(self, visitor: Visitor) -> str:
        return self._signer.sign(msgspec.json.encode(visitor))

    def read(self, value: str | None) -> Visitor | None:
        payload = self._signer.open(value) if value else None
        if payload is None:
            return None
        try:
            return msgspec.json.decode(payload, type=Visitor)
        except (msgspec.DecodeError, msgspec.ValidationError):
            return None

    def csrf_token(self, visitor: Visitor, session: str) -> str:
        """A token that only this visitor, in this session, can use."""
        return self._csrf.sign(visitor.id.bytes[:12] + session.encode()[:12])
