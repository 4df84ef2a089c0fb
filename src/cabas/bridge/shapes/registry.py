"""The customer registry of record."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from cabas.bridge.shapes.base import CardNumber, Key, Ref, Text


class FindRequest(msgspec.Struct, frozen=True, kw_only=True):
    """By any one of these; by several, whoever matches all."""

    ref: Ref | None = None
    email: Text | None = None
    phone: Text | None = None
    card: CardNumber | None = None


class RegistryCustomer(msgspec.Struct, frozen=True, kw_only=True):
    """``customer``: the person's number in Cabas once linked. ``consents``: purpose → given."""

    ref: str
    email: str = ""
    name: str = ""
    phone: str = ""
    postcode: str = ""
    language: str = "fr"
    card: str | None = None
    customer: UUID | None = None
    consents: dict[str, bool] = {}
    updated_at: datetime | None = None


class CustomersFound(msgspec.Struct, frozen=True, kw_only=True):
    items: list[RegistryCustomer]


class CreateRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One with that e-mail already: 409 ``customer_exists``."""

    key: Key
    email: Text
    name: Text
    phone: Text = ""
    postcode: Text = ""
    language: Text = "fr"
    customer: UUID | None = None
    consents: dict[str, bool] = {}


class LinkRequest(msgspec.Struct, frozen=True, kw_only=True):
    key: Key
    ref: Ref
    customer: UUID


class ConsentsRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``consents`` left empty changes nothing: the answer says how they are."""

    key: Key
    ref: Ref
    consents: dict[str, bool] = {}
    at: datetime


class Consents(msgspec.Struct, frozen=True, kw_only=True):
    ref: str
    consents: dict[str, bool]
    at: datetime


class MergeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``gone`` becomes part of ``keep``: its card, its points, its orders."""

    key: Key
    keep: Ref
    gone: Ref


class EraseRequest(msgspec.Struct, frozen=True, kw_only=True):
    key: Key
    ref: Ref
    at: datetime


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """``proof``: how the system of record names this erasure."""

    ref: str
    erased_at: datetime
    proof: str


class ExportRequest(msgspec.Struct, frozen=True, kw_only=True):
    ref: Ref


class RegistryExport(msgspec.Struct, frozen=True, kw_only=True):
    """All that the system of record holds about a person: section → rows."""

    ref: str
    at: datetime
    sections: dict[str, list[dict[str, Any]]]
