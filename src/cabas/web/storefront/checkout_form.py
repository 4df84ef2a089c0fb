"""The one form of checkout: read, bounded, checked; what is wrong is said beside its field."""

from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

import msgspec

from cabas.domain.carts.model import Substitution
from cabas.domain.checkout.model import KEY_LENGTH_MAX, Address, Contact
from cabas.domain.customers import queries as customers
from cabas.domain.customers.model import (
    CITY_LENGTH_MAX,
    EMAIL_LENGTH_MAX,
    INSTRUCTIONS_LENGTH_MAX,
    NAME_LENGTH_MAX,
    STREET_LENGTH_MAX,
    BadDetails,
    check_address,
    check_contact,
)
from cabas.domain.payments.model import AT_STORE
from cabas.kit.db import Connection
from cabas.kit.ids import parse_id
from cabas.web.forms import Form
from cabas.web.request import ShopRequest
from cabas.web.storefront.shopper import Shopper
from cabas.web.storefront.shown import TOKEN_LENGTH_MAX

SLOT_ID_MAX = 10**11
_FAULTS = {
    "required": "form.required",
    "email_invalid": "form.bad_email",
    "phone_invalid": "form.bad_phone",
    "postcode_invalid": "form.bad_postcode",
}


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What the form says. ``cart_id`` None: it wasn't one of our pages."""

    cart_id: UUID | None
    slot_id: int
    key: str
    shown: str
    payment: str
    substitution: Substitution | None
    adult: bool
    contact: Contact | None
    """None: something in it is wrong."""


def read_checkout(form: Form, *, delivery: bool, methods: Collection[str] = (AT_STORE,)) -> Asked:
    """Faults stay in ``form.errors``. ``methods``: the ways of paying that the page offered."""
    slot_id = form.integer("slot", low=1, high=SLOT_ID_MAX - 1)
    choice = form.choice("substitution", frozenset(Substitution))
    payment = form.choice("payment", frozenset(methods), default=AT_STORE)
    return Asked(
        cart_id=parse_id(_hidden(form, "cart", 40)),
        slot_id=slot_id or 0,
        key=_hidden(form, "idempotency_key", KEY_LENGTH_MAX),
        shown=_hidden(form, "shown", TOKEN_LENGTH_MAX),
        payment=payment,
        substitution=Substitution(choice) if choice in set(Substitution) else None,
        adult=form.flag("adult"),
        contact=_contact(form, delivery=delivery),
    )


async def prefilled(request: ShopRequest, reader: Connection, shopper: Shopper) -> dict[str, str]:
    """The account's own details; the address that is in the postcode to deliver to, else the first."""
    values = {"postcode": request.visitor.postcode, "country": "FR"}
    if shopper.customer_id is None:
        return values
    person = await customers.customer(reader, customer_id=shopper.customer_id)
    if person is not None:
        values |= {"name": person.name, "email": person.email, "phone": person.phone}
    kept = await customers.addresses(reader, customer_id=shopper.customer_id)
    wanted = request.visitor.postcode
    home = next((address for address in kept if address.postcode == wanted), None)
    if home is None and kept and not wanted:
        home = kept[0]
    if home is not None:
        values |= {
            field: getattr(home, field)
            for field in ("street", "complement", "postcode", "city", "instructions")
        }
    return values


def fresh_key() -> str:
    """Made by the page, once a purchase; every resending carries it unchanged."""
    return str(uuid4())


def _hidden(form: Form, name: str, length_max: int) -> str:
    """A field that people don't see: too long is as good as absent."""
    value = form.text(name, required=False, length_max=length_max)
    bad = form.errors.pop(name, None)
    return "" if bad else value


def _contact(form: Form, *, delivery: bool) -> Contact | None:
    name = form.text("name", length_max=NAME_LENGTH_MAX)
    email = form.text("email", length_max=EMAIL_LENGTH_MAX)
    phone = form.text("phone", required=False, length_max=30)
    fields: dict[str, Any] = {}
    address = _address(form) if delivery else None
    try:
        checked = check_contact(name=name, email=email, phone=phone)
    except BadDetails as refused:
        fields = refused.fields
    for field, fault in fields.items():
        form.fail(field, _FAULTS.get(fault, "form.bad_characters"))
    if not form.ok:
        return None
    return Contact(name=checked.name, email=checked.email, phone=checked.phone, address=address)


def _address(form: Form) -> Address | None:
    try:
        checked = check_address(
            label="",
            street=form.text("street", length_max=STREET_LENGTH_MAX),
            complement=form.text("complement", required=False, length_max=STREET_LENGTH_MAX),
            postcode=form.text("postcode", length_max=10),
            city=form.text("city", length_max=CITY_LENGTH_MAX),
            instructions=form.text("instructions", required=False, length_max=INSTRUCTIONS_LENGTH_MAX),
        )
    except BadDetails as refused:
        for field, fault in refused.fields.items():
            form.fail(field, _FAULTS.get(fault, "form.bad_characters"))
        return None
    return Address(
        street=checked.street,
        postcode=checked.postcode,
        city=checked.city,
        complement=checked.complement,
        instructions=checked.instructions,
    )
