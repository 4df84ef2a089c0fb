"""
Checkout: the last look before a basket becomes an order, and the wording that the law asks for.

The button's words are those of article L221-14 of the Code de la consommation; the version of
the wording is frozen on each order.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cabas.domain.carts.model import Cart, Difference, PricedCart, Substitution
from cabas.domain.catalog.model import Offer
from cabas.domain.orders.model import AgeUnconfirmed as AgeUnconfirmed
from cabas.domain.orders.model import Totals
from cabas.domain.slots.model import Slot
from cabas.kit.errors import Conflict, Invalid

LEGAL_VERSION = "2026-11"
ORDER_BUTTON = "Commander avec obligation de paiement"
ORDER_BUTTONS = {"fr": ORDER_BUTTON, "en": "Order with obligation to pay"}
"""The button's only words, by the language of the page."""

CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
CODE_LENGTH = 6
_BITS = 5
_LETTER = 2**_BITS - 1  # the alphabet has 32 letters
KEY_LENGTH_MAX = 128


class CartChanged(Conflict):
    """The basket was changed while it was being ordered: look again, then order."""

    code = "cart_changed"


class CartEmpty(Conflict):
    """Nothing in the basket can be ordered."""

    code = "cart_empty"


class TooManyOrders(Conflict):
    """This person has as many orders under way in this store as one may have."""

    code = "too_many_orders"


class PricesChanged(Conflict):
    """
    Prices or availability are no longer those shown: the differences must be seen first.

    Without differences of lines, it is the total that moved: a fee, or a line taken out elsewhere.
    """

    code = "prices_changed"

    def __init__(self, differences: tuple[Difference, ...]) -> None:
        super().__init__(differences=msgspec.to_builtins(differences))
        self.differences = differences


class BelowMinimum(Conflict):
    """The basket doesn't reach the store's minimum."""

    code = "below_minimum"


class NotDelivered(Conflict):
    """This store doesn't deliver to this address."""

    code = "not_delivered"


class KeyMissing(Invalid):
    """The request needs an idempotency key of 1 … 128 characters."""

    code = "key_missing"


class KeyReused(Invalid):
    """This idempotency key was used with another request."""

    code = "key_reused"


class InFlight(Conflict):
    """The first request with this key is still being answered: ask again in a moment."""

    code = "in_flight"


class PaymentUnknown(Invalid):
    """This way of paying isn't offered here."""

    code = "payment_unknown"


class Address(msgspec.Struct, frozen=True, kw_only=True):
    street: str
    postcode: str
    city: str
    complement: str = ""
    instructions: str = ""


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    email: str
    phone: str = ""
    address: Address | None = None


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a shopper asks for when they order."""

    cart_id: UUID
    shopper_id: UUID
    customer_id: UUID | None
    slot_id: int
    key: str
    payment_method: str
    contact: Contact
    language: str
    adult: bool = False
    shown: dict[str, int] | None = None
    """Line totals the page showed; None: the caller saw no page (API)."""

    shown_total_cents: int | None = None
    """The total the page showed, with the fee."""

    substitution: Substitution | None = None
    """None: the basket's own choice."""

    def fingerprint(self) -> bytes:
        """SHA-256 of what was asked, for telling a replay from another order under the same key."""
        asked: list[object] = [self.cart_id, self.slot_id, self.payment_method, self.contact, self.adult]
        if self.substitution is not None:
            asked.append(self.substitution)
        body = msgspec.json.encode(asked, order="sorted")
        return hashlib.sha256(body).digest()


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What the store asks for this slot, of this instant."""

    slot: Slot
    fee_cents: int
    """The store's or the area's fee and the slot's own, together."""
    minimum_cents: int
    seller: dict[str, Any]
    delivered: bool
    """Drive, or an address in a delivery area of the store."""


class Considered(msgspec.Struct, frozen=True, kw_only=True):
    """All that an order is decided on, of one instant. ``terms`` None: the store has no such slot."""

    cart: Cart
    offers: dict[int, Offer]
    terms: Terms | None


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the shopper is told when the order is placed, and told again for each replay."""

    code: str
    channel: str
    slot_id: int
    slot_starts_at: datetime
    slot_ends_at: datetime
    cutoff_at: datetime
    placed_at: datetime
    totals: Totals


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """``created`` False: the same request had been answered before."""

    store_id: int
    order_id: UUID
    created: bool
    receipt: Receipt


def check_terms(priced: PricedCart, terms: Terms) -> None:
    """
    :raises NotDelivered: the address is in none of the store's areas.
    :raises BelowMinimum: goods don't reach the minimum.
    """
    if not terms.delivered:
        raise NotDelivered
    goods = priced.goods_cents - priced.discount_cents
    if goods < terms.minimum_cents:
        raise BelowMinimum(minimum_cents=terms.minimum_cents, missing_cents=terms.minimum_cents - goods)


def minimum_age(priced: PricedCart) -> int:
    return max((line.offer.minimum_age for line in priced.lines), default=0)


def fresh_code() -> str:
    """Six characters that are said at a counter: no letter that sounds or looks like a digit."""
    drawn = secrets.randbits(_BITS * CODE_LENGTH)
    return "".join(CODE_ALPHABET[drawn >> _BITS * place & _LETTER] for place in range(CODE_LENGTH))


def agreed(
    *,
    terms: Terms,
    vat: list[dict[str, int]],
    language: str,
    adult: bool,
    tolerance_percent: int,
    at: datetime,
) -> dict[str, Any]:
    """What is frozen on the order beside its lines."""
    return {
        "legal_version": LEGAL_VERSION,
        "button": ORDER_BUTTONS.get(language, ORDER_BUTTON),
        "adult": adult,
        "language": language,
        "seller": terms.seller,
        "vat": vat,
        "weight_tolerance_percent": tolerance_percent,
        "at": at.isoformat(),
    }
