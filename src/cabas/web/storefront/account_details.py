"""What a customer tells of themselves: name and phone, e-mail, password, preferences and consents."""

from typing import Any

from litestar import Response, get, post

from cabas.domain.customers import operations as customers
from cabas.domain.customers import queries
from cabas.domain.customers.model import (
    CHANNELS,
    EMAIL_LENGTH_MAX,
    NAME_LENGTH_MAX,
    SUBSTITUTIONS,
    BadDetails,
    CustomerNotFound,
)
from cabas.domain.customers.operations import EmailTaken, WrongPassword
from cabas.domain.customers.queries import SignedIn
from cabas.kit.errors import TooMany
from cabas.web import dates
from cabas.web.forms import Form, read_form
from cabas.web.request import ShopRequest
from cabas.web.storefront.account_access import account_page, customer_of, done, tell_faults, tell_wait

DETAILS = "/compte/coordonnees"


@get("/coordonnees", include_in_schema=False)
async def details_page(request: ShopRequest) -> Response[str]:
    return await _details(request, await customer_of(request))


@post("/coordonnees", include_in_schema=False)
async def change_details(request: ShopRequest) -> Response[Any]:
    person = await customer_of(request)
    form = await read_form(request)
    name = form.text("name", length_max=NAME_LENGTH_MAX)
    phone = form.text("phone", required=False)
    if form.ok:
        try:
            async with request.transaction() as tx:
                await customers.change_profile(tx, customer_id=person.customer_id, name=name, phone=phone)
            return done(request, DETAILS, "account.details_saved")
        except BadDetails as refused:
            tell_faults(form, refused)
    return await _details(request, person, form)


@get("/e-mail", include_in_schema=False)
async def email_page(request: ShopRequest) -> Response[str]:
    person = await customer_of(request)
    return account_page(request, "email", section="details", current=person.email)


@post("/e-mail", include_in_schema=False)
async def change_email(request: ShopRequest) -> Response[Any]:
    person = await customer_of(request)
    form = await read_form(request)
    email, password = form.text("email", length_max=EMAIL_LENGTH_MAX), form.secret("password")
    if form.ok:
        try:
            await customers.change_email(
                request.transaction,
                customer_id=person.customer_id,
                email=email,
                password=password,
                now=request.now,
            )
            return done(request, DETAILS, "account.email_saved")
        except BadDetails as refused:
            tell_faults(form, refused)
        except WrongPassword:
            form.fail("password", "account.wrong_password")
        except EmailTaken:
            form.fail("email", "account.email_taken")
        except TooMany as refused:
            tell_wait(form, "password", refused)
    return account_page(request, "email", section="details", form=form, current=person.email)


@get("/mot-de-passe", include_in_schema=False)
async def password_page(request: ShopRequest) -> Response[str]:
    person = await customer_of(request)
    return account_page(request, "password", section="details", email=person.email)


@post("/mot-de-passe", include_in_schema=False)
async def change_password(request: ShopRequest) -> Response[Any]:
    person = await customer_of(request)
    form = await read_form(request)
    current, new = form.secret("password"), form.secret("new_password")
    if form.ok:
        try:
            await customers.change_password(
                request.transaction,
                customer_id=person.customer_id,
                current=current,
                new=new,
                keep=person.token_hash,
                now=request.now,
            )
            return done(request, DETAILS, "account.password_saved")
        except BadDetails as refused:
            tell_faults(form, refused)
        except WrongPassword:
            form.fail("password", "account.wrong_password")
        except TooMany as refused:
            tell_wait(form, "password", refused)
    return account_page(request, "password", section="details", form=form, email=person.email)


@get("/preferences", include_in_schema=False)
async def preferences_page(request: ShopRequest) -> Response[str]:
    return _preferences(request, await customer_of(request))


@post("/preferences", include_in_schema=False)
async def change_preferences(request: ShopRequest) -> Response[Any]:
    person = await customer_of(request)
    form = await read_form(request)
    substitution = form.choice("substitution", frozenset(SUBSTITUTIONS))
    consents = {channel: form.flag(f"consent_{channel}") for channel in CHANNELS}
    if not form.ok:
        return _preferences(request, person, form)
    async with request.transaction() as tx:
        await customers.set_preferences(tx, customer_id=person.customer_id, substitution=substitution)
        await customers.set_consents(tx, customer_id=person.customer_id, choices=consents, now=request.now)
    return done(request, "/compte/preferences", "account.preferences_saved")


async def _details(request: ShopRequest, person: SignedIn, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        customer = await queries.customer(reader, customer_id=person.customer_id)
    if customer is None:
        raise CustomerNotFound
    return account_page(
        request,
        "details",
        section="details",
        form=form,
        name=form.values.get("name", "") if form else customer.name,
        phone=form.values.get("phone", "") if form else customer.phone,
        email=customer.email,
    )


def _preferences(request: ShopRequest, person: SignedIn, form: Form | None = None) -> Response[str]:
    t = request.site.catalogues[request.language]
    kept = person.preferences
    chosen = form.values.get("substitution", "") if form else kept.substitution
    return account_page(
        request,
        "preferences",
        section="preferences",
        form=form,
        substitution=chosen,
        substitutions=[
            {
                "value": choice,
                "label": t(f"account.substitution_{choice}"),
                "hint": t(f"account.substitution_{choice}_hint"),
            }
            for choice in SUBSTITUTIONS
        ],
        consents=[
            {
                "name": f"consent_{channel}",
                "label": t(f"account.consent_{channel}"),
                "checked": bool(form.values.get(f"consent_{channel}")) if form else kept.agrees_to(channel),
                "since": dates.full(kept.consents[channel].at, request.language)
                if channel in kept.consents
                else "",
            }
            for channel in CHANNELS
        ],
    )
