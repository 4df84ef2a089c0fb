"""
What a checkout page showed, signed: line totals and the sum, so that a difference is told before paying.

The prices that count are always the server's; this only proves what was on the page.
"""

from functools import lru_cache
from uuid import UUID

import msgspec

from cabas.domain.carts.model import PricedCart
from cabas.kit.signing import Signer

TOKEN_LENGTH_MAX = 12_000


class Shown(msgspec.Struct, frozen=True, array_like=True):
    """``lines``: totals in cents by GTIN. ``total_cents``: with the fee."""

    cart_id: UUID
    lines: dict[str, int]
    total_cents: int


def shown_token(secrets: tuple[bytes, ...], *, cart_id: UUID, priced: PricedCart, fee_cents: int) -> str:
    page = Shown(cart_id, priced.shown(), priced.total_cents + fee_cents)
    return _signer(secrets).sign(msgspec.json.encode(page))


def read_shown(secrets: tuple[bytes, ...], token: str, *, cart_id: UUID) -> Shown | None:
    """None when it isn't ours, or of another basket."""
    payload = _signer(secrets).open(token) if token.isascii() else None
    if payload is None:
        return None
    page = msgspec.json.decode(payload, type=Shown)
    return page if page.cart_id == cart_id else None


@lru_cache(maxsize=4)
def _signer(secrets: tuple[bytes, ...]) -> Signer:
    return Signer(secrets, "checkout-shown")
