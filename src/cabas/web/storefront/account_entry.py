"""Coming into the account and leaving it: sign in, sign up, sign out."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery

from cabas.domain.customers import operations as customers
from cabas.domain.customers.model import EMAIL_LENGTH_MAX, NAME_LENGTH_MAX, BadDetails
from cabas.kit.errors import TooMany
from cabas.kit.signing import fingerprint
from cabas.web.forms import Form, read_form
from cabas.web.pages import see_other
from cabas.web.request import SESSION_COOKIE, ShopRequest
from cabas.web.storefront.account_access import (
    account_page,
    address_of,
    done,
    tell_faults,
    tell_wait,
)
from cabas.web.storefront.account_arrival import PATH_LENGTH_MAX, enter, forget_visitor, safe_path
from cabas.web.storefront.account_device import device_name
from cabas.web.storefront.account_passkeys import party_of


@get("/connexion", include_in_schema=False)
async def sign_in_page(request: ShopRequest, return_to: FromQuery[str] = "") -> Response[Any]:
    async with request.read() as reader:
        person = await request.signed_in(reader)
    if person is not None:
        return see_other(request, safe_path(return_to))
    return _sign_in_page(request, return_to)


@post("/connexion", include_in_schema=False)
async def sign_in(request: ShopRequest) -> Response[Any]:
    form = await read_form(request)
    email = form.text("email", length_max=EMAIL_LENGTH_MAX)
    password = form.secret("password")
    return_to = form.text("return_to", required=False, length_max=PATH_LENGTH_MAX)
    if not form.ok:
        return _sign_in_page(request, return_to, form)
    held = request.cookies.get(SESSION_COOKIE)
    try:
        opened = await customers.sign_in(
            request.transaction,
            email=email,
            password=password,
            address=address_of(request),
            label=device_name(request.headers.get("user-agent", "")),
            now=request.now,
            replaces=fingerprint(held) if held else None,
        )
    except customers.WrongCredentials:
        form.fail("password", "account.wrong_credentials")
        return _sign_in_page(request, return_to, form)
    except TooMany as refused:
        tell_wait(form, "password", refused)
        return _sign_in_page(request, return_to, form, status=429)
    return await enter(request, opened.secret, opened.subject_id, safe_path(return_to))


@get("/inscription", include_in_schema=False)
async def sign_up_page(request: ShopRequest, return_to: FromQuery[str] = "") -> Response[Any]:
    async with request.read() as reader:
        person = await request.signed_in(reader)
    if person is not None:
        return see_other(request, safe_path(return_to))
    return _sign_up_page(request, return_to)


@post("/inscription", include_in_schema=False)
async def sign_up(request: ShopRequest) -> Response[Any]:
    form = await read_form(request)
    name = form.text("name", length_max=NAME_LENGTH_MAX)
    email = form.text("email", length_max=EMAIL_LENGTH_MAX)
    phone = form.text("phone", required=False)
    password = form.secret("password")
    return_to = form.text("return_to", required=False, length_max=PATH_LENGTH_MAX)
    if not form.ok:
        return _sign_up_page(request, return_to, form)
    try:
        signed_up = await customers.sign_up(
            request.transaction,
            name=name,
            email=email,
            phone=phone,
            password=password,
            address=address_of(request),
            label=device_name(request.headers.get("user-agent", "")),
            now=request.now,
            language=request.language,
        )
    except BadDetails as refused:
        tell_faults(form, refused)
        return _sign_up_page(request, return_to, form)
    except TooMany as refused:
        tell_wait(form, "email", refused)
        return _sign_up_page(request, return_to, form, status=429)
    # The same answer for an e-mail that has an account: its cookie opens nothing, and the next
    # page asks to sign in.
    return await enter(request, signed_up.secret, signed_up.customer_id, safe_path(return_to))


@post("/deconnexion", include_in_schema=False)
async def sign_out(request: ShopRequest) -> Response[Any]:
    held = request.cookies.get(SESSION_COOKIE)
    if held:
        async with request.transaction() as tx:
            await customers.sign_out(tx, token_hash=fingerprint(held), now=request.now)
    forget_visitor(request)
    response = done(request, "/", "account.signed_out")
    response.delete_cookie(SESSION_COOKIE)
    return response


def _sign_in_page(
    request: ShopRequest, return_to: str, form: Form | None = None, *, status: int | None = None
) -> Response[str]:
    return account_page(
        request,
        "sign_in",
        section="",
        form=form,
        status=status,
        return_to=safe_path(return_to),
        passkeys=party_of(request) is not None,
        unknown_session=bool(request.cookies.get(SESSION_COOKIE)),
    )


def _sign_up_page(
    request: ShopRequest, return_to: str, form: Form | None = None, *, status: int | None = None
) -> Response[str]:
    return account_page(
        request, "sign_up", section="", form=form, status=status, return_to=safe_path(return_to)
    )
