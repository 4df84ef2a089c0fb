"""
Passkeys: their page, and the two JSON calls of each ceremony (options, then the answer).

The challenge waits, signed, in a short-lived HttpOnly cookie: an answer is good only in the
browser that asked.
"""

import ipaddress
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery

from cabas.domain.customers import operations as customers
from cabas.domain.customers import queries
from cabas.domain.customers.operations import PasskeyRefused, RelyingParty
from cabas.kit.signing import Signer, fingerprint
from cabas.web import dates
from cabas.web.request import SESSION_COOKIE, ShopRequest
from cabas.web.storefront.account_access import account_page, customer_of, done, passing_cookie
from cabas.web.storefront.account_arrival import enter, safe_path
from cabas.web.storefront.account_device import device_name

CEREMONY_COOKIE = "cabas_passkey"
CEREMONY_SECONDS = 300
COOKIE_PATH = "/compte"


@get("/cles", include_in_schema=False)
async def passkeys_page(request: ShopRequest) -> Response[str]:
    person = await customer_of(request)
    async with request.read() as reader:
        kept = await queries.passkeys(reader, customer_id=person.customer_id)
    language = request.language
    return account_page(
        request,
        "passkeys",
        section="passkeys",
        possible=party_of(request) is not None,
        passkeys=[
            {
                "key": one.key,
                "label": one.label,
                "created": dates.long_day(one.created_at, language),
                "used": dates.full(one.last_used_at, language) if one.last_used_at else "",
            }
            for one in kept
        ],
    )


@post("/cles/options", include_in_schema=False, status_code=200)
async def registration_options(request: ShopRequest) -> Response[Any]:
    person = await customer_of(request)
    async with request.read() as reader:
        customer = await queries.customer(reader, customer_id=person.customer_id)
        if customer is None:
            raise PasskeyRefused
        ceremony = await customers.start_registration(
            reader,
            customer=customer,
            party=require_party(request),
            signer=signer_of(request),
            now=request.now,
        )
    return _ceremony(request, ceremony)


@post("/cles", include_in_schema=False, status_code=200)
async def register(request: ShopRequest) -> Response[Any]:
    person = await customer_of(request)
    credential = await read_answer(request)
    async with request.transaction() as tx:
        await customers.finish_registration(
            tx,
            customer_id=person.customer_id,
            credential=credential,
            state=request.cookies.get(CEREMONY_COOKIE, ""),
            label=device_name(request.headers.get("user-agent", "")),
            party=require_party(request),
            signer=signer_of(request),
            now=request.now,
        )
    return onward(request, "/compte/cles")


@post("/cles/{key:str}/suppression", include_in_schema=False)
async def remove(request: ShopRequest, key: FromPath[str]) -> Response[Any]:
    person = await customer_of(request)
    async with request.transaction() as tx:
        await customers.remove_passkey(tx, customer_id=person.customer_id, key=key, now=request.now)
    return done(request, "/compte/cles", "account.passkey_removed")


@post("/connexion/cle/options", include_in_schema=False, status_code=200)
async def authentication_options(request: ShopRequest) -> Response[Any]:
    """To sign in, or to confirm a grave step."""
    ceremony = customers.start_authentication(
        party=require_party(request), signer=signer_of(request), now=request.now
    )
    return _ceremony(request, ceremony)


@post("/connexion/cle", include_in_schema=False, status_code=200)
async def sign_in_by_passkey(request: ShopRequest, return_to: FromQuery[str] = "") -> Response[Any]:
    credential = await read_answer(request)
    held = request.cookies.get(SESSION_COOKIE)
    async with request.transaction() as tx:
        opened = await customers.sign_in_by_passkey(
            tx,
            credential=credential,
            state=request.cookies.get(CEREMONY_COOKIE, ""),
            party=require_party(request),
            signer=signer_of(request),
            label=device_name(request.headers.get("user-agent", "")),
            now=request.now,
            replaces=fingerprint(held) if held else None,
        )
    entered = await enter(request, opened.secret, opened.subject_id, "/compte")
    answer = onward(request, safe_path(return_to))
    answer.cookies.extend(cookie for cookie in entered.cookies if cookie not in answer.cookies)
    return answer


def party_of(request: ShopRequest) -> RelyingParty | None:
    """
    The site as passkeys know it; None where the browser allows none (an address in numbers).

    In development the demo may be opened as ``localhost`` whatever its public address says.
    """
    settings = request.site.settings
    address = urlsplit(settings.public_url)
    if not settings.secure and request.url.hostname == "localhost":
        address = urlsplit(str(request.base_url))
    host = address.hostname or ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return RelyingParty(id=host, origin=f"{address.scheme}://{address.netloc}", name="Cabas")
    return None


def require_party(request: ShopRequest) -> RelyingParty:
    """:raises PasskeyRefused: the site's address allows none."""
    party = party_of(request)
    if party is None:
        raise PasskeyRefused
    return party


def signer_of(request: ShopRequest) -> Signer:
    return _signer(request.site.settings.secret_keys)


async def read_answer(request: ShopRequest) -> str:
    """What the browser's passkey said, as JSON text."""
    return (await request.body()).decode("utf-8", "replace")


def onward(request: ShopRequest, path: str) -> Response[Any]:
    """Where the island goes next; the challenge is used up."""
    response: Response[Any] = Response({"next": path}, headers={"cache-control": "no-store"})
    response.delete_cookie(CEREMONY_COOKIE, path=COOKIE_PATH)
    return response


def _ceremony(request: ShopRequest, ceremony: customers.Ceremony) -> Response[Any]:
    response: Response[Any] = Response(
        msgspec.Raw(ceremony.options.encode()),
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )
    response.set_cookie(
        passing_cookie(request, CEREMONY_COOKIE, ceremony.state, path=COOKIE_PATH, max_age=CEREMONY_SECONDS)
    )
    return response


@lru_cache(maxsize=4)
def _signer(secrets: tuple[bytes, ...]) -> Signer:
    return Signer(secrets, "passkey")
