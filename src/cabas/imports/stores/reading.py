"""Reads a store from a row."""

from decimal import Decimal

import msgspec

from cabas.imports.fields import Fields
from cabas.imports.rejection import Rejected
from cabas.imports.stores.hours import Hours, read_hours
from cabas.kit.text import search_key

_NAMES = (
    "store_id code store store_code magasin name nom format street address adresse city town ville postcode"
    " code_postal dept department departement region lat latitude lon lng longitude phone telephone email"
    " opening_hours_osm opening_hours horaires drive_type drive has_drive delivery delivers livraison services"
    " drive_fee drive_minimum legal_name registration legal_address capital"
)
COLUMNS = frozenset(_NAMES.split())
_FORMATS = frozenset({"hyper", "super", "contact", "express"})
_CODE_MAX, _SHORT_MAX, _LINE_MAX = 40, 100, 200
_ON_FOOT = "pieton"
_EUROS_MAX = 1000


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one row says; "" and None where it says nothing. ``code``: what the retailer calls it."""

    number: int
    code: str
    name: str
    format: str
    street: str
    postcode: str
    city: str
    department: str
    region: str
    latitude: float
    longitude: float
    phone: str
    email: str
    legal_entity: dict[str, str]
    opening_hours: Hours | None
    services: list[str]
    has_drive: bool | None
    delivers: bool | None
    drive_fee_cents: int | None
    drive_minimum_cents: int | None


def read_store(fields: Fields, number: int) -> Told:
    """
    :raises Rejected: no code, name, town or place, or something that can't be read.
    """
    on_foot = search_key(fields.text("drive_type")) == _ON_FOOT
    has_drive, delivers = _drive(fields), fields.flag("delivery", "delivers", "livraison")
    hours = fields.text("opening_hours_osm", "opening_hours", "horaires")
    return Told(
        number=number,
        code=_required(
            fields, "code", "store_id", "store_code", "store", "magasin", said="code", length=_CODE_MAX
        ),
        name=_required(fields, "name", "nom", said="name"),
        format=_format(fields),
        street=fields.text("street", "address", "adresse", length_max=_LINE_MAX),
        postcode=_postcode(fields),
        city=_required(fields, "city", "town", "ville", said="town"),
        department=fields.text("dept", "department", "departement", length_max=_SHORT_MAX),
        region=fields.text("region", length_max=_SHORT_MAX),
        latitude=_degrees(fields, "latitude", "lat", limit=90),
        longitude=_degrees(fields, "longitude", "lon", "lng", limit=180),
        phone=fields.text("phone", "telephone", length_max=_CODE_MAX),
        email=fields.text("email", length_max=_LINE_MAX),
        legal_entity={
            "name": fields.text("legal_name", length_max=_LINE_MAX),
            "registration": fields.text("registration", length_max=_LINE_MAX),
            "address": fields.text("legal_address", length_max=_LINE_MAX),
            "capital": fields.text("capital", length_max=_SHORT_MAX),
        },
        opening_hours=read_hours(hours) if hours else None,
        services=_services(fields, has_drive=has_drive, delivers=delivers, on_foot=on_foot),
        has_drive=has_drive,
        delivers=delivers,
        drive_fee_cents=_cents(fields, "drive_fee"),
        drive_minimum_cents=_cents(fields, "drive_minimum"),
    )


def _required(fields: Fields, *columns: str, said: str, length: int = _SHORT_MAX) -> str:
    value = fields.text(*columns, length_max=length)
    if not value:
        raise Rejected(f"{said}_missing", f"The store has no {said}.")
    return value


def _format(fields: Fields) -> str:
    told = search_key(fields.text("format"))
    if told and told not in _FORMATS:
        raise Rejected("bad_format", f"The format {told!r} is none of {', '.join(sorted(_FORMATS))}.")
    return told


def _postcode(fields: Fields) -> str:
    """Five digits; a spreadsheet may have eaten the first zero."""
    told = fields.text("postcode", "code_postal", length_max=_CODE_MAX)
    if not (told.isascii() and told.isdigit() and 4 <= len(told) <= 5):
        raise Rejected("bad_postcode", f"The postcode {told!r} has not five digits.")
    return told.zfill(5)


def _degrees(fields: Fields, *columns: str, limit: int) -> float:
    told = fields.number(*columns)
    if told is None or abs(told) > limit:
        raise Rejected("bad_place", f"The {columns[0]} is missing or not between {-limit} and {limit}.")
    return float(told)


def _drive(fields: Fields) -> bool | None:
    """``drive_type`` names how the drive is built: any but a no is a drive."""
    told = fields.flag("has_drive", "drive")
    if told is not None:
        return told
    kind = fields.text("drive_type")
    return None if not kind else fields.flag("drive_type") is not False and search_key(kind) != "aucun"


def _services(fields: Fields, *, has_drive: bool | None, delivers: bool | None, on_foot: bool) -> list[str]:
    found = {"drive": has_drive, "livraison": delivers, "pieton": on_foot}
    named = [search_key(name)[:_CODE_MAX] for name in fields.texts("services")]
    return list(dict.fromkeys([*(name for name, holds in found.items() if holds), *filter(None, named)]))


def _cents(fields: Fields, column: str) -> int | None:
    told = fields.number(column)
    if told is None:
        return None
    if not 0 <= told < _EUROS_MAX:
        raise Rejected(
            "bad_amount", f"{column} is {told}: an amount in euros, below {_EUROS_MAX}, is needed."
        )
    return round(told * Decimal(100))
