"""Reads an offer from a row."""

import re
from datetime import date
from decimal import Decimal

import msgspec

from cabas.imports.fields import Fields, decimal_of
from cabas.imports.rejection import Rejected, gtin_of
from cabas.kit.text import search_key

_NAMES = (
    "store store_id store_code magasin gtin ean code barcode price prix price_eur status statut back_on"
    " retour location emplacement rank rang"
)
COLUMNS = frozenset(_NAMES.split())
PRICE_CENTS_MAX = 10_000_00
WITHDRAWN, ON_SALE, OUT_OF_STOCK = 0, 1, 2
_STATUS = {
    "0": WITHDRAWN, "withdrawn": WITHDRAWN, "retire": WITHDRAWN, "1": ON_SALE, "on sale": ON_SALE,
    "en vente": ON_SALE, "2": OUT_OF_STOCK, "out of stock": OUT_OF_STOCK, "rupture": OUT_OF_STOCK,
}  # fmt: skip
_PLACE = re.compile(r"[A-Z]{0,6}(\d{1,3})[-. /][A-Z]{0,6}(\d{1,2})(?:[-. /][A-Z]{0,6}(\d{1,2}))?")
_LOCATION_MAX = 999 * 10_000 + 99 * 100 + 99
_RANK_MAX = 10_000_000


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one row says; None where it says nothing. ``store``: number, address (slug) or code."""

    number: int
    store: str
    gtin: int
    price_cents: int
    status: int | None
    back_on: date | None
    location: int | None
    rank: int | None


def read_offer(fields: Fields, number: int) -> Told:
    """
    :raises Rejected: no store, a bad product number or price, or something that can't be read.
    """
    store = fields.text("store", "store_id", "store_code", "magasin", length_max=100)
    if not store:
        raise Rejected("store_missing", "The row names no store.")
    return Told(
        number=number,
        store=store,
        gtin=gtin_of(fields.text("gtin", "ean", "barcode", "code", length_max=60)),
        price_cents=read_price(fields.text("price", "prix", "price_eur", length_max=60)),
        status=_status(fields),
        back_on=_day(fields.text("back_on", "retour", length_max=40)),
        location=_location(fields.text("location", "emplacement", length_max=40)),
        rank=_rank(fields),
    )


def read_price(text: str) -> int:
    """
    Cents of ``2,49`` · ``2.49`` · ``2,49 €`` · ``1 234,50``.

    :raises Rejected: not a price above zero in euros and whole cents.
    """
    euros = decimal_of(text.replace("€", "").removesuffix("EUR"))
    if euros is None:
        raise Rejected("bad_price", f"The price {text!r} is not an amount in euros.")
    cents = euros * Decimal(100)
    if cents != int(cents) or not 0 < cents <= PRICE_CENTS_MAX:
        raise Rejected(
            "bad_price", f"The price {text!r} is not between 0.01 and {PRICE_CENTS_MAX // 100:,} euros."
        )
    return int(cents)


def _status(fields: Fields) -> int | None:
    told = search_key(fields.text("status", "statut", length_max=40))
    if told and told not in _STATUS:
        raise Rejected("bad_status", f"The status {told!r} is none of on_sale, out_of_stock, withdrawn.")
    return _STATUS.get(told)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as problem:
        raise Rejected("bad_day", f"The day {text!r} is not written 2026-11-24.") from problem


def _location(text: str) -> int | None:
    """``12-03-2`` (aisle, bay, level) or the number that stands for it, ``120302``."""
    if not text:
        return None
    place = _PLACE.fullmatch(text.upper())
    if place:
        return int(place[1]) * 10_000 + int(place[2]) * 100 + int(place[3] or 0)
    if text.isascii() and text.isdigit() and int(text) <= _LOCATION_MAX:
        return int(text)
    raise Rejected("bad_location", f"The location {text!r} is not aisle-bay-level, like 12-03-2.")


def _rank(fields: Fields) -> int | None:
    told = fields.number("rank", "rang")
    return int(told) if told is not None and 0 <= told <= _RANK_MAX else None
