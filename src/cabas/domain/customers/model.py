"""Who shops: accounts and guests, their addresses and consents, and the rules of what they may type."""

import re
import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

import msgspec

from cabas.kit.errors import Conflict, Invalid, NotFound
from cabas.kit.limiter import Limit
from cabas.kit.password_rules import weakness
from cabas.kit.text import clean_line

SESSION_LIFETIME: Final = timedelta(days=30)
TOKEN_LIFETIME: Final = timedelta(days=365)
ATTEMPTS_PER_ACCOUNT: Final = Limit(attempts=10, period=timedelta(minutes=15))
ATTEMPTS_PER_ADDRESS: Final = Limit(attempts=30, period=timedelta(minutes=15))

EMAIL_LENGTH_MAX: Final = 254
NAME_LENGTH_MAX: Final = 80
LABEL_LENGTH_MAX: Final = 40
STREET_LENGTH_MAX: Final = 120
CITY_LENGTH_MAX: Final = 80
INSTRUCTIONS_LENGTH_MAX: Final = 250
ADDRESSES_MAX: Final = 20
PASSKEYS_MAX: Final = 20
TOKENS_MAX: Final = 20
BUDGET_CENTS_MAX: Final = 1_000_000
CHANNELS: Final = ("email", "sms", "push")
"""What marketing may come by, each with its own consent."""

_EMAIL = re.compile(
    r"[^\s@<>()\[\]\\,;:\"]{1,64}@(?:[^\s@<>()\[\]\\,;:\".]{1,63}\.)+[^\s@<>()\[\]\\,;:\".\d]{2,63}"
)
_PHONE = re.compile(r"\+?[0-9]{6,15}")
_PHONE_MARKS = str.maketrans("", "", " .-()/\u00a0\u202f")
_POSTCODE = re.compile(r"[0-9]{5}")


class BadDetails(Invalid):
    """Some fields can't be kept as they are: ``fields`` says which, and why, by a code each."""

    code = "bad_details"

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(fields=dict(fields))
        self.fields = dict(fields)


class CustomerNotFound(NotFound):
    """There is no such customer, or they have left."""

    code = "customer_not_found"


class AddressNotFound(NotFound):
    """There is no such address, or it is somebody else's."""

    code = "address_not_found"


class TooManyKept(Conflict):
    """As many of these as one person may keep."""

    code = "too_many_kept"


Substitution = Literal["never", "same_price", "picker_choice"]
SUBSTITUTIONS: Final[tuple[Substitution, ...]] = ("never", "same_price", "picker_choice")


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    given: bool
    at: datetime
    """When it was last given or withdrawn."""


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    store_id: int = 0
    """0: no store chosen."""
    substitution: Substitution = "same_price"
    language: str = ""
    """"": the browser's."""
    budget_cents: int | None = None
    consents: dict[str, Consent] = msgspec.field(default_factory=dict)
    """By channel; a channel that isn't there was never agreed to."""

    def agrees_to(self, channel: str) -> bool:
        consent = self.consents.get(channel)
        return consent is not None and consent.given


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    customer_id: UUID
    email: str
    name: str
    phone: str
    preferences: Preferences
    birth_date: date | None
    has_account: bool
    """False: a guest, known by an order alone."""
    created_at: datetime

    @property
    def first_name(self) -> str:
        return first_name_of(self.name)


class AddressDetails(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    street: str
    complement: str = ""
    postcode: str
    city: str
    instructions: str = ""


class Address(AddressDetails, frozen=True, kw_only=True):
    address_id: UUID


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """How to reach a person; checked."""

    name: str
    email: str
    phone: str


class _Faults:
    """Gathers what is wrong, so that a form can say all of it at once."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}

    def line(self, field: str, text: str, *, length_max: int, required: bool = True) -> str:
        cleaned = clean_line(text)
        if required and not cleaned:
            self.fields[field] = "required"
        elif len(cleaned) > length_max:
            self.fields[field] = "too_long"
        return cleaned

    def email(self, text: str) -> str:
        cleaned = self.line("email", text, length_max=EMAIL_LENGTH_MAX)
        if "email" not in self.fields and not _EMAIL.fullmatch(cleaned):
            self.fields["email"] = "email_invalid"
        return cleaned

    def phone(self, text: str, *, required: bool = False) -> str:
        cleaned = clean_line(text).translate(_PHONE_MARKS)
        if required and not cleaned:
            self.fields["phone"] = "required"
        elif cleaned and not _PHONE.fullmatch(cleaned):
            self.fields["phone"] = "phone_invalid"
        return cleaned

    def password(self, field: str, text: str, *, personal: Collection[str]) -> str:
        password = normal_password(text)
        problem = weakness(password, personal=personal)
        if not password:
            self.fields[field] = "required"
        elif problem:
            self.fields[field] = problem.value
        return password

    def stop(self) -> None:
        """:raises BadDetails: something was wrong."""
        if self.fields:
            raise BadDetails(self.fields)


def check_contact(*, name: str, email: str, phone: str, phone_required: bool = False) -> Contact:
    """:raises BadDetails: with the fields ``name``, ``email``, ``phone``."""
    faults = _Faults()
    contact = Contact(
        name=faults.line("name", name, length_max=NAME_LENGTH_MAX),
        email=faults.email(email),
        phone=faults.phone(phone, required=phone_required),
    )
    faults.stop()
    return contact


def check_account(*, name: str, email: str, phone: str, password: str) -> tuple[Contact, str]:
    """The contact and the password of a new account; all faults at once (:raises BadDetails:)."""
    faults = _Faults()
    contact = Contact(
        name=faults.line("name", name, length_max=NAME_LENGTH_MAX),
        email=faults.email(email),
        phone=faults.phone(phone),
    )
    chosen = faults.password("password", password, personal=(contact.email, contact.name))
    faults.stop()
    return contact, chosen


def check_profile(*, name: str, phone: str) -> tuple[str, str]:
    """Name and phone (:raises BadDetails:)."""
    faults = _Faults()
    checked = faults.line("name", name, length_max=NAME_LENGTH_MAX), faults.phone(phone)
    faults.stop()
    return checked


def check_email(email: str) -> str:
    """As typed, trimmed (:raises BadDetails:)."""
    faults = _Faults()
    checked = faults.email(email)
    faults.stop()
    return checked


def check_new_password(password: str, *, field: str, personal: Collection[str]) -> str:
    """The password to hash (:raises BadDetails: with ``field``)."""
    faults = _Faults()
    checked = faults.password(field, password, personal=personal)
    faults.stop()
    return checked


def check_address(
    *, label: str, street: str, complement: str, postcode: str, city: str, instructions: str
) -> AddressDetails:
    """A French address (:raises BadDetails:). Without a label the town is its label."""
    faults = _Faults()
    checked_city = faults.line("city", city, length_max=CITY_LENGTH_MAX)
    checked_label = faults.line("label", label, length_max=LABEL_LENGTH_MAX, required=False)
    checked = AddressDetails(
        label=checked_label or checked_city[:LABEL_LENGTH_MAX],
        street=faults.line("street", street, length_max=STREET_LENGTH_MAX),
        complement=faults.line("complement", complement, length_max=STREET_LENGTH_MAX, required=False),
        postcode=faults.line("postcode", postcode, length_max=10).replace(" ", ""),
        city=checked_city,
        instructions=faults.line(
            "instructions", instructions, length_max=INSTRUCTIONS_LENGTH_MAX, required=False
        ),
    )
    if faults.fields.get("postcode") != "required" and not _POSTCODE.fullmatch(checked.postcode):
        faults.fields["postcode"] = "postcode_invalid"
    faults.stop()
    return checked


def email_key(email: str) -> str:
    """What makes two addresses the same account."""
    return clean_line(email).lower()


def normal_password(text: str) -> str:
    """The same password from every keyboard (NFC); otherwise exactly what was typed."""
    writable = text.encode("utf-8", "replace").decode()
    return unicodedata.normalize("NFC", writable)


def first_name_of(name: str) -> str:
    return name.split(" ", 1)[0]
