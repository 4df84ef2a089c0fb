"""
The person's rights: to read and take away what is held on them, and to be forgotten in two steps.

What other contexts hold, and how they forget, is listed here: customers know nothing of orders.
"""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import msgspec
from litestar import Response, get, post

from cabas.domain.advance.privacy import forget_requests, priority_held, requests_held
from cabas.domain.analytics.privacy import forget_in_facts
from cabas.domain.carts.privacy import carts_held, forget_in_carts
from cabas.domain.customers import operations as customers
from cabas.domain.customers import queries
from cabas.domain.customers.model import CustomerNotFound
from cabas.domain.customers.operations import ErasurePart, WrongPassword
from cabas.domain.customers.queries import ExportPart, SignedIn
from cabas.domain.loyalty.privacy import forget_in_loyalty, loyalty_held
from cabas.domain.messages.privacy import forget_in_messages, messages_held, notified_browsers_held
from cabas.domain.orders.privacy import (
    OrdersUnderWay,
    forget_in_orders,
    orders_held,
    orders_under_way,
)
from cabas.kit.errors import TooMany
from cabas.kit.signing import Signer
from cabas.web.forms import Form, read_form
from cabas.web.request import SESSION_COOKIE, ShopRequest
from cabas.web.storefront.account_access import (
    account_page,
    customer_of,
    done,
    passing_cookie,
    tell_wait,
)
from cabas.web.storefront.account_arrival import forget_visitor
from cabas.web.storefront.account_passkeys import (
    CEREMONY_COOKIE,
    onward,
    party_of,
    read_answer,
    require_party,
    signer_of,
)
from cabas.web.storefront.account_readable import readable

EXPORT_PARTS: Final[Mapping[str, ExportPart]] = {
    "orders": orders_held,
    "baskets": carts_held,
    "requests_in_advance": requests_held,
    "priority_in_draws": priority_held,
    "loyalty": loyalty_held,
    "messages": messages_held,
    "notified_browsers": notified_browsers_held,
}
ERASURE_PARTS: Final[Mapping[str, ErasurePart]] = {
    "requests_in_advance": forget_requests,
    "orders": forget_in_orders,
    "baskets": forget_in_carts,
    "loyalty": forget_in_loyalty,
    "messages": forget_in_messages,
    "facts": forget_in_facts,
}
PROOF_COOKIE = "cabas_proof"
PROOF_LIFETIME = timedelta(minutes=5)
ERASURE = "/compte/effacement"
CONFIRMATION = "/compte/effacement/confirmation"


class _Proof(msgspec.Struct, frozen=True, array_like=True):
    """A passkey was used in this session, until when it counts as fresh."""

    token_hash: bytes
    until: float


@get("/donnees", include_in_schema=False)
async def data_page(request: ShopRequest) -> Response[str]:
    person = await customer_of(request)
    held = await _held(request, person)
    return account_page(
        request, "data", section="data", parts=readable(held, request.site.catalogues[request.language])
    )


@get("/donnees/export", include_in_schema=False)
async def data_file(request: ShopRequest) -> Response[bytes]:
    """The same as a file a program can read."""
    person = await customer_of(request)
    held = await _held(request, person)
    return Response(
        msgspec.json.format(msgspec.json.encode(held), indent=2),
        media_type="application/json",
        headers={
            "cache-control": "no-store",
            "content-disposition": f'attachment; filename="cabas-{request.now:%Y-%m-%d}.json"',
        },
    )


@get("/effacement", include_in_schema=False)
async def erasure_page(request: ShopRequest) -> Response[str]:
    """First step: what goes, what stays and why."""
    person = await customer_of(request)
    async with request.read() as reader:
        under_way = await orders_under_way(reader, person.customer_id)
    return account_page(
        request, "erasure", section="data", under_way=under_way, confirmation_href=CONFIRMATION
    )


@get("/effacement/confirmation", include_in_schema=False)
async def confirmation_page(request: ShopRequest) -> Response[str]:
    """Second step: prove it is you, and say it."""
    return await _confirmation(request, await customer_of(request))


@post("/effacement/cle", include_in_schema=False, status_code=200)
async def prove_by_passkey(request: ShopRequest) -> Response[Any]:
    """A passkey instead of the password; good for five minutes in this session."""
    person = await customer_of(request)
    credential = await read_answer(request)
    async with request.transaction() as tx:
        await customers.confirm_passkey(
            tx,
            customer_id=person.customer_id,
            credential=credential,
            state=request.cookies.get(CEREMONY_COOKIE, ""),
            party=require_party(request),
            signer=signer_of(request),
            now=request.now,
        )
    proof = _Proof(person.token_hash, (request.now + PROOF_LIFETIME).timestamp())
    response = onward(request, CONFIRMATION)
    response.set_cookie(
        passing_cookie(
            request,
            PROOF_COOKIE,
            _signer(request.site.settings.secret_keys).sign(msgspec.json.encode(proof)),
            path=ERASURE,
            max_age=int(PROOF_LIFETIME.total_seconds()),
        )
    )
    return response


@post("/effacement/confirmation", include_in_schema=False)
async def erase(request: ShopRequest) -> Response[Any]:
    person = await customer_of(request)
    form = await read_form(request)
    if not form.flag("sure"):
        form.fail("sure", "account.erasure_not_sure")
    if not _proved(request, person):
        await _check_password(request, person, form)
    if not form.ok:
        return await _confirmation(request, person, form)
    try:
        async with request.transaction() as tx:
            await customers.erase(tx, customer_id=person.customer_id, parts=ERASURE_PARTS, now=request.now)
    except OrdersUnderWay:
        form.fail("sure", "account.erasure_orders")
        return await _confirmation(request, person, form)
    forget_visitor(request)
    response = done(request, "/", "account.erased")
    response.delete_cookie(SESSION_COOKIE)
    response.delete_cookie(PROOF_COOKIE, path=ERASURE)
    return response


async def _check_password(request: ShopRequest, person: SignedIn, form: Form) -> None:
    password = form.secret("password")
    if not form.ok:
        return
    try:
        await customers.confirm_password(
            request.transaction, customer_id=person.customer_id, password=password, now=request.now
        )
    except WrongPassword:
        form.fail("password", "account.wrong_password")
    except TooMany as refused:
        tell_wait(form, "password", refused)


async def _confirmation(request: ShopRequest, person: SignedIn, form: Form | None = None) -> Response[str]:
    async with request.read() as reader:
        passkeys = await queries.passkeys(reader, customer_id=person.customer_id)
    return account_page(
        request,
        "erasure_confirmation",
        section="data",
        form=form,
        proved=_proved(request, person),
        passkey=bool(passkeys) and party_of(request) is not None,
        email=person.email,
    )


def _proved(request: ShopRequest, person: SignedIn) -> bool:
    payload = _signer(request.site.settings.secret_keys).open(request.cookies.get(PROOF_COOKIE, ""))
    if payload is None:
        return False
    proof = msgspec.json.decode(payload, type=_Proof)
    return proof.token_hash == person.token_hash and request.now.timestamp() < proof.until


async def _held(request: ShopRequest, person: SignedIn) -> dict[str, Any]:
    async with request.read() as reader:
        held = await queries.export(
            reader, customer_id=person.customer_id, parts=EXPORT_PARTS, now=request.now
        )
    if held is None:
        raise CustomerNotFound
    return held


@lru_cache(maxsize=4)
def _signer(secrets: tuple[bytes, ...]) -> Signer:
    return Signer(secrets, "account-proof")
