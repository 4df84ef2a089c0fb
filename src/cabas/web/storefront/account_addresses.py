"""Delivery addresses: listed, added, changed, removed."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.params import FromPath

from cabas.domain.customers import operations as customers
from cabas.domain.customers import queries
from cabas.domain.customers.model import (
    ADDRESSES_MAX,
    CITY_LENGTH_MAX,
    INSTRUCTIONS_LENGTH_MAX,
    LABEL_LENGTH_MAX,
    STREET_LENGTH_MAX,
    Address,
    AddressDetails,
    AddressNotFound,
    BadDetails,
    TooManyKept,
    check_address,
)
from cabas.web.forms import Form, read_form
from cabas.web.request import ShopRequest
from cabas.web.storefront.account_access import account_page, customer_of, done, tell_faults

ADDRESSES = "/compte/adresses"
NEW = "/compte/adresses/nouvelle"


@get("/adresses", include_in_schema=False)
async def addresses_page(request: ShopRequest) -> Response[str]:
    person = await customer_of(request)
    async with request.read() as reader:
        kept = await queries.addresses(reader, customer_id=person.customer_id)
    return account_page(
        request,
        "addresses",
        section="addresses",
        addresses=[_plain(one) for one in kept],
        new_href=NEW if len(kept) < ADDRESSES_MAX else "",
    )


@get("/adresses/nouvelle", include_in_schema=False)
async def new_page(request: ShopRequest) -> Response[str]:
    await customer_of(request)
    return _form_page(request, "address_new", NEW, {})


@post("/adresses/nouvelle", include_in_schema=False)
async def add(request: ShopRequest) -> Response[Any]:
    person = await customer_of(request)
    form = await read_form(request)
    address = _read(form)
    if address is None:
        return _form_page(request, "address_new", NEW, form.values, form)
    try:
        async with request.transaction() as tx:
            await customers.add_address(tx, customer_id=person.customer_id, address=address, now=request.now)
    except TooManyKept:
        form.fail("street", "account.addresses_full", max=ADDRESSES_MAX)
        return _form_page(request, "address_new", NEW, form.values, form)
    return done(request, ADDRESSES, "account.address_saved")


@get("/adresses/{address_id:uuid}", include_in_schema=False)
async def change_page(request: ShopRequest, address_id: FromPath[UUID]) -> Response[str]:
    person = await customer_of(request)
    async with request.read() as reader:
        kept = await queries.address(reader, customer_id=person.customer_id, address_id=address_id)
    if kept is None:
        raise AddressNotFound
    return _form_page(request, "address_change", f"{ADDRESSES}/{address_id}", _plain(kept))


@post("/adresses/{address_id:uuid}", include_in_schema=False)
async def change(request: ShopRequest, address_id: FromPath[UUID]) -> Response[Any]:
    person = await customer_of(request)
    form = await read_form(request)
    address = _read(form)
    if address is None:
        return _form_page(request, "address_change", f"{ADDRESSES}/{address_id}", form.values, form)
    async with request.transaction() as tx:
        await customers.change_address(
            tx, customer_id=person.customer_id, address_id=address_id, address=address
        )
    return done(request, ADDRESSES, "account.address_saved")


@post("/adresses/{address_id:uuid}/suppression", include_in_schema=False)
async def remove(request: ShopRequest, address_id: FromPath[UUID]) -> Response[Any]:
    person = await customer_of(request)
    async with request.transaction() as tx:
        await customers.remove_address(tx, customer_id=person.customer_id, address_id=address_id)
    return done(request, ADDRESSES, "account.address_removed")


def _read(form: Form) -> AddressDetails | None:
    """The address, or None when the form says what is wrong."""
    fields = {
        "label": form.text("label", required=False, length_max=LABEL_LENGTH_MAX),
        "street": form.text("street", length_max=STREET_LENGTH_MAX),
        "complement": form.text("complement", required=False, length_max=STREET_LENGTH_MAX),
        "postcode": form.text("postcode", length_max=10),
        "city": form.text("city", length_max=CITY_LENGTH_MAX),
        "instructions": form.text("instructions", required=False, length_max=INSTRUCTIONS_LENGTH_MAX),
    }
    try:
        checked = check_address(**fields)
    except BadDetails as refused:
        tell_faults(form, refused)
        return None
    return checked if form.ok else None


def _form_page(
    request: ShopRequest, title: str, action: str, kept: dict[str, str], form: Form | None = None
) -> Response[str]:
    t = request.site.catalogues[request.language]
    return account_page(
        request,
        "address",
        section="addresses",
        form=form,
        heading=t(f"account.{title}"),
        form_action=action,
        kept=kept,
        lengths={
            "label": LABEL_LENGTH_MAX,
            "street": STREET_LENGTH_MAX,
            "city": CITY_LENGTH_MAX,
            "instructions": INSTRUCTIONS_LENGTH_MAX,
        },
    )


def _plain(one: Address) -> dict[str, str]:
    return {
        "href": f"{ADDRESSES}/{one.address_id}",
        "label": one.label,
        "street": one.street,
        "complement": one.complement,
        "postcode": one.postcode,
        "city": one.city,
        "instructions": one.instructions,
    }
